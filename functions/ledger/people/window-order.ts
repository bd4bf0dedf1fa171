import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { localDate } from '../../lib/business-date.ts'
import { byTime, DATES_ONLY, isDated, isDay, timeOf } from '../../lib/window-time.ts'
import type { Part } from '../../pipeline/people/reads.ts'
import { all, IS_DAY, IS_NO_DAY, windowBetween } from '../filter.ts'
import type { Database } from '../schema.ts'
import { hasWindows, readTimes } from '../windows.ts'
import { sizeOf } from './parts.ts'

// Before every instant of a window: one of which no instant is known is older than all.
const UNKNOWN = Number.MIN_SAFE_INTEGER
const HOUR = 3_600_000
const DAY = 24 * HOUR

type Tie = 'shard' | 'stream' | 'position' | 'source_name'
type Place = { readonly window: string } & Readonly<Partial<Record<Tie, string | number>>>

/** Part of a list in the order of window and `ties`. */
interface WindowPart extends Part<Place> {
  readonly table: 'slices' | 'checks' | 'run_slices' | 'kept_files'
  readonly pipeline: string
  readonly from?: string
  readonly to?: string
  /** Columns that order the rows of one window. */
  readonly ties: readonly Tie[]
  readonly first: 'oldest' | 'newest'
}

/**
 * Rows of a part, one more than asked for. Dates are their own order, and come out of an index. Windows that are no dates are
 * ordered by their instants; the two are read apart and merged.
 */
export async function inWindowOrder<DB, Tables extends keyof DB, Found extends { readonly window_id: string }>(
  query: SelectQueryBuilder<DB, Tables, Found>,
  part: WindowPart,
  db: Database,
): Promise<readonly Found[]> {
  const { pipeline, after = null } = part
  const name = sql.ref<string>('window_id')
  const named = windowBetween(part)
  const byName = { ...part, order: [name, ...part.ties.map((tie) => sql.ref(tie))] }
  if (!(await hasWindows(db, pipeline)))
    return await list(
      query.where(all(named, after && isBeyond([after.window, ...valuesOf(after, part)], byName))),
      byName,
    )
  const known = after === null ? DATES_ONLY : await readTimes(db, { pipeline, windows: [after.window] })
  const at = after === null ? null : timeOf(after.window, known)
  const byInstant = { ...part, order: [instantOfRow(part), ...byName.order] }
  const found = await Promise.all([
    list(query.where(all(IS_DAY, named, after && isDayBeyond(after, at, byName))), byName),
    list(query.where(all(IS_NO_DAY, isWithin(part) ?? named, after && isOtherBeyond(after, at, byInstant))), byInstant),
  ])
  const rows = found.flat()
  const windows = [...new Set(rows.map(({ window_id }) => window_id))].filter((window) => !isDated(window))
  const compare = byTime(await readTimes(db, { pipeline, windows }))
  const sign = part.first === 'newest' ? -1 : 1
  return rows.toSorted((a, b) => sign * compare(a.window_id, b.window_id)).slice(0, sizeOf(part) + 1)
}

interface Ordered extends WindowPart {
  readonly order: readonly RawBuilder<unknown>[]
}

async function list<DB, Tables extends keyof DB, Found>(
  query: SelectQueryBuilder<DB, Tables, Found>,
  { order, first, limit }: Ordered,
): Promise<readonly Found[]> {
  const direction = first === 'newest' ? 'desc' : 'asc'
  const ordered = order.reduce((some, column) => some.orderBy(column, direction), query)
  return await ordered.limit(sizeOf({ limit }) + 1).execute()
}

/** The row comes after these values in the order. */
function isBeyond(values: readonly (string | number)[], { order, first }: Ordered): RawBuilder<SqlBool> {
  const operator = sql.raw(first === 'newest' ? '<' : '>')
  return sql<SqlBool>`(${sql.join(order)}) ${operator} (${sql.join(values)})`
}

function valuesOf(place: Place, { ties }: Pick<WindowPart, 'ties'>): readonly (string | number)[] {
  return ties.map((tie) => place[tie] ?? 0)
}

/** The date of the row comes after the place; a date begins at its instant and goes before other windows of the same. */
function isDayBeyond(after: Place, at: number | null, part: Ordered): RawBuilder<SqlBool> {
  if (isDated(after.window)) return isBeyond([after.window, ...valuesOf(after, part)], part)
  const isKnown = at !== null && Number.isFinite(at)
  if (part.first === 'oldest') return isKnown ? sql<SqlBool>`window_id > ${localDate(at, 'UTC')}` : all()
  return isKnown ? sql<SqlBool>`window_id <= ${localDate(at, 'UTC')}` : sql<SqlBool>`1 = 0`
}

/** The window of the row, which is no date, comes after the place. */
function isOtherBeyond(after: Place, at: number | null, part: Ordered): RawBuilder<SqlBool> {
  const instant = at !== null && Number.isFinite(at) ? at : UNKNOWN
  if (!isDated(after.window)) return isBeyond([instant, after.window, ...valuesOf(after, part)], part)
  const own = instantOfRow(part)
  return part.first === 'newest' ? sql<SqlBool>`${own} < ${instant}` : sql<SqlBool>`${own} >= ${instant}`
}

/** The instant of the row's window lies in a range of days; null where the range has other ends or none. */
function isWithin(part: WindowPart): RawBuilder<SqlBool> | null {
  const { from, to } = part
  if (![from, to].every((end) => end === undefined || isDated(end))) return null
  const own = instantOfRow(part)
  return all(
    from === undefined ? null : sql<SqlBool>`${own} >= ${timeOf(from, DATES_ONLY)}`,
    to === undefined ? null : sql<SqlBool>`${own} < ${timeOf(to, DATES_ONLY) + (isDay(to) ? DAY : HOUR)}`,
  )
}

/** The latest instant that a stream of the pipeline has for the window of the row. */
function instantOfRow({ pipeline, table }: Pick<WindowPart, 'pipeline' | 'table'>): RawBuilder<number> {
  const isOwn = sql`windows.pipeline = ${pipeline} and windows.window_id = ${sql.ref(`${table}.window_id`)}`
  return sql<number>`coalesce((select max(windows.at) from windows where ${isOwn}), ${sql.lit(UNKNOWN)})`
}
