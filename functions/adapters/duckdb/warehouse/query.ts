import type { DuckDBConnection, DuckDBResultReader } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import { inTransaction } from '../connection.ts'
import { firstLine } from '../errors.ts'
import { expectReading, prepareReading } from '../statement.ts'
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
    await connection.run(`SET TimeZone = 'UTC'`)
    const prepared = await prepareReading(connection, sql)
    if (prepared === null) await expectReading(connection, sql)
    const answer = prepared === null ? () => connection.runAndReadAll(sql) : () => prepared.runAndReadAll()
    return await inTransaction(connection, async () => toResult(await answer()), { readOnly: true }).finally(() =>
      prepared?.destroySync(),
    )
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

function toResult(result: DuckDBResultReader): QueryResult {
  const rows = result.getRows().map((row) => row.map(toText))
  return { columns: result.deduplicatedColumnNames(), rows }
}
