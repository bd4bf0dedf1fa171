import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/**
 * Creates the notices of changes. A database with several writers gives out numbers before it commits them, so a reader goes by
 * the number of the transaction first.
 */
export async function createChanges(transaction: Database, dialect: LedgerDialect): Promise<void> {
  const { type, current } = dialect.transactionNumber
  await sql`
    create table changes (
      seq ${dialect.identity},
      tx ${type} not null default ${current},
      at bigint not null,
      topics ${dialect.text} not null
    )
  `.execute(transaction)
  await sql`create index changes_in_order on changes (tx, seq)`.execute(transaction)
  await sql`create index changes_by_time on changes (at)`.execute(transaction)
}
