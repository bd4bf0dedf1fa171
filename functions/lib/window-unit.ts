import { Temporal } from 'temporal-polyfill'
import { remember } from './remember.ts'

/** Lengths that windows of files may have. */
export const UNITS = ['hour', 'day', 'week', 'month'] as const
/** Length of a window. */
export type Unit = (typeof UNITS)[number]

/** How a calendar is cut into windows. */
export interface Cut {
  readonly unit: Unit
  /** Weekday on which weeks begin: 1 for Monday, 7 for Sunday. */
  readonly weekStarts: number
}

/** The cut of most pipelines: a window is a day. */
export const DAYS: Cut = { unit: 'day', weekStarts: 1 }

/** `2026-03-01`: the first day of a day, week or month. */
type Day = string
/** Name of a window: its first day, or day and hour as `2026-03-01T05`. Names of one unit have the order of their windows. */
type Window = string

const HOUR = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3])$/

/** True for the name of an hour. */
export function isHour(window: Window): boolean {
  return HOUR.test(window)
}

/** The day in which a window begins. */
export function dayOfWindow(window: Window): Day {
  return window.slice(0, 10)
}

/** Pure: the window that holds an hour or the beginning of a day. */
export function windowHolding(window: Window, cut: Cut): Window {
  return HOLDING(`${window} ${cut.unit} ${cut.weekStarts}`, () => findHolding(window, cut))
}

// A thousand shards ask for the same windows, and Temporal takes microseconds for each.
const HOLDING = remember<Window>()
const WITHIN = remember<readonly Window[]>(200)

function findHolding(window: Window, { unit, weekStarts }: Cut): Window {
  const day = Temporal.PlainDate.from(dayOfWindow(window))
  switch (unit) {
    case 'hour':
      return isHour(window) ? window : `${day}T00`
    case 'day':
      return day.toString()
    case 'week':
      return day.subtract({ days: (day.dayOfWeek - weekStarts + 7) % 7 }).toString()
    case 'month':
      return day.with({ day: 1 }).toString()
  }
}

/** Pure: the window that comes so many windows later; earlier for a negative number. */
export function windowAfter(window: Window, unit: Unit, count = 1): Window {
  if (unit === 'hour') {
    const hour = Temporal.PlainDateTime.from(`${window}:00`).add({ hours: count })
    return hour.toString({ smallestUnit: 'minute' }).slice(0, 13)
  }
  return Temporal.PlainDate.from(window)
    .add({ [`${unit}s`]: count })
    .toString()
}

/** Pure: windows that begin within a range of days or windows, both ends included; none where it ends before it begins. */
export function windowsWithin(range: { readonly from: Window; readonly to: Window }, cut: Cut): readonly Window[] {
  return WITHIN(`${range.from} ${range.to} ${cut.unit} ${cut.weekStarts}`, () => findWithin(range, cut))
}

function findWithin({ from, to }: { readonly from: Window; readonly to: Window }, cut: Cut): readonly Window[] {
  const windows: Window[] = []
  let window = windowHolding(from, cut)
  if (window < from) window = windowAfter(window, cut.unit)
  for (const last = lastWithin(to, cut.unit); window <= last; window = windowAfter(window, cut.unit))
    windows.push(window)
  return windows
}

/** The greatest name that a window within a day or window can have. */
function lastWithin(to: Window, unit: Unit): Window {
  return unit === 'hour' && !isHour(to) ? `${to}T23` : to
}

/** Pure: the windows that hold the ends of a range; of a day as the end, its last hour. */
export function wholeWindows(
  { from, to }: { readonly from: Window; readonly to: Window },
  cut: Cut,
): { readonly from: Window; readonly to: Window } {
  const last = cut.unit === 'hour' ? lastWithin(to, cut.unit) : windowHolding(to, cut)
  return { from: windowHolding(from, cut), to: last }
}

/** First instant of a window and of what follows it, in a zone. An hour that the clock shows twice is one window of both. */
export function instantsOf(
  window: Window,
  unit: Unit,
  timeZone: string,
): { readonly startsAt: number; readonly endsAt: number } {
  return { startsAt: startOf(window, timeZone), endsAt: startOf(windowAfter(window, unit), timeZone) }
}

/** True if the clocks of a zone show the hour; they skip one when they are put forward. */
export function isShown(window: Window, timeZone: string): boolean {
  if (!isHour(window)) return true
  const { startsAt, endsAt } = instantsOf(window, 'hour', timeZone)
  return startsAt < endsAt
}

function startOf(window: Window, timeZone: string): number {
  const text = isHour(window) ? `${window}:00` : `${window}T00:00`
  return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds
}
