import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { byTime, isDay } from '../../lib/window-time.ts'
import type { Slice, SliceKey, SliceState } from '../../pipeline/entities.ts'
import type { Listed, Part, SliceLife, SliceListFilter, SlicePlace, SliceRun } from '../../pipeline/people/reads.ts'
import { listChecks } from '../checks.ts'
import * as columns from '../columns.ts'
import { listDeliveries } from '../deliveries.ts'
import { all, among, is, isSlice, windowWithin } from '../filter.ts'
import { readPartition } from '../partitions.ts'
import type { Database, SliceRow } from '../schema.ts'
import { readSlice, toSlice } from '../slices.ts'
import { hasOthers, readTimes } from '../windows.ts'
import { sizeOf, toPart } from './parts.ts'
import { readSignOff } from './sign-offs.ts'
import { inWindowOrder } from './window-order.ts'

const UNFINISHED: readonly SliceState[] = ['expected', 'seen', 'landed', 'staged', 'held', 'quarantined', 'missing']
// The condition of an index. Written out, not bound: SQLite finds a partial index only by a condition it can read.
const IS_UNFINISHED = sql<SqlBool>`state in ('expected', 'seen', 'landed', 'staged', 'held', 'quarantined', 'missing')`
const IS_WAIVED = sql<SqlBool>`state = 'waived'`
const HAS_REJECTS = sql<SqlBool>`rejects_rows > 0`

// Runs that the life of a slice names.
const MOST_RUNS = 50

/** Slices in the order of window, shard, stream, or in the reverse order. Waived ones have an index of their own, and are read apart. */
export async function listSlicePage(
  db: Database,
  filter: SliceListFilter & Part<SlicePlace>,
): Promise<Listed<Slice, SlicePlace>> {
  const { first = 'oldest', limit } = filter
  const parts = await Promise.all(
    apart(filter.states).map((states) => {
      const query = db.selectFrom('slices').selectAll().where(isListed(filter, states))
      return inWindowOrder(query, { ...filter, first, table: 'slices', ties: ['shard', 'stream'] }, db)
    }),
  )
  const [rows = []] = parts
  const merged = parts.length === 1 ? rows : await merge(parts.flat(), { ...filter, first }, db)
  return toPart(merged, { limit, from: toSlice, placeOf })
}

/** States that are read together: those that an index has alone, and the others. */
function apart(states: SliceListFilter['states']): readonly SliceListFilter['states'][] {
  if (!states?.includes('waived') || states.includes('loaded')) return [states]
  const others = states.filter((state) => state !== 'waived')
  return others.length === 0 ? [['waived']] : [['waived'], others]
}

function isListed(
  { pipeline, windows, shards, streams, hasRejects }: SliceListFilter,
  states: SliceListFilter['states'],
): RawBuilder<SqlBool> {
  return all(
    is('pipeline', pipeline),
    among('window_id', windows),
    among('shard', shards),
    among('stream', streams),
    among('state', states),
    states?.every((state) => UNFINISHED.includes(state)) ? IS_UNFINISHED : null,
    states?.every((state) => state === 'waived') ? IS_WAIVED : null,
    hasRejects ? HAS_REJECTS : null,
  )
}

/** Rows of several reads in the order of one. */
async function merge(
  rows: readonly SliceRow[],
  { pipeline, first, limit }: SliceListFilter & Part<SlicePlace>,
  db: Database,
): Promise<readonly SliceRow[]> {
  const windows = [...new Set(rows.map(({ window_id }) => window_id))].filter((window) => !isDay(window))
  const order = byTime(windows.length === 0 ? new Map() : await readTimes(db, { pipeline, windows }))
  const sign = first === 'newest' ? -1 : 1
  const byPlace = (a: SliceRow, b: SliceRow) =>
    order(a.window_id, b.window_id) || byText(a.shard, b.shard) || byText(a.stream, b.stream)
  return rows.toSorted((a, b) => sign * byPlace(a, b)).slice(0, sizeOf({ limit }) + 1)
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Number of slices of a list; null for more than `most`, of which no more are read. */
export async function countListed(db: Database, filter: SliceListFilter, most: number): Promise<number | null> {
  const bounds = windowWithin(filter, await hasOthers(db, filter))
  const { rows } = await sql<{ readonly count: number | string }>`
    select count(*) as count from (
      select 1 as one from slices where ${all(isListed(filter, filter.states), bounds)} limit ${sql.lit(most + 1)}
    ) as counted
  `.execute(db)
  const count = Number(rows[0]?.count ?? 0)
  return count > most ? null : count
}

/** Place of a row in the order of window, shard, stream. */
export function placeOf(row: {
  readonly window_id: string
  readonly shard: string
  readonly stream: string
}): SlicePlace {
  return { window: row.window_id, shard: row.shard, stream: row.stream }
}

/** Everything that is known of a slice; null for one that does not exist. */
export async function readSliceLife(db: Database, key: SliceKey): Promise<SliceLife | null> {
  const slice = await readSlice(db, key)
  if (!slice) return null
  const { pipeline, window, shard, stream } = key
  const filter = { pipeline, windows: [window], shards: [shard], streams: [stream] }
  const [versions, checks, partition, history, signOff] = await Promise.all([
    listDeliveries(db, filter),
    listChecks(db, filter),
    readPartition(db, key),
    listRunsOf(db, key),
    readSignOff(db, key),
  ])
  return {
    slice,
    versions: versions.toReversed(),
    checks: checks.map(({ pipeline: _, stream: __, shard: ___, window: ____, ...check }) => check),
    ...{ partition, history, signOff },
  }
}

async function listRunsOf(db: Database, key: SliceKey): Promise<readonly SliceRun[]> {
  const rows = await db
    .selectFrom('run_slices')
    .selectAll()
    .where(isSlice(key))
    .orderBy('at', 'desc')
    .limit(MOST_RUNS)
    .execute()
  return rows.map((row) => ({
    runId: row.run_id,
    at: row.at,
    outcome: row.outcome,
    reason: columns.fromReason(row),
    counts: columns.fromCounts(row),
    milliseconds: row.milliseconds,
  }))
}
