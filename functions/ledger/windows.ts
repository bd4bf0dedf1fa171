import { sql } from 'kysely'
import { byTime, type WindowTimes } from '../lib/window-time.ts'
import type { WindowRecord } from '../pipeline/entities.ts'
import type { WindowFilter } from '../pipeline/ports.ts'
import { toJson } from './columns.ts'
import { jsonOf } from './damaged.ts'
import { all, among, IS_DAY, is, isOther, otherWindows, type WindowBounds } from './filter.ts'
import type { Database, WindowRow } from './schema.ts'
import type { Writer } from './writer.ts'

const KEY = ['pipeline', 'window_id', 'stream'] as const

/** Adds what is known of a window, or replaces it. */
export async function putWindow(writer: Writer, window: WindowRecord): Promise<void> {
  await writer.replace('windows', toRow(window), KEY)
}

/** Windows that are no dates, oldest first. */
export async function listWindows(db: Database, filter: WindowFilter): Promise<readonly WindowRecord[]> {
  const rows = await db
    .selectFrom('windows')
    .selectAll()
    .where(all(is('pipeline', filter.pipeline), among('stream', filter.streams), among('window_id', filter.windows)))
    .orderBy('at')
    .orderBy('window_id')
    .orderBy('stream')
    .execute()
  return rows.map(fromRow)
}

/**
 * True if a range of days holds a window that is no date. Most ledgers have none, and their lists come out of an index as long
 * as no query asks for one.
 */
export async function hasOthers(db: Database, bounds: WindowBounds): Promise<boolean> {
  const others = otherWindows(bounds)
  if (others === null) return false
  const { rows } = await sql`${others} limit 1`.execute(db)
  return rows.length > 0
}

/** True if a pipeline has windows that are no dates. */
export async function hasWindows(db: Database, pipeline: string): Promise<boolean> {
  const query = db.selectFrom('windows').select('pipeline').where('pipeline', '=', pipeline).limit(1)
  return (await query.execute()).length > 0
}

/** Instants of the windows of a pipeline, or of all, that are no dates: of those that are named, or of all in a range of days. */
export async function readTimes(
  db: Database,
  { pipeline, ...which }: { readonly pipeline?: string } & (WindowBounds | { readonly windows: readonly string[] }),
): Promise<WindowTimes> {
  const named = 'windows' in which ? among('window_id', which.windows) : null
  const rows = await db
    .selectFrom('windows')
    .select(({ fn }) => ['window_id', fn.max<number | string>('at').as('at')])
    .where(
      all(
        is('pipeline', pipeline),
        named,
        'windows' in which ? null : isOther({ ...(pipeline !== undefined && { pipeline }), ...which }),
      ),
    )
    .groupBy('window_id')
    .execute()
  return new Map(rows.map((row) => [row.window_id, Number(row.at)]))
}

/** Windows of a pipeline that have slices, the newest first: dates, and others by their instant. */
export async function listNewestWindows(db: Database, pipeline: string, limit: number): Promise<readonly string[]> {
  const dates = await listNewestDates(db, pipeline, limit)
  const others = await db
    .selectFrom('windows')
    .select(({ fn }) => ['window_id', fn.max<number | string>('at').as('at')])
    .where('pipeline', '=', pipeline)
    .where(
      sql<boolean>`exists (select 1 from slices where slices.pipeline = windows.pipeline and slices.window_id = windows.window_id)`,
    )
    .groupBy('window_id')
    .orderBy('at', 'desc')
    .limit(limit)
    .execute()
  const times = new Map(others.map((row) => [row.window_id, Number(row.at)]))
  const all = [...dates, ...others].map((row) => row.window_id)
  return all.toSorted(byTime(times)).toReversed().slice(0, limit)
}

/**
 * The newest dates that have slices. Each is found by the one after it, so that the slices of a date are not read. Each search has one
 * bound: SQLite would begin at the other one, and walk.
 */
async function listNewestDates(db: Database, pipeline: string, limit: number) {
  const newest = sql`select max(window_id) from slices where pipeline = ${pipeline}`
  const { rows } = await sql<{ readonly window_id: string }>`
    with recursive found (window_id, number) as (
      select (${newest} and ${IS_DAY}), 1
      union all
      select (${newest} and window_id < found.window_id), number + 1 from found
      where found.window_id is not null and number < ${sql.lit(Math.trunc(limit))}
    )
    select window_id from found where window_id is not null order by number
  `.execute(db)
  return rows
}

function toRow(window: WindowRecord): WindowRow {
  return {
    pipeline: window.pipeline,
    stream: window.stream,
    window_id: window.window,
    mode: window.mode,
    low: window.low,
    high: window.high,
    source_totals: toJson(window.sourceTotals),
    state: window.state,
    at: window.at,
  }
}

function fromRow(row: WindowRow): WindowRecord {
  return {
    pipeline: row.pipeline,
    stream: row.stream,
    window: row.window_id,
    mode: row.mode,
    low: row.low,
    high: row.high,
    sourceTotals: jsonOf({ table: 'windows', key: KEY, row }, 'source_totals'),
    state: row.state,
    at: row.at,
  }
}
