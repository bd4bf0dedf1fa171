import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { isDay } from '../lib/window-time.ts'
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

/** The text is somewhere in the column. For texts without letters and wildcards: databases differ over those. */
export function contains(column: string, text: string | undefined): Condition {
  return text === undefined ? null : sql<SqlBool>`${sql.ref(column)} like ${`%${text}%`}`
}

/** The column has one of these values. An empty list matches nothing, an absent one everything. */
export function among(column: string, values: readonly string[] | undefined): Condition {
  if (values === undefined) return null
  return values.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`${sql.ref(column)} in (${sql.join(values)})`
}

/** The column lies between two values, both included. */
export function between(column: string, { from, to }: { from?: string; to?: string }): Condition {
  if (from === undefined && to === undefined) return null
  const lower = from === undefined ? sql`1 = 1` : sql`${sql.ref(column)} >= ${from}`
  const upper = to === undefined ? sql`1 = 1` : sql`${sql.ref(column)} <= ${to}`
  return sql<SqlBool>`${lower} and ${upper}`
}

// Windows that are no dates begin with a letter, which is greater as text.
const LAST_DAY = '9999-12-31'

/** The window is a date of the range, or one of `others`: those that are no dates and lie in it. */
export function windowWithin({ from, to }: { from?: string; to?: string }, others: readonly string[]): Condition {
  const isOpen = from !== undefined && isDay(from) && to === undefined
  const dates = between('window_id', {
    ...(from !== undefined && { from }),
    ...(isOpen ? { to: LAST_DAY } : to !== undefined && { to }),
  })
  if (dates === null || others.length === 0) return dates
  return sql<SqlBool>`(${dates} or ${among('window_id', others)})`
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

/** The conditions of a filter on the columns that name a slice; its states are for the caller. `others` are as `windowWithin` has them. */
export function keyMatches(filter: SliceFilter, others: readonly string[]): Condition {
  return all(
    is('pipeline', filter.pipeline),
    among('stream', filter.streams),
    among('shard', filter.shards),
    among('window_id', filter.windows),
    windowWithin(filter, others),
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
