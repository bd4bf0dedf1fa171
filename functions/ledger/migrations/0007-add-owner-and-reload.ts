import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Which process works on a run of this machine, and whether a backfill loads equal manifests again. */
export async function addOwnerAndReload(transaction: Database, { text }: LedgerDialect): Promise<void> {
  await transaction.schema.alterTable('runs').addColumn('owner', text).execute()
  await transaction.schema
    .alterTable('backfills')
    .addColumn('reload', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
}
