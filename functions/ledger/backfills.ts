import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Backfill, BackfillState } from '../pipeline/entities.ts'
import type { Page } from '../pipeline/ports.ts'
import { fromReason, toReason } from './columns.ts'
import { compareAndSet } from './compare-and-set.ts'
import { neededJson } from './damaged.ts'
import { all, among, page } from './filter.ts'
import type { BackfillRow, Database } from './schema.ts'
import type { Writer } from './writer.ts'

/** Which backfills to list; absent members match all. */
interface BackfillFilter extends Page {
  readonly states?: readonly BackfillState[]
  /** Those that were added before the backfill of this id. */
  readonly after?: string
}

/** Writes a backfill whose version is still the stored one. @throws {DaybreakError} LEDGER_CONFLICT. */
export async function putBackfill(writer: Writer, backfill: Backfill): Promise<void> {
  const row = toRow(backfill)
  const { id, version } = backfill
  await compareAndSet({
    table: 'backfills',
    key: id,
    version,
    insert: () => writer.insert('backfills', row),
    update: () => writer.update('backfills', row, { key: { id }, version }),
    stored: () => writer.db.selectFrom('backfills').select('version').where('id', '=', id).executeTakeFirst(),
  })
}

/** One backfill, or null. */
export async function readBackfill(db: Database, id: string): Promise<Backfill | null> {
  const row = await db.selectFrom('backfills').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toBackfill(row) : null
}

/** Backfills, the one that was added last first. */
export async function listBackfills(db: Database, filter: BackfillFilter): Promise<readonly Backfill[]> {
  const query = db
    .selectFrom('backfills')
    .selectAll()
    .where(all(among('state', filter.states), filter.after === undefined ? null : isBefore(filter.after)))
    .orderBy('sequence', 'desc')
  return (await page(query, filter).execute()).map(toBackfill)
}

function isBefore(id: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`sequence < (select sequence from backfills where id = ${id})`
}

function toRow(backfill: Backfill): BackfillRow {
  return {
    id: backfill.id,
    pipeline: backfill.pipeline,
    state: backfill.state,
    from_window: backfill.from,
    to_window: backfill.to,
    shards: JSON.stringify(backfill.shards),
    streams: JSON.stringify(backfill.streams),
    from_archive: backfill.fromArchive ? 1 : 0,
    force: backfill.force ? 1 : 0,
    reload: backfill.reload ? 1 : 0,
    unit: backfill.unit === 'day' ? null : backfill.unit,
    next_window: backfill.next,
    run_ids: JSON.stringify(backfill.runIds),
    ...toReason(backfill.reason),
    created_at: backfill.createdAt,
    updated_at: backfill.updatedAt,
    version: backfill.version + 1,
  }
}

/** The backfill of a row. */
export function toBackfill(row: BackfillRow): Backfill {
  const stored = { table: 'backfills', key: ['id'], row }
  return {
    id: row.id,
    pipeline: row.pipeline,
    state: row.state,
    from: row.from_window,
    to: row.to_window,
    shards: neededJson(stored, 'shards'),
    streams: neededJson(stored, 'streams'),
    fromArchive: row.from_archive === 1,
    force: row.force === 1,
    reload: row.reload === 1,
    unit: row.unit ?? 'day',
    next: row.next_window,
    runIds: neededJson(stored, 'run_ids'),
    reason: fromReason(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  }
}
