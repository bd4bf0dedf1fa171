import { type SqlBool, sql } from 'kysely'
import type { Slice, SliceKey, SliceState } from '../../pipeline/entities.ts'
import type { Listed, Part, SliceLife, SliceListFilter, SlicePlace, SliceRun } from '../../pipeline/people/reads.ts'
import { listChecks } from '../checks.ts'
import * as columns from '../columns.ts'
import { listDeliveries } from '../deliveries.ts'
import { all, among, is, isSlice } from '../filter.ts'
import { readPartition } from '../partitions.ts'
import type { Database } from '../schema.ts'
import { readSlice, toSlice } from '../slices.ts'
import { toPart } from './parts.ts'
import { readSignOff } from './sign-offs.ts'
import { inWindowOrder } from './window-order.ts'

const UNFINISHED: readonly SliceState[] = ['expected', 'seen', 'landed', 'staged', 'held', 'quarantined', 'missing']
// The condition of an index. Written out, not bound: SQLite finds a partial index only by a condition it can read.
const IS_UNFINISHED = sql<SqlBool>`state in ('expected', 'seen', 'landed', 'staged', 'held', 'quarantined', 'missing')`
const HAS_REJECTS = sql<SqlBool>`rejects_rows > 0`

// Runs that the life of a slice names.
const MOST_RUNS = 50

/** Slices in the order of window, shard, stream, or in the reverse order. */
export async function listSlicePage(
  db: Database,
  filter: SliceListFilter & Part<SlicePlace>,
): Promise<Listed<Slice, SlicePlace>> {
  const { first = 'oldest', states } = filter
  const query = db
    .selectFrom('slices')
    .selectAll()
    .where(
      all(
        is('pipeline', filter.pipeline),
        among('window_id', filter.windows),
        among('shard', filter.shards),
        among('stream', filter.streams),
        among('state', states),
        states?.every((state) => UNFINISHED.includes(state)) ? IS_UNFINISHED : null,
        filter.hasRejects ? HAS_REJECTS : null,
      ),
    )
  const rows = await inWindowOrder(query, { ...filter, first, table: 'slices', ties: ['shard', 'stream'] }, db)
  return toPart(rows, { limit: filter.limit, from: toSlice, placeOf })
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
