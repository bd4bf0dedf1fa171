import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { toMilliseconds } from '../functions/config/duration.ts'
import { Duration } from '../functions/config/scalars.ts'
import { DaybreakError } from '../functions/errors.ts'
import { fromFolderName } from '../functions/lib/business-date.ts'
import { daysNamed } from '../functions/lib/window-parts.ts'
import type { PipelineDefinition } from '../functions/pipeline/definition.ts'
import { windowNamed } from '../functions/pipeline/window-named.ts'

const DAY = 86_400_000
// No restaurant has exports of other years; ranges of millennia would be counted day by day.
const EARLIEST = '2000-01-01'
const LATEST = '2100-12-31'

/** A business date, `YYYY-MM-DD`, that the calendar has. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readDate(flag: string, value: string): string {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? fromFolderName(value.replaceAll('-', '')) : null
  if (date === null) throw invalid(flag, value, 'a day of the calendar as YYYY-MM-DD, e.g. 2026-11-20')
  if (date >= EARLIEST && date <= LATEST) return date
  throw invalid(flag, value, `a day from ${EARLIEST} to ${LATEST}`)
}

/** First day of a range: a day, or the first of an ISO week or a month. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readFirstDay(flag: string, value: string): string {
  return readRangeEnd(flag, value, 'first')
}

/** Last day of a range: a day, or the last of an ISO week or a month. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readLastDay(flag: string, value: string): string {
  return readRangeEnd(flag, value, 'last')
}

function readRangeEnd(flag: string, value: string, end: 'first' | 'last'): string {
  const days = daysNamed(value)
  if (days !== null) return readDate(flag, days[end])
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return readDate(flag, value)
  throw invalid(flag, value, 'a day, an ISO week or a month, e.g. 2026-11-20, 2026-W47 or 2026-11')
}

/** A window of a pipeline. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readWindow(flag: string, value: string, definition: Pick<PipelineDefinition, 'config'>): string {
  const named = windowNamed(value, definition)
  if ('problem' in named) throw new DaybreakError('USAGE_INVALID', `${flag} is "${value}"; ${named.problem}`)
  if (named.window >= EARLIEST && named.window.slice(0, 10) <= LATEST) return named.window
  throw invalid(flag, value, `a window from ${EARLIEST} to ${LATEST}`)
}

/** Id of a window of a table: the kind of its number, then the number or the instant. */
const TABLE_WINDOW = /^(w\d{6,}|s\d{8}T\d{6}Z)$/

/** A window of a pipeline of tables, by its id. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readTableWindow(flag: string, value: string): string {
  if (TABLE_WINDOW.test(value)) return value
  throw invalid(flag, value, 'the id of a window as `runs show` has it, e.g. w000001 or s20261120T090000Z')
}

/** The name of a window of any pipeline: a day, or an hour, week, month or window of a table by its form. @throws {DaybreakError} USAGE_INVALID. */
export function readWindowName(flag: string, value: string): string {
  const isName = TABLE_WINDOW.test(value) || /^\d{4}-(\d{2}|W\d{2}|\d{2}-\d{2}T\d{2})$/.test(value)
  return isName ? value : readDate(flag, value)
}

/** A day, or an instant as RFC 3339 has it. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readTime(flag: string, value: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return readDate(flag, value)
  const parsed = z.iso.datetime({ offset: true }).safeParse(value)
  if (parsed.success) return new Date(value).toISOString()
  throw invalid(flag, value, 'a day or an instant, e.g. 2026-11-20 or 2026-11-20T09:00:00Z')
}

/** First and last day of a range, in order. @throws {DaybreakError} USAGE_INVALID when the end is before the start. */
export function readDateRange(start: string, end: string): { readonly start: string; readonly end: string } {
  const range = { start: readFirstDay('--start-date', start), end: readLastDay('--end-date', end) }
  if (range.start <= range.end) return range
  throw invalid('--end-date', end, `a day on or after --start-date ${start}`)
}

/** A whole number between bounds, both included. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readCount(flag: string, value: string, bounds: { min: number; max: number }): number {
  const count = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
  if (count >= bounds.min && count <= bounds.max) return count
  throw invalid(flag, value, `a whole number from ${bounds.min} to ${bounds.max}`)
}

/** A duration such as `90s` or `5m`, of at most a day. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readMilliseconds(flag: string, value: string): number {
  const parsed = Duration.safeParse(value)
  const milliseconds = parsed.success ? toMilliseconds(parsed.data) : 0
  if (milliseconds > 0 && milliseconds <= DAY) return milliseconds
  throw invalid(flag, value, 'a duration such as `90s` or `5m`, of at most a day')
}

/** The absolute path of a folder that exists. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readFolder(flag: string, value: string, cwd: string): string {
  const path = resolve(cwd, value)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path
  throw invalid(flag, value, 'a folder that exists')
}

/** The absolute path of a file that exists. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readPath(flag: string, value: string, cwd: string): string {
  const path = resolve(cwd, value)
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path
  throw invalid(flag, value, 'a file that exists')
}

function invalid(flag: string, value: string, expected: string): DaybreakError {
  return new DaybreakError('USAGE_INVALID', `${flag} is "${value}"; expected ${expected}`)
}
