import { DaybreakError } from '../../functions/errors.ts'
import type { Ports, Source } from '../../functions/pipeline/ports.ts'

/**
 * How a call fails: `once`, as a network does; `lost`, once, but only after the effect happened; `forever`, as a process
 * does that was killed there.
 */
export type Failing = 'once' | 'lost' | 'forever'

/** One planted failure, over however many processes: calls are counted from one, over all ports and connections. */
export interface Planted {
  /** The same ports, except that the nth call fails. */
  readonly wrap: (ports: Ports) => Ports
  /** Name of the call that failed first; null as long as none did. */
  failed(): string | null
  /** Names of the calls that were made so far. */
  calls(): readonly string[]
  /** Ends the failing: what comes after is another process. */
  heal(): void
  /** Aborts where `forever` begins: a process that was killed does not deliver the message again. */
  readonly signal: AbortSignal
}

/** Plants a failure at the nth call. */
export function failAt(nth: number, how: Failing): Planted {
  const calls: string[] = []
  let failed: string | null = null
  let healed = false
  const killed = new AbortController()
  const strike = (name: string) => {
    failed ??= name
    if (how === 'forever') killed.abort()
    return new DaybreakError('STORAGE_FAILED', `planted at call ${nth}: ${name}`)
  }
  const isStruck = (name: string) => {
    calls.push(name)
    return !healed && (how === 'forever' ? calls.length >= nth : calls.length === nth)
  }
  const call = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    if (!isStruck(name)) return await work()
    if (how === 'lost') await work()
    throw strike(name)
  }
  const counted = <Port extends object>(label: string, port: Port): Port =>
    new Proxy(port, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function' || UNCOUNTED.has(String(key))) return member
        return (...args: unknown[]) => call(`${label}.${String(key)}`, () => Reflect.apply(member, target, args))
      },
    })
  const countedSource = (source: Source): Source => ({
    listFolders: (folder) => call('source.listFolders', () => source.listFolders(folder)),
    listFiles: (folder, named) => call('source.listFiles', () => source.listFiles(folder, named)),
    async *read(file, signal) {
      const struck = isStruck('source.read')
      if (struck && how !== 'lost') throw strike('source.read')
      yield* source.read(file, signal)
      if (struck) throw strike('source.read')
    },
    close: () => source.close(),
  })
  return {
    signal: killed.signal,
    failed: () => failed,
    calls: () => [...calls],
    heal: () => {
      healed = true
    },
    wrap: (ports) => ({
      ...ports,
      objects: counted('objects', ports.objects),
      transformer: counted('transformer', ports.transformer),
      destination: (pipeline) => counted('warehouse', ports.destination(pipeline)),
      ledger: counted('ledger', ports.ledger),
      queue: counted('queue', ports.queue),
      source: (pipeline) => {
        const connector = ports.source(pipeline)
        return {
          name: connector.name,
          connect: (signal) => call('source.connect', async () => countedSource(await connector.connect(signal))),
        }
      },
    }),
  }
}

// They have no effect, or do not answer with a promise.
const UNCOUNTED = new Set(['uri', 'list', 'close'])
