import {
  asSlice,
  type Misfit,
  type Slice,
  type SliceKey,
  type SliceLook,
  type SliceState,
} from '../pipeline/entities.ts'
import type { Page, SliceFilter } from '../pipeline/ports.ts'
import * as columns from './columns.ts'
import { compareAndSet } from './compare-and-set.ts'
import { damaged, jsonOf } from './damaged.ts'
import { all, among, isSlice, keyMatches, page } from './filter.ts'
import type { Database, SliceRow } from './schema.ts'
import { byInstant } from './window-sort.ts'
import { hasOthers } from './windows.ts'
import type { Writer } from './writer.ts'

/** Writes a slice whose version is still the stored one. @throws {DaybreakError} LEDGER_CONFLICT. */
export async function putSlice(writer: Writer, slice: Slice): Promise<void> {
  const row = toRow(slice)
  await compareAndSet({
    table: 'slices',
    key: columns.describeKey(slice),
    version: slice.version,
    insert: () => writer.insert('slices', row),
    update: () => writer.update('slices', row, { key: columns.toKey(slice), version: slice.version }),
    stored: () => writer.db.selectFrom('slices').select('version').where(isSlice(slice)).executeTakeFirst(),
  })
}

/** One slice, or null. */
export async function readSlice(db: Database, key: SliceKey): Promise<Slice | null> {
  const row = await db.selectFrom('slices').selectAll().where(isSlice(key)).executeTakeFirst()
  return row ? toSlice(row) : null
}

/** Slices by window, shard, stream. */
export async function listSlices(db: Database, filter: SliceFilter & Page): Promise<readonly Slice[]> {
  const withOthers = await hasOthers(db, filter)
  const query = db
    .selectFrom('slices')
    .selectAll()
    .where(all(keyMatches(filter, withOthers), among('state', filter.states)))
    .orderBy('window_id')
    .orderBy('shard')
    .orderBy('stream')
    .orderBy('pipeline')
  return await byInstant((await page(query, filter).execute()).map(toSlice), filter, db)
}

/** Slices in a few columns: a week of a thousand locations is sixty thousand slices, and a whole one is a kilobyte. */
export async function listSliceLooks(db: Database, filter: SliceFilter): Promise<readonly SliceLook[]> {
  const withOthers = await hasOthers(db, filter)
  const rows = await db
    .selectFrom('slices')
    .select(['pipeline', 'stream', 'shard', 'window_id', 'state', 'looked_at'])
    .where(all(keyMatches(filter, withOthers), among('state', filter.states)))
    .orderBy('window_id')
    .orderBy('shard')
    .orderBy('stream')
    .orderBy('pipeline')
    .execute()
  const looks = rows.map((row) => ({ ...columns.fromKey(row), state: row.state, lookedAt: row.looked_at }))
  return await byInstant(looks, {}, db)
}

/** Number of slices by state. */
export async function countSlices(
  db: Database,
  filter: SliceFilter,
): Promise<Readonly<Partial<Record<SliceState, number>>>> {
  const withOthers = await hasOthers(db, filter)
  const rows = await db
    .selectFrom('slices')
    .select(({ fn }) => ['state', fn.countAll<number | string>().as('count')])
    .where(all(keyMatches(filter, withOthers), among('state', filter.states)))
    .groupBy('state')
    .orderBy('state')
    .execute()
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]))
}

function toRow(slice: Slice): SliceRow {
  return {
    ...columns.toKey(slice),
    state: slice.state,
    ...columns.toReason(slice.reason),
    ...columns.toSource(slice.source),
    ...columns.toRaw(slice.raw),
    ...columns.toRejects(slice.rejects),
    delivery: columns.toJson(slice.delivery),
    first_seen_at: slice.firstSeenAt,
    due_at: slice.dueAt,
    first_loaded_at: slice.firstLoadedAt,
    sighting: columns.toJson(slice.sighting),
    looked_at: slice.lookedAt,
    updated_at: slice.updatedAt,
    run_id: slice.runId,
    version: slice.version + 1,
  }
}

// Columns of the members of a slice that depend on its state. An empty one empties the member.
const COLUMNS = {
  raw: ['raw_object', 'raw_sha256', 'raw_bytes'],
  delivery: ['delivery'],
  reason: ['reason_code', 'reason_message'],
  state: ['state'],
} as const satisfies Record<Misfit['misfit'], readonly (keyof SliceRow)[]>

/** The slice of a row. @throws {DaybreakError} LEDGER_DAMAGED when its columns do not fit its state. */
export function toSlice(row: SliceRow): Slice {
  const stored = { table: 'slices', key: columns.KEY, row }
  const slice = asSlice({
    ...columns.fromKey(row),
    state: row.state,
    reason: columns.fromReason(row),
    source: columns.fromSource(row),
    raw: columns.fromRaw(row),
    delivery: jsonOf(stored, 'delivery'),
    rejects: columns.fromRejects(row),
    firstSeenAt: row.first_seen_at,
    dueAt: row.due_at,
    firstLoadedAt: row.first_loaded_at,
    sighting: jsonOf(stored, 'sighting'),
    lookedAt: row.looked_at,
    updatedAt: row.updated_at,
    runId: row.run_id,
    version: row.version,
  })
  if (!('misfit' in slice)) return slice
  const [first, ...more] = COLUMNS[slice.misfit]
  throw damaged(stored, more.find((column) => row[column] === null) ?? first, slice.expected)
}
