import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DaybreakError } from '../../errors.ts'
import { isBusy } from './errors.ts'
import { addTableFunctions } from './table-functions.ts'

/** Values of a row as text. */
export type TextRow = Readonly<Record<string, string | null>>

// How long a call may wait for another program that writes.
const PATIENCE = 5_000

/** Opens a file of tables. A source is only read, and must be there. @throws {DaybreakError} CONFIG_MISSING, SOURCE_UNREACHABLE, SOURCE_READ_FAILED. */
export async function openTables(path: string, role: 'source' | 'destination'): Promise<DatabaseSync> {
  if (role === 'source' && !existsSync(path))
    throw new DaybreakError('CONFIG_MISSING', `cannot open ${path}: there is no such file`)
  if (role === 'destination') await mkdir(dirname(path), { recursive: true })
  try {
    const database = new DatabaseSync(path, { readOnly: role === 'source', timeout: PATIENCE, allowExtension: false })
    database.exec('PRAGMA trusted_schema = off')
    addTableFunctions(database)
    return database
  } catch (error) {
    throw toFailure(error, `open ${path}`)
  }
}

/** The rows of a statement; whole numbers keep all of their digits. */
export function rowsOf(
  database: DatabaseSync,
  sql: string,
  ...values: readonly (string | number)[]
): readonly TextRow[] {
  const statement = database.prepare(sql)
  statement.setReadBigInts(true)
  return statement
    .all(...values)
    .map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
    )
}

/** A failure of a source as an error of the table. */
export function toFailure(error: unknown, what: string): DaybreakError {
  if (error instanceof DaybreakError) return error
  const text = `cannot ${what}: ${messageOf(error)}`
  return new DaybreakError(isBusy(error) ? 'SOURCE_UNREACHABLE' : 'SOURCE_READ_FAILED', text, { cause: error })
}

/** A failure of a destination as an error of the table. */
export function toWarehouseFailure(error: unknown, path: string): DaybreakError {
  if (error instanceof DaybreakError) return error
  const text = `the destination ${path} could not do it: ${messageOf(error)}`
  return new DaybreakError(isBusy(error) ? 'WAREHOUSE_FAILED' : 'LOAD_REJECTED', text, { cause: error })
}

/** The words of SQLite. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** One transaction that writes; none of it stays where the work fails. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
