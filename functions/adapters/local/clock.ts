import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../pipeline/ports.ts'

// Timers of Node hold 31 bits of milliseconds; longer ones would fire at once.
const LONGEST_TIMER = 2 ** 31 - 1

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    for (let left = milliseconds; left > 0 && !signal?.aborted; left -= LONGEST_TIMER) {
      await sleep(Math.min(left, LONGEST_TIMER), undefined, signal ? { signal } : {}).catch(ignoreAbort)
    }
  },
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'AbortError') throw error
}
