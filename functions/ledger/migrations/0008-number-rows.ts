import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Tables whose rows are listed in the order in which the ledger took them, with the instant that stood for it before. */
const TABLES: Readonly<Record<string, string>> = {
  runs: 'created_at',
  incidents: 'opened_at',
  backfills: 'created_at',
  audit: 'at',
}

/**
 * Adds `sequence`, which the database assigns as a row is added, also by a release that does not know the column.
 * An instant cannot order rows: a clock that was ahead once would keep its rows first until that time comes.
 */
export async function numberRows(transaction: Database, dialect: LedgerDialect): Promise<void> {
  for (const [name, instant] of Object.entries(TABLES)) {
    const table = sql.table(name)
    await sql`alter table ${table} add column sequence bigint`.execute(transaction)
    const numbered = sql`select id, row_number() over (order by ${sql.ref(instant)}, id) as number from ${table}`
    await sql`
      update ${table} set sequence = numbered.number from (${numbered}) as numbered where ${table}.id = numbered.id
    `.execute(transaction)
    await transaction.schema.createIndex(`${name}_by_sequence`).on(name).column('sequence').execute()
    await dialect.numberRows(transaction, name)
  }
}
