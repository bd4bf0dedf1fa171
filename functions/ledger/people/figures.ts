import { sql } from 'kysely'
import type { FirstLoad, SliceSums, WindowRange } from '../../pipeline/people/reads.ts'
import type { LedgerDialect } from '../dialect.ts'
import { rangeMatches } from '../filter.ts'
import type { Database } from '../schema.ts'
import { hasOthers } from '../windows.ts'

const KEYS = { window: 'window_id', shard: 'shard', stream: 'stream' } as const

/** Rows, rejected rows and bytes of the slices of a range, summed by the database. */
export async function sumSlices(
  db: Database,
  { asJson }: LedgerDialect,
  range: WindowRange & { readonly by: keyof typeof KEYS },
): Promise<readonly SliceSums[]> {
  const key = sql.ref(KEYS[range.by])
  const published = sql`cast(${asJson('delivery')} -> 'part' ->> 'rows' as bigint)`
  const { rows } = await sql<Readonly<Record<keyof SliceSums, string | number>>>`
    select ${key} as key, coalesce(sum(${published}), 0) as rows, coalesce(sum(rejects_rows), 0) as rejects,
      coalesce(sum(raw_bytes), 0) as bytes
    from slices where ${rangeMatches(range, await hasOthers(db, range))} group by ${key} order by ${key}
  `.execute(db)
  return rows.map((row) => ({
    key: String(row.key),
    ...{ rows: Number(row.rows), rejects: Number(row.rejects), bytes: Number(row.bytes) },
  }))
}

/** When the slices of a range came into their tables. */
export async function listFirstLoads(db: Database, range: WindowRange): Promise<readonly FirstLoad[]> {
  const rows = await db
    .selectFrom('slices')
    .select(['pipeline', 'window_id', 'shard', 'stream', 'first_loaded_at'])
    .where(rangeMatches(range, await hasOthers(db, range)))
    .where('first_loaded_at', 'is not', null)
    .execute()
  return rows.map(({ pipeline, window_id: window, shard, stream, first_loaded_at: at }) => ({
    ...{ pipeline, window, shard, stream },
    at: Number(at),
  }))
}
