import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Says how long the windows of a backfill are. Those of before are of days. */
export async function addUnit(transaction: Database, { text }: LedgerDialect): Promise<void> {
  await transaction.schema.alterTable('backfills').addColumn('unit', text).execute()
}
