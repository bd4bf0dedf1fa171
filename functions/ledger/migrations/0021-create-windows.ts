import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { createTable } from './0001-create-tables.ts'

/** Remembers windows whose name is no date: the range that each reads, and the instant that stands for it. */
export async function createWindows(transaction: Database, dialect: LedgerDialect): Promise<void> {
  await createTable(transaction, {
    name: 'windows',
    table: {
      columns: [
        ['pipeline', 'text'],
        ['stream', 'text'],
        ['window_id', 'text'],
        ['mode', 'text'],
        ['low', 'text', 'null'],
        ['high', 'text', 'null'],
        ['source_totals', 'text', 'null'],
        ['state', 'text'],
        ['at', 'bigint'],
      ],
      primaryKey: ['pipeline', 'window_id', 'stream'],
      words: {},
    },
    dialect,
  })
  await sql`create index windows_by_time on windows (pipeline, at)`.execute(transaction)
}
