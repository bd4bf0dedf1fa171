import type { RunSlice } from '../pipeline/entities.ts'
import * as columns from './columns.ts'
import type { Database, RunSliceRow } from './schema.ts'
import type { Writer } from './writer.ts'

/** Replaces the entry of the same run and slice. */
export async function putRunSlice(writer: Writer, runSlice: RunSlice): Promise<void> {
  await writer.replace('run_slices', toRow(runSlice), ['run_id', ...columns.KEY])
}

/** The slices a run looked at, by date, location, stream. */
export async function listRunSlices(db: Database, runId: string): Promise<readonly RunSlice[]> {
  const query = db
    .selectFrom('run_slices')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('business_date')
    .orderBy('location')
    .orderBy('stream')
    .orderBy('pipeline')
  return (await query.execute()).map(fromRow)
}

function toRow(runSlice: RunSlice): RunSliceRow {
  return {
    run_id: runSlice.runId,
    ...columns.toKey(runSlice),
    outcome: runSlice.outcome,
    ...columns.toReason(runSlice.reason),
    ...columns.toCounts(runSlice.counts),
    milliseconds: runSlice.milliseconds,
  }
}

function fromRow(row: RunSliceRow): RunSlice {
  return {
    ...columns.fromKey(row),
    runId: row.run_id,
    outcome: row.outcome,
    reason: columns.fromReason(row),
    counts: columns.fromCounts(row),
    milliseconds: row.milliseconds,
  }
}
