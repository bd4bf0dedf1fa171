import type { LoadRecord } from '../pipeline/entities.ts'
import type { LoadFilter } from '../pipeline/ports.ts'
import { all, among, atLeast, is } from './filter.ts'
import type { Database } from './schema.ts'
import type { Writer } from './writer.ts'

/** Remembers when a manifest was loaded. One that was loaded before keeps its first time. */
export async function addLoad(writer: Writer, { window, ...load }: LoadRecord): Promise<void> {
  await writer.insert('loads', { ...load, window_id: window })
}

/** Loads by window, stream, number. */
export async function listLoads(
  db: Database,
  { pipeline, streams, windows, since }: LoadFilter,
): Promise<readonly LoadRecord[]> {
  const rows = await db
    .selectFrom('loads')
    .selectAll()
    .where(all(is('pipeline', pipeline), among('stream', streams), among('window_id', windows), atLeast('at', since)))
    .orderBy('window_id')
    .orderBy('stream')
    .orderBy('number')
    .execute()
  return rows.map(({ window_id: window, ...row }) => ({ ...row, window }))
}
