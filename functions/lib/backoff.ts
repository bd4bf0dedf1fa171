/** Shortest and longest pause between two tries. */
interface Backoff {
  /** Milliseconds. */
  readonly min: number
  readonly max: number
  /** A number from 0 to below 1. */
  readonly random: () => number
}

// More would only overflow: a millisecond doubled so often is longer than a year.
const MOST_DOUBLINGS = 40

/**
 * How long to wait after the nth failure, counted from 1: somewhere between `min * 2^(n-1)` and twice that, never above
 * `max`. At the limit it is somewhere in its upper half, so that those who failed together do not return together.
 */
export function backoffAfter(failures: number, { min, max, random }: Backoff): number {
  const upper = Math.min(max, min * 2 ** Math.min(failures, MOST_DOUBLINGS))
  const lower = Math.min(upper, Math.max(min, upper / 2))
  return Math.round(lower + random() * (upper - lower))
}
