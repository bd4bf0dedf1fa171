import type { KeptFile } from '../../pipeline/entities.ts'
import type { FilePlace, Listed, Part } from '../../pipeline/people/reads.ts'
import type { KeptFileFilter } from '../../pipeline/ports.ts'
import { all, among, is } from '../filter.ts'
import { toKeptFile } from '../kept-files.ts'
import type { Database } from '../schema.ts'
import { toPart } from './parts.ts'
import { inWindowOrder } from './window-order.ts'

type FileListFilter = KeptFileFilter & Part<FilePlace> & { readonly pipeline: string }

/** Files of the folders of windows that no contract read when they were found, in the order of window, shard, name. */
export async function listFilePage(db: Database, filter: FileListFilter): Promise<Listed<KeptFile, FilePlace>> {
  const query = db
    .selectFrom('kept_files')
    .selectAll()
    .where(all(is('pipeline', filter.pipeline), among('window_id', filter.windows), among('shard', filter.shards)))
  const { after, limit } = filter
  const place = after ? { window: after.window, shard: after.shard, source_name: after.name } : null
  const order = { table: 'kept_files', ties: ['shard', 'source_name'], first: 'oldest' } as const
  const rows = await inWindowOrder(query, { ...filter, ...order, after: place }, db)
  return toPart(rows, {
    limit,
    from: toKeptFile,
    placeOf: (row) => ({ window: row.window_id, shard: row.shard, name: row.source_name }),
  })
}
