import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { createTable, type Table } from './0001-create-tables.ts'

const TABLES: Readonly<Record<string, Table>> = {
  run_steps: {
    columns: [
      ['run_id', 'text'],
      ['step', 'text'],
      ['milliseconds', 'bigint'],
      ['count', 'bigint'],
    ],
    primaryKey: ['run_id', 'step'],
    words: {},
  },
  usage: {
    columns: [
      ['run_id', 'text'],
      ['kind', 'text'],
      ['amount', 'bigint'],
      ['cost_micros', 'bigint', 'null'],
    ],
    primaryKey: ['run_id', 'kind'],
    words: {},
  },
}

/** Records where the time of a run went and what it used, when a file is due, and when its rows were first in the table. */
export async function recordUse(transaction: Database, dialect: LedgerDialect): Promise<void> {
  for (const [name, table] of Object.entries(TABLES)) await createTable(transaction, { name, table, dialect })
  for (const name of ['due_at', 'first_loaded_at'])
    await sql`alter table slices add column ${sql.ref(name)} bigint`.execute(transaction)
}
