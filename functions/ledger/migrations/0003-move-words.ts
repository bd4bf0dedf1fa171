import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { createIndexes, createOpenIncidentsIndex, createTable, TABLES, type Table } from './0001-create-tables.ts'

/** Removes the lists of words from the tables: the code checks them (`functions/pipeline/words.ts`). A message may have no run. */
export async function moveWords(transaction: Database, dialect: LedgerDialect): Promise<void> {
  const withWords = Object.entries(TABLES).filter(([, { words }]) => Object.keys(words).length > 0)
  for (const [name, table] of withWords) await dropWords(transaction, { name, table, dialect })
}

interface Target {
  readonly name: string
  readonly table: Table
  readonly dialect: LedgerDialect
}

async function dropWords(transaction: Database, { name, table, dialect }: Target): Promise<void> {
  if (dialect.dropChecks === null) return await rebuild(transaction, { name, table, dialect })
  await dialect.dropChecks(transaction, name)
  if (name === 'messages') await sql`alter table messages alter column run_id drop not null`.execute(transaction)
}

/** Copies the rows into a table without words. Dropping the old table drops its indexes, so they are made again. */
async function rebuild(transaction: Database, { name, table, dialect }: Target): Promise<void> {
  const copy = `${name}_without_words`
  const columns = table.columns.map((column) => (name === 'messages' ? mayLackRun(column) : column))
  await createTable(transaction, { name: copy, table: { ...table, columns, words: {} }, dialect })
  const names = sql.join(columns.map(([column]) => sql.ref(column)))
  await sql`insert into ${sql.table(copy)} (${names}) select ${names} from ${sql.table(name)}`.execute(transaction)
  await sql`drop table ${sql.table(name)}`.execute(transaction)
  await sql`alter table ${sql.table(copy)} rename to ${sql.table(name)}`.execute(transaction)
  await createIndexes(transaction, name, table)
  if (name === 'incidents') await createOpenIncidentsIndex(transaction)
}

function mayLackRun([column, type, rule]: Table['columns'][number]): Table['columns'][number] {
  return column === 'run_id' ? [column, type, 'null'] : rule ? [column, type, rule] : [column, type]
}
