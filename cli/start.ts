import { setTimeout as wait } from 'node:timers/promises'
import { DaybreakError, toDaybreakError } from '../functions/errors.ts'
import type { Context } from './context.ts'
import { formatForFailure, renderFailure } from './failure.ts'
import { main } from './main.ts'
import { answerIfReader, programOf } from './program.ts'

/** Runs the command line of this process and ends it: the one place where ambient things are read, and the only exit. */
export async function start(): Promise<never> {
  const { stdin, stdout, stderr } = process
  await answerIfReader(process)
  // `daybreak runs list | head -1`: the reader has left. Work goes on, its output goes nowhere.
  for (const stream of [stdout, stderr]) stream.on('error', ignoreBrokenPipe)
  const context: Context = {
    env: process.env,
    stdin,
    stdout,
    stderr,
    isTTY: { stdin: stdin.isTTY === true, stdout: stdout.isTTY === true, stderr: stderr.isTTY === true },
    columns: stdout.isTTY ? stdout.columns : null,
    cwd: process.cwd(),
    program: programOf(process),
    signal: signalOf(process),
    clock: { now: () => Date.now(), sleep },
  }
  // An error that no command caught is a defect, and is printed like every other failure.
  process.on('uncaughtException', (error) => {
    const style = { format: formatForFailure(process.argv, context), color: false, verbose: true }
    stderr.write(renderFailure(toDaybreakError(error), style), () => process.exit(1))
  })
  process.exit(await main(process.argv.slice(2), context))
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** Once cancels, twice leaves. */
function signalOf(target: NodeJS.Process): AbortSignal {
  const controller = new AbortController()
  const onSignal = (signal: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) target.exit(signal === 'SIGINT' ? 130 : 143)
    controller.abort(new DaybreakError('CANCELLED', `Stopped by ${signal}`, { details: { signal } }))
  }
  target.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return controller.signal
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, signal ? { signal } : {}).catch(() => undefined)
}
