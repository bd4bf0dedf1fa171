import { z } from 'zod'

/** A duration as protobuf has it, in whole milliseconds. */
export const Duration = z
  .object({ seconds: z.coerce.number().default(0), nanos: z.number().default(0) })
  .transform(({ seconds, nanos }) => Math.round(seconds * 1000 + nanos / 1e6))

/** Milliseconds as a duration or an instant of protobuf. */
export function toWire(milliseconds: number): { readonly seconds: number; readonly nanos: number } {
  const seconds = Math.floor(milliseconds / 1000)
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1e6) }
}

/** Time that a test may move: the virtual clock of functions/lib is one. */
export interface MovableClock {
  now(): number
  set(instant: number): Promise<void>
}

/** Things to do at an instant. */
export interface Timers {
  now(): number
  /** Does it then, or on the next turn if that is past; calling the answer forgets it. */
  at(instant: number, action: () => void): () => void
  /** When the next thing is to be done; null when there is none. */
  next(): number | null
  /** Does all that is due. */
  run(): void
  close(): void
}

interface Timer {
  readonly at: number
  readonly action: () => void
}

/** Timers of this machine's clock, or of one that a test moves by calling `run`. */
export function createTimers(clock?: MovableClock): Timers {
  const timers = new Set<Timer>()
  let alarm: NodeJS.Timeout | undefined
  const now = () => clock?.now() ?? Date.now()
  const next = () => (timers.size === 0 ? null : Math.min(...[...timers].map(({ at }) => at)))
  const arm = () => {
    clearTimeout(alarm)
    const at = next()
    if (clock === undefined && at !== null)
      alarm = setTimeout(run, Math.min(Math.max(0, at - now()), 2 ** 31 - 1)).unref()
  }
  const run = () => {
    const due = [...timers].filter(({ at }) => at <= now()).toSorted((a, b) => a.at - b.at)
    for (const timer of due) if (timers.delete(timer)) timer.action()
    arm()
  }
  return {
    now,
    at(instant, action) {
      const timer = { at: instant, action }
      timers.add(timer)
      arm()
      return () => {
        timers.delete(timer)
      }
    },
    next,
    run,
    close() {
      clearTimeout(alarm)
      timers.clear()
    },
  }
}
