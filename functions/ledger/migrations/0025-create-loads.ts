import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { type Column, createTable } from './0001-create-tables.ts'

const LOADS: readonly Column[] = [
  ['pipeline', 'text'],
  ['stream', 'text'],
  ['window_id', 'text'],
  ['number', 'bigint'],
  ['at', 'bigint'],
]

/** Remembers when each manifest was loaded. Of a partition that was loaded before, the history begins with its last change. */
export async function createLoads(transaction: Database, dialect: LedgerDialect): Promise<void> {
  const primaryKey = ['pipeline', 'window_id', 'stream', 'number']
  await createTable(transaction, { name: 'loads', table: { columns: LOADS, primaryKey, words: {} }, dialect })
  await sql`insert into loads (pipeline, stream, window_id, number, at)
    select pipeline, stream, window_id, loaded, updated_at from partitions where loaded > 0`.execute(transaction)
  await sql`create index loads_by_time on loads (pipeline, at)`.execute(transaction)
}
