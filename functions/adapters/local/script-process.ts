import type * as Vm from 'node:vm'

interface Request {
  readonly entry: string
  readonly modules: Readonly<Record<string, string>>
  readonly module: string
  /** Null to ask what the script reads. */
  readonly task: {
    readonly date: string | null
    readonly inputs: Readonly<Record<string, Rows>>
  } | null
}

interface Rows {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

type Definition = {
  readonly reads: object
  readonly build: (rows: unknown, about: unknown) => unknown
}

/**
 * The process of one script: reads a request from stdin and writes the answer to stdout. Its text is the program of that process, so
 * it names nothing of this file but types. Node starts it without rights, and the script gets a context that has the language and
 * no clock, chance, timer or console: equal rows in give equal rows out.
 */
export async function scriptProcess({
  createContext,
  runInContext,
  SourceTextModule,
  SyntheticModule,
}: typeof Vm): Promise<void> {
  const SANDBOX = `
    const refuse = (what, instead) => { throw new Error(what + ' is not the same when the script runs again; ' + instead) }
    const Clock = Date
    globalThis.Date = new Proxy(Clock, {
      construct: (target, given, made) => given.length === 0 ? refuse('new Date()', 'use the date of the partition') : Reflect.construct(target, given, made),
      apply: () => refuse('Date()', 'use the date of the partition'),
      get: (target, key) => key === 'now' ? () => refuse('Date.now()', 'use the date of the partition') : Reflect.get(target, key),
    })
    Clock.prototype.constructor = globalThis.Date
    Math.random = () => refuse('Math.random()', 'use a column of the key')
  `

  /** A function of this file, made again in the context: one of this process would lead a script to the process. */
  function inside(context: Vm.Context, made: (...given: never[]) => unknown): unknown {
    return runInContext(`(${made.toString()})`, context)
  }

  function defineModel(model: unknown): unknown {
    return model
  }

  async function define({ entry, modules, module }: Request, context: Vm.Context): Promise<Definition> {
    runInContext(SANDBOX, context)
    const exported = [defineModel, units, numeric]
    const own = new SyntheticModule(
      exported.map(({ name }) => name),
      function () {
        for (const each of exported) this.setExport(each.name, inside(context, each))
      },
      { context, identifier: module },
    )
    const made = new Map<string, Vm.SourceTextModule>()
    const load = (name: string, from: string): Vm.SourceTextModule => {
      const source = modules[name]
      if (source === undefined)
        throw new Error(
          `${from} imports ${name}, which a script cannot; it may import ${module} and files of config/models`,
        )
      const before = made.get(name)
      if (before) return before
      const loaded = new SourceTextModule(source, { context, identifier: name })
      made.set(name, loaded)
      return loaded
    }
    const root = load(entry, entry)
    await root.link((specifier, from) => {
      if (specifier === module) return own
      return load(specifier.startsWith('.') ? resolve(specifier, from.identifier) : specifier, from.identifier)
    })
    await root.evaluate()
    const found: unknown = Reflect.get(root.namespace, 'default')
    if (isDefinition(found)) return found
    throw new Error(`${entry} has no \`export default defineModel({ reads, build })\``)
  }

  function isDefinition(value: unknown): value is Definition {
    if (typeof value !== 'object' || value === null) return false
    return typeof Reflect.get(value, 'build') === 'function' && typeof Reflect.get(value, 'reads') === 'object'
  }

  function resolve(specifier: string, from: string): string {
    return new URL(specifier, `file:///${from}`).pathname.slice(1)
  }

  async function answer(request: Request): Promise<object> {
    const context = createContext({}, { codeGeneration: { strings: false, wasm: false } })
    const { reads, build } = await define(request, context)
    if (request.task === null) return { reads }
    const read = inside(context, inputsOf)
    if (typeof read !== 'function') throw new TypeError('a function of this file is one')
    const rows: unknown[] = []
    const [inputs, about] = read(JSON.stringify(request.task))
    const given = await build(inputs, about)
    if (!isIterable(given)) throw new Error('`build` gives no rows; write `async *build(...)` or return an array')
    for await (const row of given) rows.push(row)
    return { rows }
  }

  function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
    return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
  }

  /** Inputs and date of a task, from its JSON. It stands alone, as it is made again in the context. */
  function inputsOf(json: string): unknown {
    const { date, inputs }: NonNullable<Request['task']> = JSON.parse(json)
    const typed = (text: string | null, type: string) => {
      if (text === null) return null
      if (type === 'bool') return text === 'true'
      if (type === 'float64') return Number(text)
      return type === 'int64' ? BigInt(text) : text
    }
    const objectsOf = ({ columns, rows }: Rows) =>
      rows.map((row) =>
        Object.freeze(Object.fromEntries(columns.map(({ name, type }, at) => [name, typed(row[at] ?? null, type)]))),
      )
    return [Object.fromEntries(Object.entries(inputs).map(([name, rows]) => [name, objectsOf(rows)])), { date }]
  }

  /** An exact decimal text in billionths, for exact arithmetic. */
  function units(text: string): bigint {
    const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(text) ?? []
    if (sign === undefined) throw new Error(`${JSON.stringify(text)} is no decimal number of at most nine places`)
    return BigInt(`${sign}${whole}${fraction.padEnd(9, '0')}`)
  }

  /** Billionths as an exact decimal text. */
  function numeric(value: bigint): string {
    const digits = String(value < 0n ? -value : value).padStart(10, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`
  }

  async function readAll(): Promise<string> {
    const chunks: Buffer[] = []
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
    return Buffer.concat(chunks).toString('utf8')
  }

  const asJson = (value: unknown) =>
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each))

  const request: Request = JSON.parse(await readAll())
  const told = await answer(request).then(asJson, (error: unknown) => {
    const stack =
      error instanceof Error || (typeof error === 'object' && error !== null) ? Reflect.get(error, 'message') : error
    return asJson({ error: String(stack) })
  })
  process.stdout.write(told)
}
