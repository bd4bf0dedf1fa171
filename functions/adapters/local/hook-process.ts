import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { DaybreakError } from '../../errors.ts'

/** A process of a hook: program, arguments and environment. */
export interface HookProcessOptions {
  /** The script for people. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: () => Promise<Readonly<Record<string, string>>>
}

/** A process that answers one line of JSON per line of JSON. It is started by the first question, and kept. */
export interface HookProcess {
  /**
   * Asks, one question after the other, and gives the answer with the same `id`. A process that is late, ends or answers anything else
   * is killed, and the next question starts another.
   * @throws {DaybreakError} HOOK_FAILED, HOOK_PROTOCOL.
   */
  ask(question: object, timeout: number, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>>
  close(): Promise<void>
}

// A line may have as many bytes.
const LONGEST_LINE = 64 * 2 ** 20
const KEPT_ERRORS = 500

interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly errors: () => string
  /** Set while a question is open; a line without one is a fault. */
  settle: ((line: string | DaybreakError) => void) | null
}

/** Opens the process of a hook. Nothing is started before the first question. */
export function openHookProcess(options: HookProcessOptions): HookProcess {
  let running: Running | null = null
  let last: Promise<unknown> = Promise.resolve()
  let id = 0
  const stop = () => {
    running?.child.kill('SIGKILL')
    running = null
  }
  const one = async (question: object, timeout: number, signal?: AbortSignal) => {
    running ??= await start(options, () => {
      running = null
    })
    id++
    try {
      const line = await exchange(running, JSON.stringify({ id, ...question }), { timeout, signal, ...options })
      return parsed(line, id, options.name)
    } catch (error) {
      stop()
      throw error
    }
  }
  return {
    ask(question, timeout, signal) {
      const asked = last.then(() => one(question, timeout, signal))
      last = asked.catch(() => undefined)
      return asked
    },
    async close() {
      stop()
    },
  }
}

async function start({ name, command, args, cwd, env }: HookProcessOptions, onEnd: () => void): Promise<Running> {
  const child = spawn(command, args, { cwd, env: { ...(await env()) }, stdio: 'pipe', shell: false })
  let errors = ''
  let text = ''
  const own: Running = { child, errors: () => errors.trim(), settle: null }
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-KEPT_ERRORS)
  })
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.length > LONGEST_LINE) return fail(own, protocol(name, 'a line of more than 64 MiB'))
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) answer(own, line, name)
  })
  // A process that died takes no more; its end tells why.
  child.stdin.on('error', () => undefined)
  child.on('error', (error) => fail(own, failed(name, `could not be started: ${error.message}`)))
  child.on('close', (code, by) => {
    onEnd()
    const how = by === null ? `ended with ${code}` : `was ended by ${by}`
    fail(own, failed(name, `${how} before it answered${errors === '' ? '' : `: ${errors.trim()}`}`))
  })
  return own
}

function answer(own: Running, line: string, name: string): void {
  const { settle } = own
  own.settle = null
  if (settle) settle(line)
  // No question is open: the answer to the next question could not be told from this one.
  else if (line.trim() !== '') fail(own, protocol(name, `a line that nothing asked for: ${shown(line)}`))
}

function fail(own: Running, error: DaybreakError): void {
  own.settle?.(error)
  own.settle = null
  own.child.kill('SIGKILL')
}

interface Limits {
  readonly name: string
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

function exchange(own: Running, question: string, { name, timeout, signal }: Limits): Promise<string> {
  return new Promise((resolve, reject) => {
    const settle = (result: string | DaybreakError) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      if (typeof result === 'string') resolve(result)
      else reject(result)
    }
    const onAbort = () => fail(own, new DaybreakError('CANCELLED', `the hook ${name} was cancelled`))
    const timer = setTimeout(() => fail(own, failed(name, `took longer than ${timeout / 1_000} s`)), timeout)
    signal?.addEventListener('abort', onAbort, { once: true })
    own.settle = settle
    if (own.child.exitCode !== null || own.child.signalCode !== null) return fail(own, failed(name, 'has ended'))
    own.child.stdin.write(`${question}\n`)
  })
}

function parsed(line: string, id: number, name: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw protocol(name, `a line that is no JSON: ${shown(line)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw protocol(name, `no object: ${shown(line)}`)
  const found = Reflect.get(value, 'id')
  if (found !== id) throw protocol(name, `the id ${JSON.stringify(found)}; expected ${id}`)
  return { ...value }
}

const shown = (line: string): string => JSON.stringify(line.slice(0, 100))

function protocol(name: string, what: string): DaybreakError {
  return new DaybreakError('HOOK_PROTOCOL', `the script ${name} answered with ${what}`)
}

function failed(name: string, what: string): DaybreakError {
  return new DaybreakError('HOOK_FAILED', `the script ${name} ${what}`)
}
