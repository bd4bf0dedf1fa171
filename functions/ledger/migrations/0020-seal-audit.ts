import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Adds to the audit who allowed an action and what it changed, and makes the database refuse to change or delete an entry. */
export async function sealAudit(transaction: Database, dialect: LedgerDialect): Promise<void> {
  for (const name of ['role', 'request_id', 'before', 'after'])
    await transaction.schema.alterTable('audit').addColumn(name, dialect.text).execute()
  await dialect.sealRows(transaction, 'audit')
}
