import { sql } from 'kysely'
import type { Database } from '../schema.ts'

/**
 * Moves slices out of the state `superseded`, which only deliveries have. The next look makes a part of a raw object that
 * is there, and expects the file of a slice without one.
 */
export async function retireSupersededSlices(transaction: Database): Promise<void> {
  const state = sql`case when raw_sha256 is null then 'expected' else 'landed' end`
  await sql`update slices set state = ${state} where state = 'superseded'`.execute(transaction)
}
