import { instantOf } from './business-date.ts'

/** Milliseconds since 1970-01-01T00:00Z. */
type Instant = number

/** Instants of windows that are no dates, by name. */
export type WindowTimes = ReadonlyMap<string, Instant>

/** No window but dates. */
export const DATES_ONLY: WindowTimes = new Map()

/** True for a window that is a civil day. Its instant follows from its name. */
export function isDay(window: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(window)
}

/**
 * The instant that stands for a window wherever windows are ordered or compared: the start of a day, in UTC, or what the ledger
 * has for another window. One of which the ledger knows nothing is older than all.
 */
export function timeOf(window: string, times: WindowTimes): Instant {
  return isDay(window) ? instantOf(window, '00:00', 'UTC') : (times.get(window) ?? Number.NEGATIVE_INFINITY)
}

/** Compares windows by their instants, then by name. */
export function byTime(times: WindowTimes): (a: string, b: string) => number {
  return (a, b) => {
    if (isDay(a) && isDay(b)) return compare(a, b)
    return compare(timeOf(a, times), timeOf(b, times)) || compare(a, b)
  }
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
