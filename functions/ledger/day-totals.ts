import { sql } from 'kysely'
import type { DayTotals, DayTotalsFilter } from '../pipeline/ports.ts'
import type { LedgerDialect } from './dialect.ts'
import { all, among, IS_DAY, is, windowBetween } from './filter.ts'
import type { Database } from './schema.ts'

/** Rows and sums of published days: the database takes them out of the deliveries, so whole slices never travel. */
export async function listDayTotals(
  db: Database,
  { pipeline, streams, shards, from, to }: DayTotalsFilter,
  { asJson }: Pick<LedgerDialect, 'asJson'>,
): Promise<readonly DayTotals[]> {
  const delivery = asJson('delivery')
  const asked = all(
    is('pipeline', pipeline),
    among('shard', shards),
    windowBetween({ from, to }),
    IS_DAY,
    among('stream', streams),
    sql`delivery is not null`,
  )
  const { rows } = await sql<
    Readonly<Record<'stream' | 'shard' | 'window_id' | 'totals', string>> & { accepted: number | string }
  >`
    select stream, shard, window_id, ${delivery} -> 'counts' ->> 'accepted' as accepted, ${delivery} ->> 'totals' as totals
    from slices where ${asked} order by window_id, stream, shard
  `.execute(db)
  return rows.map(({ stream, shard, window_id: window, accepted, totals }) => ({
    ...{ stream, shard, window, accepted: Number(accepted) },
    totals: JSON.parse(totals),
  }))
}
