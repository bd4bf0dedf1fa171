import type { KeptFile } from '../pipeline/entities.ts'
import type { KeptFileFilter, Page } from '../pipeline/ports.ts'
import * as columns from './columns.ts'
import { jsonOf } from './damaged.ts'
import { all, among, is, page, windowWithin } from './filter.ts'
import type { Database, KeptFileRow } from './schema.ts'
import { byInstant } from './window-sort.ts'
import { hasOthers } from './windows.ts'
import type { Writer } from './writer.ts'

const KEY = ['pipeline', 'window_id', 'shard', 'source_name'] as const

/** Writes what is known of a file that no contract reads. */
export async function putKeptFile(writer: Writer, file: KeptFile): Promise<void> {
  await writer.replace('kept_files', toRow(file), KEY)
}

/** Files that no contract reads, by window, shard, name. */
export async function listKeptFiles(db: Database, filter: KeptFileFilter & Page): Promise<readonly KeptFile[]> {
  const withOthers = await hasOthers(db, filter)
  const query = db
    .selectFrom('kept_files')
    .selectAll()
    .where(
      all(
        is('pipeline', filter.pipeline),
        among('shard', filter.shards),
        among('window_id', filter.windows),
        windowWithin(filter, withOthers),
      ),
    )
    .orderBy('window_id')
    .orderBy('shard')
    .orderBy('source_name')
    .orderBy('pipeline')
  return await byInstant((await page(query, filter).execute()).map(toKeptFile), filter, db)
}

function toRow({ pipeline, shard, window, source, raw, sighting, reason, at }: KeptFile): KeptFileRow {
  return {
    pipeline,
    shard,
    window_id: window,
    source_name: source.name,
    source_path: source.path,
    source_bytes: source.bytes,
    source_modified_at: source.modifiedAt,
    ...columns.toRaw(raw),
    sighting: columns.toJson(sighting),
    ...columns.toReason(reason),
    at,
  }
}

/** The file of a row. */
export function toKeptFile(row: KeptFileRow): KeptFile {
  return {
    pipeline: row.pipeline,
    shard: row.shard,
    window: row.window_id,
    source: {
      path: row.source_path,
      name: row.source_name,
      bytes: row.source_bytes,
      modifiedAt: row.source_modified_at,
    },
    raw: columns.fromRaw(row),
    sighting: jsonOf({ table: 'kept_files', key: KEY, row }, 'sighting'),
    reason: columns.fromReason(row),
    at: row.at,
  }
}
