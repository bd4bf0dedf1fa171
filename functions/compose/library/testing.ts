import { AssertionError } from 'node:assert'
import { type Database, expectColumn, expectTable, wordsFor } from '../../migrations/database.ts'
import { referencesOf } from '../../migrations/references.ts'
import { danglingKeys } from '../../migrations/verify.ts'
import { compareTables } from '../../pipeline/tables/compare.ts'
import type { DiscoveredTable, Side, TableReader } from '../../pipeline/tables/ports.ts'
import { type TableConnection, withConnection } from './open.ts'

export type { TableConnection } from './open.ts'

/** A table of a connection. */
export interface TableSide {
  readonly connection: TableConnection
  /** E.g. `public.orders`. */
  readonly table: string
}

/** Two tables that shall have the same rows. */
export interface SameRows {
  readonly from: TableSide
  readonly to: TableSide
  /** Columns that identify a row. Default: the primary key of `from`. */
  readonly key?: readonly string[]
  /** Columns that are compared. Default: those that both tables have. */
  readonly columns?: readonly string[]
}

/**
 * Both tables have the same rows, whichever systems they are in. Each system hashes its own rows, so nothing but hashes and the keys
 * that differ is read. @throws {AssertionError} with some of those keys.
 */
export async function expectSameRows({ from, to, key, columns }: SameRows): Promise<void> {
  await withConnection(from.connection, ({ reader: left }) =>
    withConnection(to.connection, async ({ reader: right }) => {
      const [old, now] = [await found(left, from.table), await found(right, to.table)]
      const keys = key ?? old.primaryKey
      if (keys.length === 0) throw assertion(`${from.table} has no primary key; expected \`key\``)
      const both =
        columns ?? old.columns.map(({ name }) => name).filter((name) => now.columns.some((own) => own.name === name))
      const asText = left.system === right.system
      const side = (reader: TableReader, table: DiscoveredTable): Side => {
        const own = both.map((name) => expectColumn(old, name))
        const native = both.flatMap((name) => table.columns.find((column) => column.name === name) ?? [])
        return reader.side({ table, where: null, columns: own, from: native, asText }, keys)
      }
      const {
        keys: different,
        shares,
        sourceRows,
        destinationRows,
      } = await compareTables(side(left, old), side(right, now), 5)
      if (shares === 0) return
      const named = different.map(({ key: value, difference }) => `${value} (${difference})`).join('; ')
      throw assertion(
        `${from.table} has ${sourceRows} rows and ${to.table} ${destinationRows}; keys that differ: ${named}`,
      )
    }),
  )
}

async function found(reader: TableReader, name: string): Promise<DiscoveredTable> {
  const table = await reader.describe(name)
  if (table) return table
  throw assertion(`${reader.name} has no table ${name}`)
}

/** A column of a table. */
export interface ColumnSide extends TableSide {
  readonly column: string
}

/** The column `to` takes each value that the column `from` has: labels of an enumeration, or the values of its rows. @throws {AssertionError} */
export async function expectEnumCovered({
  from,
  to,
}: {
  readonly from: ColumnSide
  readonly to: ColumnSide
}): Promise<void> {
  const values = await withConnection(from.connection, ({ database }) => valuesOf(database, from))
  const known = await withConnection(to.connection, async ({ database }) => labelsOf(database, to))
  const lost = values.filter((value) => !known.includes(value))
  if (lost.length > 0)
    throw assertion(`${to.table}.${to.column} does not take ${lost.join(', ')}, which ${from.table}.${from.column} has`)
}

async function valuesOf(database: Database, { table, column }: ColumnSide): Promise<readonly string[]> {
  const shape = await expectTable(database, table)
  expectColumn(shape, column)
  const words = wordsFor(database)
  const name = words.id(column)
  const rows = await database.session.query(
    `SELECT DISTINCT ${words.asText(name)} AS v FROM ${words.table(shape)} WHERE ${name} IS NOT NULL`,
  )
  return rows.map((row) => row['v'] ?? '')
}

async function labelsOf(database: Database, side: ColumnSide): Promise<readonly string[]> {
  const { labels, native } = expectColumn(await expectTable(database, side.table), side.column)
  if (labels !== null) return labels
  const own = /^enum\(/i.test(native ?? '') ? [...(native ?? '').matchAll(/'((?:[^']|'')*)'/g)] : null
  return own?.map(([, label = '']) => label.replaceAll("''", "'")) ?? (await valuesOf(database, side))
}

/** Each value of the foreign keys of a table is a row of the table that it refers to, also where the server was told not to look. @throws {AssertionError} */
export async function expectForeignKeys({ connection, table }: TableSide): Promise<void> {
  await withConnection(connection, async ({ database }) => {
    const shape = await expectTable(database, table)
    const keys = await referencesOf(database, shape)
    if (keys.length === 0) throw assertion(`${table} has no foreign key`)
    for (const { columns, parent, parentColumns } of keys) {
      const [column = '', key = ''] = [columns[0], parentColumns[0]]
      const problem = columns.length === 1 ? await danglingKeys(database, { table: shape, column, parent, key }) : null
      if (problem !== null) throw assertion(problem)
    }
  })
}

function assertion(message: string): AssertionError {
  return new AssertionError({ message, operator: 'daybreak' })
}
