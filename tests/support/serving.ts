import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './world.ts'

/** A process that serves, as the container does. */
export interface ServingProcess {
  readonly port: number
  readonly pid: number
  /** Lines of its log so far. */
  log(): readonly Readonly<Record<string, unknown>>[]
  /** Everything it wrote so far. */
  written(): string
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>
}

/** Starts `functions/server.ts`, or another server, in a project and waits until it listens. */
export async function startServing(
  projectDir: string,
  env: Record<string, string>,
  server = join(ROOT, 'functions/server.ts'),
): Promise<ServingProcess> {
  const child = spawn(process.execPath, [server], {
    env: { PATH: process.env['PATH'], PORT: '0', DAYBREAK_PROJECT_DIR: projectDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)))
  const port = await new Promise<number>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      text += chunk.toString()
      const [, found] = /on port (\d+)/.exec(text) ?? []
      if (found) resolve(Number(found))
    }
    child.stdout?.on('data', onData)
    child.stderr?.on('data', onData)
    child.on('exit', () => reject(new Error(`it ended: ${text}`)))
  })
  return {
    port,
    pid: pidOf(child),
    log: () => linesOf(text),
    written: () => text,
    kill: (signal) => child.kill(signal),
    ended,
  }
}

/** Highest resident memory of a process so far, in MiB; null where the system does not tell. */
export function peakMemory(pid: number): number | null {
  try {
    const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kibibytes ? Number(kibibytes) / 1024 : null
  } catch {
    return null
  }
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('no process')
  return pid
}

function linesOf(text: string): readonly Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
}
