import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { DATES_ONLY, isDated, isDay, timeOf } from '../lib/window-time.ts'
import type { SliceKey } from '../pipeline/entities.ts'
import type { Page, SliceFilter } from '../pipeline/ports.ts'
import { KEY } from './columns.ts'

type Condition = RawBuilder<SqlBool> | null

/** All conditions that were asked for, joined by AND; true when none was. */
export function all(...conditions: readonly Condition[]): RawBuilder<SqlBool> {
  const asked = conditions.filter((condition) => condition !== null)
  return asked.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(asked, sql` and `)}`
}

/** The column has this value; no condition when there is none. */
export function is(column: string, value: string | undefined): Condition {
  return value === undefined ? null : sql<SqlBool>`${sql.ref(column)} = ${value}`
}

/** The column has this number; no condition when there is none. */
export function equals(column: string, value: number | undefined): Condition {
  return value === undefined ? null : sql<SqlBool>`${sql.ref(column)} = ${value}`
}

/** The column has this number or a greater one; no condition when there is none. */
export function atLeast(column: string, value: number | undefined): Condition {
  return value === undefined ? null : sql<SqlBool>`${sql.ref(column)} >= ${value}`
}

/** The text is somewhere in the column. For texts without letters and wildcards: databases differ over those. */
export function contains(column: string, text: string | undefined): Condition {
  return text === undefined ? null : sql<SqlBool>`${sql.ref(column)} like ${`%${text}%`}`
}

/** The column has one of these values. An empty list matches nothing, an absent one everything. */
export function among(column: string, values: readonly string[] | undefined): Condition {
  if (values === undefined) return null
  return values.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`${sql.ref(column)} in (${sql.join(values)})`
}

/** The window lies between two, both included; a day as the end has all of its hours. */
export function windowBetween({ from, to }: { readonly from?: string; readonly to?: string }): Condition {
  if (from === undefined && to === undefined) return null
  const last = to !== undefined && isDay(to) ? `${to}${HOURS}` : to
  const lower = from === undefined ? sql`1 = 1` : sql`window_id >= ${from}`
  const upper = last === undefined ? sql`1 = 1` : sql`window_id <= ${last}`
  return sql<SqlBool>`${lower} and ${upper}`
}

/** Range of windows, both ends included. */
export interface WindowBounds {
  readonly pipeline?: string
  readonly from?: string
  readonly to?: string
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
// After every hour of a day, and before the next day.
const HOURS = 'T99'
// Windows that are no days or hours begin with a letter, which is greater as text.
const LETTERS = 'A'

/** The window is a day or an hour. */
export const IS_DAY = sql<SqlBool>`window_id < ${sql.lit(LETTERS)}`

/** The window is neither. */
export const IS_NO_DAY = sql<SqlBool>`window_id >= ${sql.lit(LETTERS)}`

/**
 * Query of the windows that are no dates and lie in a range of days; null for a range that is open or has other ends. The
 * instant of a window is the latest that a stream of the pipeline has for it.
 */
export function otherWindows({ pipeline, from, to }: WindowBounds): RawBuilder<unknown> | null {
  const ends = [from, to].filter((end) => end !== undefined)
  if (ends.length === 0 || !ends.every(isDated)) return null
  const end = to === undefined ? null : timeOf(to, DATES_ONLY) + (isDay(to) ? DAY : HOUR)
  const later = sql`select 1 from windows as later where later.pipeline = windows.pipeline and later.window_id = windows.window_id`
  const conditions = all(
    is('pipeline', pipeline),
    from === undefined ? null : sql<SqlBool>`at >= ${timeOf(from, DATES_ONLY)}`,
    end === null ? null : sql<SqlBool>`at < ${end} and not exists (${later} and later.at >= ${end})`,
  )
  return sql`select pipeline, window_id from windows where ${conditions}`
}

/** The window is no date, and lies in the range; no condition where `otherWindows` has none. */
export function isOther(bounds: WindowBounds): Condition {
  const others = otherWindows(bounds)
  return others === null ? null : sql<SqlBool>`(pipeline, window_id) in (${others})`
}

/** The window is a date of the range or, if there are others, one of those that are no dates and lie in it. */
export function windowWithin(bounds: WindowBounds, withOthers: boolean): Condition {
  const { from, to } = bounds
  const isOpen = from !== undefined && isDated(from) && to === undefined
  const dates = all(windowBetween(bounds), isOpen ? IS_DAY : null)
  const others = withOthers ? isOther(bounds) : null
  if (from === undefined && to === undefined) return null
  return others === null ? dates : sql<SqlBool>`(${dates} or ${others})`
}

/** The row is of a range of windows and, where they are named, of these shards. */
export function rangeMatches(
  range: WindowBounds & Pick<SliceFilter, 'shards'>,
  withOthers: boolean,
): RawBuilder<SqlBool> {
  return all(is('pipeline', range.pipeline), windowWithin(range, withOthers), among('shard', range.shards))
}

/** The column starts with the prefix, compared byte by byte. LIKE would ignore case in one database and not in the other. */
export function startsWith(column: string, prefix: string | undefined): Condition {
  if (prefix === undefined || prefix === '') return null
  return sql<SqlBool>`${sql.ref(column)} >= ${prefix} and ${sql.ref(column)} < ${`${prefix}\u{10FFFF}`}`
}

/** The row is about this slice. */
export function isSlice({ pipeline, stream, shard, window }: SliceKey): RawBuilder<SqlBool> {
  return all(is('pipeline', pipeline), is('stream', stream), is('shard', shard), is('window_id', window))
}

/** The conditions of a filter on the columns that name a slice; its states are for the caller. */
export function keyMatches(filter: SliceFilter, withOthers: boolean): Condition {
  return all(
    is('pipeline', filter.pipeline),
    among('stream', filter.streams),
    among('shard', filter.shards),
    among('window_id', filter.windows),
    windowWithin(filter, withOthers),
  )
}

/** The beginning of a query, as far as its limit. */
export function page<DB, Tables extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, Tables, Row>,
  { limit }: Page,
): SelectQueryBuilder<DB, Tables, Row> {
  return limit === undefined ? query : query.limit(limit)
}

/** The slice that the row is about is in one of these states. */
export function sliceIsAmong(table: string, states: readonly string[] | undefined): Condition {
  if (states === undefined) return null
  const same = KEY.map((column) => sql`${sql.ref(`slices.${column}`)} = ${sql.ref(`${table}.${column}`)}`)
  const conditions = sql.join([...same, among('slices.state', states)], sql` and `)
  return sql<SqlBool>`exists (select 1 from slices where ${conditions})`
}
