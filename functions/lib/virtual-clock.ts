/** A clock that moves only when it is told to. */
export interface VirtualClock {
  /** True when sleeping moves the clock: a caller that also waits for other work does that first. */
  readonly virtual: boolean
  now(): number
  /**
   * `advance`: moves the clock and returns. `wait`: waits until another caller has moved it that far.
   * Resolves at once when the signal aborts.
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /** Moves the clock to an instant, waking sleepers in the order of their time. It never goes back. */
  set(instant: number): Promise<void>
  /** Moves the clock forward. */
  advance(milliseconds: number): Promise<void>
  /** When the next sleeper wakes; null without a sleeper. */
  nextWake(): number | null
}

/** Start of a virtual clock, and if a sleeper moves it. */
interface VirtualClockOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly sleeping?: 'advance' | 'wait'
}

interface Sleeper {
  readonly wakeAt: number
  readonly wake: () => void
}

/** A clock for tests, the demo and simulations. */
export function createVirtualClock({ now: start, sleeping = 'advance' }: VirtualClockOptions): VirtualClock {
  const sleepers: Sleeper[] = []
  let now = start

  const moveTo = async (instant: number) => {
    for (;;) {
      const next = sleepers.toSorted((a, b) => a.wakeAt - b.wakeAt).find(({ wakeAt }) => wakeAt <= instant)
      if (!next) break
      now = Math.max(now, next.wakeAt)
      next.wake()
      await settle()
    }
    now = Math.max(now, instant)
  }

  const wait = (wakeAt: number, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        sleepers.splice(sleepers.indexOf(sleeper), 1)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { wakeAt, wake }
      sleepers.push(sleeper)
      signal?.addEventListener('abort', wake)
    })

  return {
    virtual: sleeping === 'advance',
    now: () => now,
    async sleep(milliseconds, signal) {
      if (signal?.aborted || milliseconds <= 0) return
      const wakeAt = now + milliseconds
      const woken = wait(wakeAt, signal)
      // Callers that start to sleep now are added first, so that all wake in the order of their time.
      if (sleeping === 'advance') {
        await settle()
        if (!signal?.aborted) await moveTo(wakeAt)
      }
      await woken
    },
    set: moveTo,
    advance: (milliseconds) => moveTo(now + milliseconds),
    nextWake: () => (sleepers.length === 0 ? null : Math.min(...sleepers.map(({ wakeAt }) => wakeAt))),
  }
}

// A woken caller continues before the next one wakes. A turn of the event loop lets chains of promises run to their end.
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
