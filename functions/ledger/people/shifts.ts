import type { Instant } from '../../pipeline/entities.ts'
import type { ShiftOverride } from '../../pipeline/people/records.ts'
import { all, is } from '../filter.ts'
import type { Database } from '../schema.ts'
import type { Writer } from '../writer.ts'
import type { OverrideRow } from './schema.ts'

/** Adds a shift override, or replaces the one of the same id. */
export async function putOverride(writer: Writer, { from, to, ...override }: ShiftOverride): Promise<void> {
  const { id, rotation, person, actor, at } = override
  const row: OverrideRow = { id, rotation, person, from_at: from, to_at: to, actor, at }
  await writer.replace('overrides', row, ['id'])
}

/** Deletes a shift override; does nothing if it does not exist. */
export async function deleteOverride({ db }: Writer, id: string): Promise<void> {
  await db.deleteFrom('overrides').where('id', '=', id).execute()
}

/** Overrides that touch a range of time, in the order of their beginning. */
export async function listOverrides(
  db: Database,
  { rotation, from, to }: { readonly rotation?: string; readonly from: Instant; readonly to: Instant },
): Promise<readonly ShiftOverride[]> {
  const rows = await db
    .selectFrom('overrides')
    .selectAll()
    .where('to_at', '>', from)
    .where('from_at', '<', to)
    .where(all(is('rotation', rotation)))
    .orderBy('from_at')
    .orderBy('id')
    .execute()
  return rows.map(({ from_at, to_at, ...row }) => ({ ...row, from: from_at, to: to_at }))
}
