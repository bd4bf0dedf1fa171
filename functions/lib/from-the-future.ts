// Clocks of two machines of ours differ by less.
const SKEW = 60_000

/**
 * True for an instant after now, written by a clock that was ahead. Its age is unknown, so waiting for it to pass is useless.
 */
export function isFromTheFuture(instant: number, now: number): boolean {
  return instant > now + SKEW
}
