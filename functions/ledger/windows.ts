import { sql } from 'kysely'
import { instantOf } from '../lib/business-date.ts'
import { byTime, isDay } from '../lib/window-time.ts'
import type { WindowRecord } from '../pipeline/entities.ts'
import type { WindowFilter } from '../pipeline/ports.ts'
import { toJson } from './columns.ts'
import { all, among, is } from './filter.ts'
import type { Database, WindowRow } from './schema.ts'
import type { Writer } from './writer.ts'

const KEY = ['pipeline', 'window_id', 'stream'] as const
const DAY = 86_400_000
// Names of windows that are no dates begin with a letter, so that text alone tells them from dates.
const LETTERS = 'A'

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

/** Names of windows of a pipeline whose instant lies in a range of days, both included. */
export async function windowsWithin(
  db: Database,
  { pipeline, from, to }: { readonly pipeline?: string; readonly from?: string; readonly to?: string },
): Promise<readonly string[]> {
  const bounds = [from, to].filter((bound) => bound !== undefined)
  if (bounds.length === 0 || !bounds.every(isDay)) return []
  let query = db.selectFrom('windows').select('window_id').distinct()
  if (pipeline !== undefined) query = query.where('pipeline', '=', pipeline)
  if (from !== undefined) query = query.where('at', '>=', instantOf(from, '00:00', 'UTC'))
  if (to !== undefined) query = query.where('at', '<', instantOf(to, '00:00', 'UTC') + DAY)
  return (await query.execute()).map((row) => row.window_id)
}

/** Windows of a pipeline that have slices, the newest first: dates, and others by their instant. */
export async function listNewestWindows(db: Database, pipeline: string, limit: number): Promise<readonly string[]> {
  const dates = await db
    .selectFrom('slices')
    .select('window_id')
    .distinct()
    .where('pipeline', '=', pipeline)
    .where('window_id', '<', LETTERS)
    .orderBy('window_id', 'desc')
    .limit(limit)
    .execute()
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
    sourceTotals: row.source_totals === null ? null : JSON.parse(row.source_totals),
    state: row.state,
    at: row.at,
  }
}
