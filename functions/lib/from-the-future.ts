// Clocks of two machines of ours differ by less.
const SKEW = 60_000

/**
 * True for an instant that lies after now: a clock that was ahead has left it. It says nothing about how long ago something
 * was, so whoever waits for it to pass waits for nothing.
 */
export function isFromTheFuture(instant: number, now: number): boolean {
  return instant > now + SKEW
}
