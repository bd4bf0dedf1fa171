import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Partition, PartitionBase } from '../pipeline/entities.ts'
import type { Page, PartitionFilter } from '../pipeline/ports.ts'
import { WORDS } from '../pipeline/words.ts'
import { fromReason, toReason } from './columns.ts'
import { compareAndSet } from './compare-and-set.ts'
import { damaged, neededJson } from './damaged.ts'
import { all, among, is, page, windowWithin } from './filter.ts'
import type { Database, PartitionRow } from './schema.ts'
import { byInstant } from './window-sort.ts'
import { hasOthers } from './windows.ts'
import type { Writer } from './writer.ts'

/** Key of a partition. */
export type PartitionKey = Pick<Partition, 'pipeline' | 'stream' | 'window'>

/** Writes a partition whose version is still the stored one. @throws {DaybreakError} LEDGER_CONFLICT. */
export async function putPartition(writer: Writer, partition: Partition): Promise<void> {
  const { pipeline, stream, window, version } = partition
  const row = toRow(partition)
  await compareAndSet({
    table: 'partitions',
    key: `${pipeline}/${stream}/${window}`,
    version,
    insert: () => writer.insert('partitions', row),
    update: () => writer.update('partitions', row, { key: { pipeline, stream, window_id: window }, version }),
    stored: () => writer.db.selectFrom('partitions').select('version').where(isKey(partition)).executeTakeFirst(),
  })
}

/** One partition, or null. */
export async function readPartition(db: Database, key: PartitionKey): Promise<Partition | null> {
  const row = await db.selectFrom('partitions').selectAll().where(isKey(key)).executeTakeFirst()
  return row ? fromRow(row) : null
}

// The condition of an index. Written out, not bound: SQLite finds a partial index only by a condition it can read.
const IS_OPEN = sql<SqlBool>`state <> 'idle'`

/** Partitions by window, stream. */
export async function listPartitions(db: Database, filter: PartitionFilter & Page): Promise<readonly Partition[]> {
  const withOthers = await hasOthers(db, filter)
  const query = db
    .selectFrom('partitions')
    .selectAll()
    .where(
      all(
        is('pipeline', filter.pipeline),
        among('stream', filter.streams),
        among('state', filter.states),
        filter.states?.every((state) => state !== 'idle') ? IS_OPEN : null,
        windowWithin(filter, withOthers),
      ),
    )
    .orderBy('window_id')
    .orderBy('stream')
    .orderBy('pipeline')
  return await byInstant((await page(query, filter).execute()).map(fromRow), filter, db)
}

function isKey({ pipeline, stream, window }: PartitionKey): RawBuilder<SqlBool> {
  return all(is('pipeline', pipeline), is('stream', stream), is('window_id', window))
}

function toRow(partition: Partition): PartitionRow {
  return {
    pipeline: partition.pipeline,
    stream: partition.stream,
    window_id: partition.window,
    wanted: partition.wanted,
    loaded: partition.loaded,
    loading: partition.state === 'idle' ? 0 : partition.loading,
    epoch: partition.epoch,
    attempt: partition.attempt,
    state: partition.state,
    job_id: partition.jobId,
    ...toReason(partition.state === 'quarantined' ? partition.reason : null),
    rows: partition.rows,
    totals: JSON.stringify(partition.totals),
    updated_at: partition.updatedAt,
    version: partition.version + 1,
  }
}

function fromRow(row: PartitionRow): Partition {
  const stored = { table: 'partitions', key: ['pipeline', 'stream', 'window_id'], row }
  const base: PartitionBase = {
    pipeline: row.pipeline,
    stream: row.stream,
    window: row.window_id,
    wanted: row.wanted,
    loaded: row.loaded,
    epoch: row.epoch,
    attempt: row.attempt,
    rows: row.rows,
    totals: neededJson(stored, 'totals'),
    updatedAt: row.updated_at,
    version: row.version,
  }
  const { state, loading, job_id: jobId } = row
  if (state === 'idle') return { ...base, state, jobId }
  if (jobId === null) throw damaged(stored, 'job_id', `a job in the state ${state}`)
  if (state === 'pending') return { ...base, state, loading, jobId }
  if (state !== 'quarantined') throw damaged(stored, 'state', WORDS.partitions.state.join(', '))
  const reason = fromReason(row)
  if (reason === null) throw damaged(stored, 'reason_code', `a reason in the state ${state}`)
  return { ...base, state, loading, jobId, reason }
}
