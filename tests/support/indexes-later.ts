import { type RawBuilder, sql } from 'kysely'
import type { LedgerDialect } from '../../functions/ledger/dialect.ts'
import type { Database } from '../../functions/ledger/schema.ts'

interface IndexRow {
  readonly name: string
  readonly definition: string
}

/** Indexes with the statements that make them, without those of primary keys. */
function indexesOf(kind: LedgerDialect['name'], tables: RawBuilder<unknown>): RawBuilder<IndexRow> {
  if (kind === 'SQLite')
    return sql`select name, sql as definition from sqlite_master where type = 'index' and sql is not null and tbl_name in (${tables})`
  return sql`
    select indexname as name, indexdef as definition from pg_indexes
    where schemaname = current_schema() and tablename in (${tables}) and indexname not like '%_pkey'
  `
}

/** Fills tables while they have no indexes but their primary keys, and makes the indexes afterwards, each by one sort. */
export async function indexLater(
  db: Database,
  { name: kind }: Pick<LedgerDialect, 'name'>,
  { tables, fill }: { readonly tables: readonly string[]; readonly fill: () => Promise<void> },
): Promise<void> {
  const { rows: all } = await indexesOf(kind, sql.join(tables.map((table) => sql.lit(table)))).execute(db)
  // Triggers number rows by the largest number so far, which such an index knows.
  const rows = all.filter(({ name }) => !name.endsWith('_by_sequence'))
  for (const { name } of rows) await sql`drop index ${sql.ref(name)}`.execute(db)
  await fill()
  for (const { definition } of rows) await sql.raw(definition).execute(db)
}
