import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Counts looks that found nothing new instead of a row for each, and dates the rows so that old ones can be deleted. */
export async function countUnchanged(transaction: Database, { text }: LedgerDialect): Promise<void> {
  const { schema } = transaction
  await schema
    .alterTable('runs')
    .addColumn('unchanged', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema.alterTable('messages').addColumn('unchanged', text).execute()
  const newest = await transaction
    .selectFrom('runs')
    .select('created_at')
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  // Rows of before are as old as the newest run: a default costs no write of each.
  await schema
    .alterTable('run_slices')
    .addColumn('at', 'bigint', (column) => column.notNull().defaultTo(newest?.created_at ?? 0))
    .execute()
  await schema.createIndex('run_slices_by_at').on('run_slices').column('at').execute()
}
