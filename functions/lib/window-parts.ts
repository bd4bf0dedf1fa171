import { Temporal } from 'temporal-polyfill'
import { fromFolderName, toFolderName } from './business-date.ts'
import { type Cut, dayOfWindow, isHour, type Unit, windowAfter, windowHolding } from './window-unit.ts'

/** Name of a window, as a path, a flag and the ledger have it. */
type Window = string

/** Placeholders of a path that say a window or a part of it. */
export const WINDOW_PARTS = ['window', 'yyyymmdd', 'yyyy', 'mm', 'dd', 'hh', 'week'] as const
/** Placeholder of a path that says a window or a part of it. */
export type WindowPart = (typeof WINDOW_PARTS)[number]

/** Texts of such placeholders that a path has so far. */
export type Parts = Readonly<Partial<Record<WindowPart, string>>>

/** Their forms, as regular expressions. */
export const PART_FORMS: Readonly<Record<WindowPart, string>> = {
  window: '\\d{4}-\\d{2}-\\d{2}(?:T\\d{2})?',
  yyyymmdd: '\\d{8}',
  yyyy: '\\d{4}',
  mm: '\\d{2}',
  dd: '\\d{2}',
  hh: '\\d{2}',
  week: '\\d{4}-W\\d{2}',
}

/** Pure: the text of a placeholder for a window. */
export function partText(part: WindowPart, window: Window): string {
  const day = dayOfWindow(window)
  switch (part) {
    case 'window':
      return window
    case 'yyyymmdd':
      return toFolderName(day)
    case 'yyyy':
      return day.slice(0, 4)
    case 'mm':
      return day.slice(5, 7)
    case 'dd':
      return day.slice(8)
    case 'hh':
      return isHour(window) ? window.slice(11) : '00'
    case 'week':
      return weekText(day)
  }
}

/** `open`: more of the window is still to come. `none`: the texts contradict each other, or the calendar has no such window. */
type Found = { readonly found: 'open' | 'none' } | { readonly found: 'window'; readonly window: Window }

/** Pure: the window that the placeholders found so far say. */
export function windowOfParts(parts: Parts, cut: Cut): Found {
  const text = nameOf(parts, cut.unit)
  if (text === null) return { found: 'open' }
  const [day = '', hour] = text.split('T')
  const known = fromFolderName(day.replaceAll('-', ''))
  if (known === null || (hour === undefined) === (cut.unit === 'hour')) return { found: 'none' }
  const window = hour === undefined ? known : `${known}T${hour}`
  const isOne = (hour === undefined || isHour(window)) && windowHolding(window, cut) === window
  const agree = WINDOW_PARTS.every((part) => (parts[part] ?? partText(part, window)) === partText(part, window))
  return isOne && agree ? { found: 'window', window } : { found: 'none' }
}

/** True if these placeholders together say a whole window. */
export function saysWindow(parts: readonly string[], unit: Unit): boolean {
  const all = Object.fromEntries(WINDOW_PARTS.map((part) => [part, SAMPLE[part]]))
  const given = Object.fromEntries(Object.entries(all).filter(([part]) => parts.includes(part)))
  return nameOf(given, unit) !== null
}

const SAMPLE: Readonly<Record<WindowPart, string>> = {
  ...{ window: '2026-03-02', yyyymmdd: '20260302', yyyy: '2026', mm: '03', dd: '02', hh: '00', week: '2026-W10' },
}

/** The name that the placeholders say, if they say enough of it. */
function nameOf({ window, yyyymmdd, yyyy, mm, dd, hh, week }: Parts, unit: Unit): string | null {
  if (window !== undefined) return window
  const day = yyyymmdd ?? (yyyy && mm && (dd ?? (unit === 'month' ? '01' : undefined)) && `${yyyy}-${mm}-${dd ?? '01'}`)
  if (unit === 'week' && !day && week !== undefined) return mondayOf(week)
  if (!day || (unit === 'hour' && hh === undefined)) return null
  return unit === 'hour' ? `${day}T${hh}` : day
}

function weekText(day: Window): string {
  const { yearOfWeek, weekOfYear } = Temporal.PlainDate.from(day)
  return `${yearOfWeek}-W${String(weekOfYear).padStart(2, '0')}`
}

/** The Monday of an ISO week, which has the form 2026-W09; null for a week that its year does not have. */
export function weekBegins(week: string): Window | null {
  const monday = mondayOf(week)
  return weekText(monday) === week ? monday : null
}

/** Pure: first and last day of an ISO week as `2026-W09` or of a month as `2026-03`; null for another text. */
export function daysNamed(text: string): { readonly first: Window; readonly last: Window } | null {
  const isMonth = /^\d{4}-(0[1-9]|1[0-2])$/.test(text)
  const first = isMonth ? `${text}-01` : /^\d{4}-W\d{2}$/.test(text) ? weekBegins(text) : null
  if (first === null) return null
  const next = windowAfter(first, isMonth ? 'month' : 'week')
  return { first, last: windowAfter(next, 'day', -1) }
}

// The first week has the 4th of January.
function mondayOf(week: string): Window {
  const [year = '', number = ''] = week.split('-W')
  const fourth = Temporal.PlainDate.from(`${year}-01-04`)
  return fourth.add({ days: 1 - fourth.dayOfWeek + 7 * (Number(number) - 1) }).toString()
}
