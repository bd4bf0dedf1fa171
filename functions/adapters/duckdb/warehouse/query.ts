import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import { inTransaction } from '../connection.ts'
import { firstLine } from '../errors.ts'
import { expectReading } from '../statement.ts'
import { toText } from '../text.ts'

/** A result as people read it: values as text, null stays null. */
export interface QueryResult {
  readonly columns: readonly string[]
  readonly rows: readonly (string | null)[][]
}

/**
 * Runs one statement that reads.
 * @throws {DaybreakError} USAGE_INVALID for SQL that is wrong, that is more than one statement, or that would change something.
 */
export async function runQuery(connection: DuckDBConnection, sql: string): Promise<QueryResult> {
  try {
    await expectReading(connection, sql)
    await connection.run(`SET TimeZone = 'UTC'`)
    return await inTransaction(connection, () => read(connection, sql), { readOnly: true })
  } catch (error) {
    if (error instanceof DaybreakError) throw error
    throw new DaybreakError('USAGE_INVALID', `the query failed: ${firstLine(error)}`, { cause: error })
  }
}

/** Refuses a statement that is wrong or does more than read, without running it. @throws {DaybreakError} USAGE_INVALID. */
export async function planQuery(connection: DuckDBConnection, sql: string): Promise<void> {
  try {
    await expectReading(connection, sql)
    await connection.run(`EXPLAIN ${sql}`)
  } catch (error) {
    if (error instanceof DaybreakError) throw error
    throw new DaybreakError('USAGE_INVALID', `the query failed: ${firstLine(error)}`, { cause: error })
  }
}

async function read(connection: DuckDBConnection, sql: string): Promise<QueryResult> {
  const result = await connection.runAndReadAll(sql)
  const rows = result.getRows().map((row) => row.map(toText))
  return { columns: result.deduplicatedColumnNames(), rows }
}
