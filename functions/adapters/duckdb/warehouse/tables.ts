import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import type { DescribedColumn, DescribedTable, Table, TableColumn, TableName } from '../../../pipeline/destination.ts'
import { duckdbType } from '../../../sql/dialects/duckdb/column-type.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { inTransaction, readRows } from '../connection.ts'
import { throwWarehouseFailed } from '../errors.ts'
import type { Session } from './file.ts'
import { tableName } from './names.ts'

/**
 * Creates a table, or adds the columns it lacks; descriptions become comments, for people who open the file with a shell.
 * A column that the contract no longer has stays, and is NULL in new rows.
 * @throws {DaybreakError} LOAD_REJECTED when a column has another type.
 */
export async function ensureTable({ connection, known }: Session, table: Table): Promise<void> {
  const name = tableName(table)
  const wanted = JSON.stringify(table)
  if (known.get(name) === wanted) return
  await inTransaction(connection, async () => {
    const stored = await readTable(connection, table)
    const statements = stored === null ? createSql(table) : alterSql(table, stored)
    for (const statement of statements) await connection.run(statement)
  }).catch(throwWarehouseFailed(`make the table ${name}`))
  known.set(name, wanted)
}

/** True once a load has made the table. */
export async function tableExists(connection: DuckDBConnection, table: TableName): Promise<boolean> {
  return (await readRows(connection, `SELECT 1 FROM duckdb_tables() WHERE ${isTable(table)}`)).length > 0
}

/** The table as it is; null when it does not exist. DuckDB has no partitions. */
export async function describeTable(connection: DuckDBConnection, table: TableName): Promise<DescribedTable | null> {
  const stored = await readTable(connection, table)
  return stored && { columns: [...stored.columns.values()], partitioning: null }
}

interface StoredTable {
  readonly description: string | null
  /** By their names, in the order of the table. */
  readonly columns: ReadonlyMap<string, DescribedColumn>
}

function isTable({ schema, name }: TableName): string {
  return `NOT internal AND schema_name = ${quoteString(schema)} AND table_name = ${quoteString(name)}`
}

async function readTable(connection: DuckDBConnection, table: TableName): Promise<StoredTable | null> {
  const [stored] = await readRows(connection, `SELECT comment FROM duckdb_tables() WHERE ${isTable(table)}`)
  if (!stored) return null
  const columns = await readRows(
    connection,
    `SELECT column_name, data_type, comment FROM duckdb_columns() WHERE ${isTable(table)} ORDER BY column_index`,
  )
  return {
    description: stored[0] ?? null,
    columns: new Map(
      columns.map(([name, type, description]) => [
        name ?? '',
        { name: name ?? '', type: type ?? '', description: description ?? null },
      ]),
    ),
  }
}

function createSql(table: Table): readonly string[] {
  const columns = table.columns.map(({ name, ...typed }) => `${quoteIdentifier(name)} ${duckdbType(typed)}`)
  return [
    `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(table.schema)}`,
    `CREATE TABLE ${tableName(table)} (${columns.join(', ')})`,
    commentOnTable(table),
    ...table.columns.map((column) => commentOnColumn(table, column)),
  ]
}

function alterSql(table: Table, stored: StoredTable): readonly string[] {
  const columns = table.columns.map(({ name, description, ...typed }) => ({
    name,
    description,
    type: duckdbType(typed),
  }))
  const changed = columns.find(({ name, type }) => (stored.columns.get(name)?.type ?? type) !== type)
  if (changed) {
    const type = stored.columns.get(changed.name)?.type
    const message = `column ${changed.name} of ${tableName(table)} is ${type}, and the contract says ${changed.type}`
    throw new DaybreakError('LOAD_REJECTED', message)
  }
  const added = columns.filter(({ name }) => !stored.columns.has(name))
  const described = columns.filter(({ name, description }) => stored.columns.get(name)?.description !== description)
  return [
    ...added.map(({ name, type }) => `ALTER TABLE ${tableName(table)} ADD COLUMN ${quoteIdentifier(name)} ${type}`),
    ...(stored.description === table.description ? [] : [commentOnTable(table)]),
    ...described.map((column) => commentOnColumn(table, column)),
  ]
}

function commentOnTable(table: Table): string {
  return `COMMENT ON TABLE ${tableName(table)} IS ${quoteString(table.description)}`
}

function commentOnColumn(table: Table, { name, description }: Pick<TableColumn, 'name' | 'description'>): string {
  return `COMMENT ON COLUMN ${tableName(table)}.${quoteIdentifier(name)} IS ${quoteString(description)}`
}
