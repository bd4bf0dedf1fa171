import { DaybreakError } from '../errors.ts'
import * as mysql from '../sql/dialects/mysql/quote.ts'
import * as postgres from '../sql/dialects/postgres/quote.ts'
import type { SqlRow, SqlSession } from '../sql/session.ts'
import type { ValueColumn } from '../sql/value.ts'

/** A table as a database has it. */
export interface TableShape {
  readonly schema: string
  readonly name: string
  readonly columns: readonly (ValueColumn & {
    readonly isGenerated: boolean
    readonly labels: readonly string[] | null
  })[]
  readonly primaryKey: readonly string[]
}

/** A database of PostgreSQL or MySQL. */
export interface Database {
  readonly session: SqlSession
  /** One table; null where there is none of that name. */
  describe(name: string): Promise<TableShape | null>
  discover(): AsyncIterable<TableShape>
}

/** SQL that differs between the systems. */
export interface Words {
  id(name: string): string
  text(value: string): string
  table(place: Pick<TableShape, 'schema' | 'name'>): string
  /** True for two values that are the same, NULL too. */
  same(a: string, b: string): string
  /** A value as text. */
  asText(value: string): string
  join(a: string, b: string): string
}

const POSTGRES: Words = {
  id: postgres.quoteIdentifier,
  text: postgres.quoteString,
  table: ({ schema, name }) => `${postgres.quoteIdentifier(schema)}.${postgres.quoteIdentifier(name)}`,
  same: (a, b) => `${a} IS NOT DISTINCT FROM ${b}`,
  asText: (value) => `${value}::text`,
  join: (a, b) => `${a} || ${b}`,
}

const MYSQL: Words = {
  id: mysql.quoteIdentifier,
  text: mysql.quoteString,
  table: ({ schema, name }) => `${mysql.quoteIdentifier(schema)}.${mysql.quoteIdentifier(name)}`,
  same: (a, b) => `BINARY ${a} <=> BINARY ${b}`,
  asText: (value) => `CAST(${value} AS CHAR)`,
  join: (a, b) => `CONCAT(${a}, ${b})`,
}

/** The words of a database. @throws {DaybreakError} USAGE_INVALID for one that has no migrations. */
export function wordsFor({ session: { system, name } }: Pick<Database, 'session'>): Words {
  if (system === 'sqlite')
    throw new DaybreakError('USAGE_INVALID', `${name} is a file of SQLite; migrations are of PostgreSQL and MySQL`)
  return system === 'postgres' ? POSTGRES : MYSQL
}

/** A table that has to be there. @throws {DaybreakError} CONFIG_MISSING. */
export async function expectTable(database: Database, name: string): Promise<TableShape> {
  const found = await database.describe(name)
  if (found !== null) return found
  throw new DaybreakError(
    'CONFIG_MISSING',
    `${database.session.name} has no table ${name}, or the login may not see it`,
  )
}

/** A column that has to be there. @throws {DaybreakError} CONFIG_INVALID. */
export function expectColumn(table: TableShape, name: string): TableShape['columns'][number] {
  const found = table.columns.find((column) => column.name === name)
  if (found) return found
  const known = table.columns.map((column) => column.name).join(', ')
  throw new DaybreakError(
    'CONFIG_INVALID',
    `${table.schema}.${table.name} has no column ${JSON.stringify(name)}; it has ${known}`,
  )
}

/** The place of a table that may not be there yet: in the schema of another unless its name says one. */
export function placeOf(text: string, { schema }: Pick<TableShape, 'schema'>): Pick<TableShape, 'schema' | 'name'> {
  const [first = text, ...rest] = text.split('.')
  return rest.length === 0 ? { schema, name: text } : { schema: first, name: rest.join('.') }
}

/** The name of a table as `describe` takes it. */
export function nameOf({ schema, name }: Pick<TableShape, 'schema' | 'name'>): string {
  return [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.')
}

/** A table of PostgreSQL as a value of its catalog. */
export function regclass(place: Pick<TableShape, 'schema' | 'name'>): string {
  return `'${nameOf(place).replaceAll("'", "''")}'::regclass`
}

/** The only value of a query. */
export async function firstValue({ session }: Pick<Database, 'session'>, sql: string): Promise<string | null> {
  const [row] = await session.query(sql)
  return row === undefined ? null : (Object.values(row)[0] ?? null)
}

/** The only count of a query. */
export async function countOf(database: Pick<Database, 'session'>, sql: string): Promise<number> {
  return Number((await firstValue(database, sql)) ?? 0)
}

/** Runs work in a transaction: all of it is there, or nothing. */
export async function inTransaction<Result>(
  { session }: Pick<Database, 'session'>,
  work: () => Promise<Result>,
): Promise<Result> {
  await session.run(session.system === 'mysql' ? 'START TRANSACTION' : 'BEGIN')
  try {
    const result = await work()
    await session.run('COMMIT')
    return result
  } catch (error) {
    await session.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** A failure of a migration. */
export function failure(message: string): DaybreakError {
  return new DaybreakError('MIGRATION_FAILED', message)
}

/** Values of a column of rows, for a message. */
export function some(rows: readonly SqlRow[]): string {
  return rows
    .map((row) =>
      Object.values(row)
        .map((value) => value ?? 'NULL')
        .join(', '),
    )
    .join('; ')
}
