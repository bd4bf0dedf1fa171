import { Temporal } from 'temporal-polyfill'
import { remember } from './remember.ts'

/** A civil day, `YYYY-MM-DD`. */
type CivilDate = string

/** The date plus a number of days, which may be negative. */
export function addDays(date: CivilDate, days: number): CivilDate {
  return DAYS(`${date} ${days}`, () => Temporal.PlainDate.from(date).add({ days }).toString())
}

// A thousand locations ask for the same days of a few zones; Temporal takes microseconds for a day, and a third of a millisecond for a zone.
const DAYS = remember<CivilDate>()
const LOCAL = remember<CivilDate>()
const KNOWN = remember<number>()

/** The same day of another year; 28 February for a 29th that the year does not have. */
export function addYears(date: CivilDate, years: number): CivilDate {
  return Temporal.PlainDate.from(date).add({ years }).toString()
}

/** Days from one date to another; negative when the other is earlier. */
export function daysFrom(date: CivilDate, other: CivilDate): number {
  return Temporal.PlainDate.from(date).until(Temporal.PlainDate.from(other)).days
}

/** 1 for a Monday, 7 for a Sunday. */
export function isoWeekday(date: CivilDate): number {
  return Temporal.PlainDate.from(date).dayOfWeek
}

/** Days from one to the other, both included; 0 when the end is before the start. Costs the same for any range. */
export function countDays(start: CivilDate, end: CivilDate): number {
  return Math.max(0, Temporal.PlainDate.from(start).until(Temporal.PlainDate.from(end)).days + 1)
}

/** Both ends included; empty when the end is before the start. */
export function datesBetween(start: CivilDate, end: CivilDate): readonly CivilDate[] {
  const days = Temporal.PlainDate.from(start).until(Temporal.PlainDate.from(end)).days
  return Array.from({ length: Math.max(0, days + 1) }, (_, day) => addDays(start, day))
}

/** `2025-02-05` as the day folder is named: `20250205`. */
export function toFolderName(date: CivilDate): string {
  return date.replaceAll('-', '')
}

/** `20250205` as a date; null for anything that is not a day of the calendar. */
export function fromFolderName(name: string): CivilDate | null {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(name)
  if (!parts) return null
  const [year, month, day] = parts.slice(1).map(Number)
  try {
    return Temporal.PlainDate.from(
      { year: year ?? 0, month: month ?? 0, day: day ?? 0 },
      { overflow: 'reject' },
    ).toString()
  } catch {
    return null
  }
}

/** True for `YYYY-MM-DD` of a day that the calendar has. */
export function isCivilDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && fromFolderName(toFolderName(text)) === text
}

/** The civil day in a time zone at an instant (epoch milliseconds). */
export function localDate(instant: number, timeZone: string): CivilDate {
  return LOCAL(`${instant} ${timeZone}`, () =>
    Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone).toPlainDate().toString(),
  )
}

/**
 * Instant (epoch milliseconds) of a wall clock time `HH:MM` on a day. A time that the day skips moves forward by the gap,
 * one that it repeats is the first of the two, as Temporal's `compatible` has it.
 */
export function instantOf(date: CivilDate, time: string, timeZone: string): number {
  return KNOWN(`${date} ${time} ${timeZone}`, () => {
    const plainTime = Temporal.PlainTime.from(time)
    return Temporal.PlainDate.from(date).toZonedDateTime({ timeZone, plainTime }).epochMilliseconds
  })
}
