import { DuckDBInstance } from '@duckdb/node-api'
import { quoteString } from '../../sql/dialects/duckdb/quote.ts'

/** Some rows of a Parquet file, values as text. */
interface ParquetRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** The first rows of a Parquet file, for people to look at. */
export async function readParquet(path: string, limit: number): Promise<ParquetRows> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const result = await connection.runAndReadAll(
      `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(${quoteString(path)}) LIMIT ${Math.trunc(limit)}`,
    )
    return {
      columns: result.columnNames(),
      rows: result.getRows().map((row) => row.map((value) => (value === null ? null : String(value)))),
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
