import type { DuckDBConnection } from '@duckdb/node-api'

/** The rows of a query, values as text. For the few rows that code looks at, never for a table. */
export async function readRows(
  connection: DuckDBConnection,
  sql: string,
): Promise<readonly (readonly (string | null)[])[]> {
  const result = await connection.runAndReadAll(sql)
  return result.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
}

/** Runs work in a transaction: all of it is committed, or nothing. `readOnly` makes DuckDB refuse what writes. */
export async function inTransaction<Result>(
  connection: DuckDBConnection,
  work: () => Promise<Result>,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): Promise<Result> {
  await connection.run(readOnly ? 'BEGIN TRANSACTION READ ONLY' : 'BEGIN TRANSACTION')
  try {
    const result = await work()
    await connection.run('COMMIT')
    return result
  } catch (error) {
    // After a commit that failed there is no transaction any more; the first failure is the one to report.
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}
