import { type DuckDBConnection, StatementType } from '@duckdb/node-api'
import { DaybreakError } from '../../errors.ts'
import { inTransaction } from './warehouse-connection.ts'
import { firstLine } from './warehouse-errors.ts'

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

async function read(connection: DuckDBConnection, sql: string): Promise<QueryResult> {
  const result = await connection.runAndReadAll(sql)
  const rows = result.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
  return { columns: result.deduplicatedColumnNames(), rows }
}

async function expectReading(connection: DuckDBConnection, sql: string): Promise<void> {
  const statements = await connection.extractStatements(sql)
  if (statements.count !== 1)
    throw new DaybreakError('USAGE_INVALID', `expected one SQL statement, found ${statements.count}`)
  const statement = await statements.prepare(0)
  const { statementType } = statement
  statement.destroySync()
  // A transaction that only reads still lets COPY write files and SET change the machine.
  if (statementType !== StatementType.SELECT && statementType !== StatementType.EXPLAIN)
    throw new DaybreakError(
      'USAGE_INVALID',
      `expected a statement that reads, such as SELECT, found ${StatementType[statementType]}`,
    )
}
