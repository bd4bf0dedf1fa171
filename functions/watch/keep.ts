import { toDaybreakError } from '../errors.ts'
import type { WatchPorts } from './ports.ts'

const EVERY = 60_000

/**
 * A pass of the watch every minute until the signal aborts, for a process without a scheduler around it. The first one is a minute
 * after the start, when the schedule has looked. A pass that fails is logged, and the next one goes on.
 */
export async function keepWatch(
  pass: () => Promise<unknown>,
  { clock, log }: Pick<WatchPorts, 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(EVERY, signal)
    if (signal.aborted) return
    try {
      await pass()
    } catch (error) {
      const { code, message } = toDaybreakError(error)
      log({ severity: 'ERROR', code, message: `A pass of the watch failed: ${message}` })
    }
  }
}
