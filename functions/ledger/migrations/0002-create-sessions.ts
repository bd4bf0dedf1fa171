import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Where transactions on a server leave their number (`functions/adapters/postgres/outcome.ts`). Stays empty in a file. */
export async function createSessions(transaction: Database, { text }: LedgerDialect): Promise<void> {
  await transaction.schema
    .createTable('sessions')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('last_commit', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
}
