import type { DeliveryRecord } from '../pipeline/entities.ts'
import type { DeliveryFilter, Page } from '../pipeline/ports.ts'
import * as columns from './columns.ts'
import { jsonOf } from './damaged.ts'
import { all, among, keyMatches, page } from './filter.ts'
import type { Database, DeliveryRow } from './schema.ts'
import { byInstant } from './window-sort.ts'
import { hasOthers } from './windows.ts'
import type { Writer } from './writer.ts'

/** Replaces the entry of the same slice and raw object. */
export async function putDelivery(writer: Writer, delivery: DeliveryRecord): Promise<void> {
  await writer.replace('deliveries', toRow(delivery), [...columns.KEY, 'raw_sha256'])
}

/** Deliveries by window, shard, stream; those of one slice oldest first. */
export async function listDeliveries(db: Database, filter: DeliveryFilter & Page): Promise<readonly DeliveryRecord[]> {
  const withOthers = await hasOthers(db, filter)
  const query = db
    .selectFrom('deliveries')
    .selectAll()
    .where(all(keyMatches(filter, withOthers), among('state', filter.states), among('raw_sha256', filter.sha256)))
    .orderBy('window_id')
    .orderBy('shard')
    .orderBy('stream')
    .orderBy('pipeline')
    .orderBy('at')
    .orderBy('raw_sha256')
  return await byInstant((await page(query, filter).execute()).map(fromRow), filter, db)
}

function toRow(delivery: DeliveryRecord): DeliveryRow {
  return {
    ...columns.toKey(delivery),
    raw_object: delivery.raw.object,
    raw_sha256: delivery.raw.sha256,
    raw_bytes: delivery.raw.bytes,
    state: delivery.state,
    contract: delivery.contract,
    engine: delivery.engine,
    ...columns.toCounts(delivery.counts),
    totals: columns.toJson(delivery.totals),
    ...columns.toReason(delivery.reason),
    ...columns.toSource(delivery.source),
    run_id: delivery.runId,
    at: delivery.at,
  }
}

function fromRow(row: DeliveryRow): DeliveryRecord {
  return {
    ...columns.fromKey(row),
    raw: { object: row.raw_object, sha256: row.raw_sha256, bytes: row.raw_bytes },
    state: row.state,
    contract: row.contract,
    engine: row.engine,
    counts: columns.fromCounts(row),
    totals: jsonOf({ table: 'deliveries', key: [...columns.KEY, 'raw_sha256'], row }, 'totals'),
    reason: columns.fromReason(row),
    source: columns.fromSource(row),
    runId: row.run_id,
    at: row.at,
  }
}
