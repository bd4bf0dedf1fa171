import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Facts that the ledger remembers about what surrounds it, by name: the fingerprint of the hash key, for one. */
export async function createMarks(transaction: Database, { text }: LedgerDialect): Promise<void> {
  await transaction.schema
    .createTable('marks')
    .addColumn('name', text, (column) => column.notNull().primaryKey())
    .addColumn('value', text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
}
