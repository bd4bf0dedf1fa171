import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { PassThrough, Readable, type Writable } from 'node:stream'
import type { Context } from '../../cli/context.ts'
import { main } from '../../cli/main.ts'

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Collected extends Writable {
  text(): string
}

/** A stream that remembers what was written to it. */
export function collectedStream(): Collected {
  const chunks: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString('utf8') })
}

/** A context in which nothing is ambient: no environment, no terminal, a clock that stands still. */
export function testContext(overrides: Partial<Context> = {}): Context {
  return {
    env: {},
    stdin: Readable.from([]),
    stdout: collectedStream(),
    stderr: collectedStream(),
    isTTY: { stdin: false, stdout: false, stderr: false },
    columns: null,
    cwd: process.cwd(),
    program: [process.execPath, join(process.cwd(), 'cli/daybreak.mjs')],
    signal: new AbortController().signal,
    clock: { now: () => 0, sleep: async () => undefined },
    ...overrides,
  }
}

/** Runs a command line in this process. */
export async function daybreak(argv: readonly string[], overrides: Partial<Context> = {}): Promise<Finished> {
  const stdout = collectedStream()
  const stderr = collectedStream()
  const code = await main(argv, testContext({ ...overrides, stdout, stderr }))
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** Runs a shell line with the real `daybreak` in a child process; `$DAYBREAK` stands for the command. */
export function shell(line: string, env: Record<string, string> = {}): Promise<Finished> {
  const daybreakCommand = `'${process.execPath}' '${process.cwd()}/cli/daybreak.mjs'`
  const child = spawn('bash', ['-c', line.replaceAll('$DAYBREAK', daybreakCommand)], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({
        code: code ?? -1,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      }),
    )
  })
}
