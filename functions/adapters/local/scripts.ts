import { spawn } from 'node:child_process'
import { z } from 'zod'
import { DaybreakError, type ErrorCode } from '../../errors.ts'
import { SCRIPT_MODULE, type Script, type ScriptRunner, type ScriptTask } from '../../models/script.ts'
import { scriptProcess } from './script-process.ts'

// The program of the process as text: it may read no file, not even its own.
const PROGRAM = `import * as vm from 'node:vm'; await (${scriptProcess.toString()})(vm)`

/** Limits of the process of a script. */
interface Limits {
  /** Milliseconds. */
  readonly timeout: number
  /** MiB of its heap. */
  readonly memory: number
  /** Bytes of its answer. */
  readonly answer: number
}

const LIMITS: Limits = { timeout: 60_000, memory: 512, answer: 64 * 2 ** 20 }

const Reads = z.object({
  reads: z.record(z.string(), z.object({ table: z.string(), columns: z.array(z.string()).min(1) })),
})
const Rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) })
const Failed = z.object({ error: z.string() })

/** Runs each script in a process of its own: without environment, without rights to files, workers and processes, and with limits. */
export function openScripts(limits: Partial<Limits> = {}): ScriptRunner {
  const ask = (script: Script, task: ScriptTask | null, code: ErrorCode) =>
    talk({ ...script, task }, { limits: { ...LIMITS, ...limits }, code })
  return {
    async describe(script) {
      const parsed = Reads.safeParse(await ask(script, null, 'MODEL_INVALID'))
      if (parsed.success) return parsed.data.reads
      const message = `${script.entry}: the reads of the script are wrong: ${z.prettifyError(parsed.error)}`
      throw new DaybreakError('MODEL_INVALID', message)
    },
    async build(script, task) {
      const parsed = Rows.safeParse(await ask(script, task, 'MODEL_FAILED'))
      if (parsed.success) return parsed.data.rows
      throw new DaybreakError('MODEL_FAILED', `${script.entry} gave rows that are no objects of columns`)
    },
  }
}

interface Asking {
  readonly limits: Limits
  readonly code: ErrorCode
}

async function talk(
  request: Script & { readonly task: ScriptTask | null },
  { limits, code }: Asking,
): Promise<unknown> {
  const { text, isLate, isLarge, errors } = await run(JSON.stringify({ ...request, module: SCRIPT_MODULE }), limits)
  const fail = (what: string) => new DaybreakError(code, `the script ${request.entry} ${what}`)
  if (isLate) throw fail(`took longer than ${limits.timeout / 1000} s`)
  if (isLarge) throw fail(`gave more than ${limits.answer} bytes`)
  if (text === '')
    throw fail(`ended without an answer, most likely for want of memory (${limits.memory} MiB): ${errors}`)
  const answer: unknown = JSON.parse(text)
  const failed = Failed.safeParse(answer)
  if (failed.success) throw fail(`failed: ${failed.data.error}`)
  return answer
}

interface Ended {
  readonly text: string
  readonly errors: string
  readonly isLate: boolean
  readonly isLarge: boolean
}

function run(request: string, limits: Limits): Promise<Ended> {
  const args = [
    ...['--experimental-vm-modules', '--no-warnings', '--permission'],
    `--max-old-space-size=${limits.memory}`,
    ...['--input-type=module', '--eval', PROGRAM],
  ]
  const child = spawn(process.execPath, args, { env: { TZ: 'UTC' }, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = { isLate: false, isLarge: false }
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  let size = 0
  const timer = setTimeout(() => {
    ended.isLate = true
    child.kill('SIGKILL')
  }, limits.timeout)
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    ended.isLarge = size > limits.answer
    if (ended.isLarge) child.kill('SIGKILL')
    else out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // A process that died takes no more; its end tells why.
  child.stdin.on('error', () => undefined)
  child.stdin.end(request)
  return new Promise((fulfil, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      clearTimeout(timer)
      const [text, errors] = [
        Buffer.concat(out).toString('utf8'),
        Buffer.concat(err).toString('utf8').slice(-300).trim(),
      ]
      fulfil({ ...ended, text, errors })
    })
  })
}
