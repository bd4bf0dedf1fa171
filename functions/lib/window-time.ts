import { instantOf } from './business-date.ts'
import { isHour } from './window-unit.ts'

/** Milliseconds since 1970-01-01T00:00Z. */
type Instant = number

/** Instants of windows that are no days or hours, by name. */
export type WindowTimes = ReadonlyMap<string, Instant>

/** No window but days and hours. */
export const DATES_ONLY: WindowTimes = new Map()

/** True for a window that begins with a civil day. */
export function isDay(window: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(window)
}

/** True for a day or an hour: a window whose instant follows from its name. The names of several are in the order of their instants. */
export function isDated(window: string): boolean {
  return isDay(window) || isHour(window)
}

/**
 * The instant that stands for a window wherever windows are ordered or compared: the start of a day or hour, in UTC, or what the
 * ledger has for another window. One of which the ledger knows nothing is older than all.
 */
export function timeOf(window: string, times: WindowTimes): Instant {
  if (isDay(window)) return instantOf(window, '00:00', 'UTC')
  if (isHour(window)) return instantOf(window.slice(0, 10), `${window.slice(11)}:00`, 'UTC')
  return times.get(window) ?? Number.NEGATIVE_INFINITY
}

/** Compares windows by their instants, then by name. */
export function byTime(times: WindowTimes): (a: string, b: string) => number {
  return (a, b) => {
    if (isDated(a) && isDated(b)) return compare(a, b)
    return compare(timeOf(a, times), timeOf(b, times)) || compare(a, b)
  }
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
