import { sql } from 'kysely'
import type { Instant, RunSlice } from '../pipeline/entities.ts'
import type { Change } from '../pipeline/ports.ts'
import * as columns from './columns.ts'
import { unchangedOf } from './messages.ts'
import type { Database, RunSliceRow } from './schema.ts'
import { withUnchanged } from './unchanged.ts'
import { byInstant } from './window-sort.ts'
import { value, type Writer } from './writer.ts'

const PRIMARY_KEY = ['run_id', ...columns.KEY]

/** Replaces the entry of the same run and slice. */
export async function putRunSlice(writer: Writer, runSlice: RunSlice, at: Instant): Promise<void> {
  await writer.replace('run_slices', toRow(runSlice, at), PRIMARY_KEY)
}

/** Deletes entries of a run that its newest look at a day found unchanged. Most looks delete no row. */
export async function dropRunSlices(
  { run }: Writer,
  { runId, day, streams }: Extract<Change, { change: 'run_slices_unchanged' }>,
): Promise<void> {
  const isDay = sql`run_id = ${value} and pipeline = ${value} and window_id = ${value} and shard = ${value}`
  const listed = sql.join(streams.map(() => value))
  await run({
    name: `drop ${streams.length} run_slices`,
    build: () => sql`delete from run_slices where ${isDay} and stream in (${listed})`,
    parameters: [runId, day.pipeline, day.window, day.shard, ...streams],
  })
}

/** Deletes the oldest entries from before an instant, up to a limit. */
export async function expireRunSlices(
  { run }: Writer,
  { before, most }: Extract<Change, { change: 'run_slices_expired' }>,
): Promise<void> {
  const names = sql.join(PRIMARY_KEY.map((column) => sql.ref(column)))
  const oldest = sql`select ${names} from run_slices where at < ${value} order by at limit ${value}`
  await run({
    name: 'expire run_slices',
    build: () => sql`delete from run_slices where (${names}) in (${oldest})`,
    parameters: [before, most],
  })
}

/** The slices a run looked at, by window, shard, stream. */
export async function listRunSlices(db: Database, runId: string): Promise<readonly RunSlice[]> {
  const query = db
    .selectFrom('run_slices')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('window_id')
    .orderBy('shard')
    .orderBy('stream')
    .orderBy('pipeline')
  const entries = (await query.execute()).map(toRunSlice)
  return await byInstant(withUnchanged(entries, await unchangedOf(db, runId)), {}, db)
}

function toRow(runSlice: RunSlice, at: Instant): RunSliceRow {
  return {
    run_id: runSlice.runId,
    ...columns.toKey(runSlice),
    outcome: runSlice.outcome,
    ...columns.toReason(runSlice.reason),
    ...columns.toCounts(runSlice.counts),
    milliseconds: runSlice.milliseconds,
    at,
  }
}

/** The entry of a row. */
export function toRunSlice(row: RunSliceRow): RunSlice {
  return {
    ...columns.fromKey(row),
    runId: row.run_id,
    outcome: row.outcome,
    reason: columns.fromReason(row),
    counts: columns.fromCounts(row),
    milliseconds: row.milliseconds,
  }
}
