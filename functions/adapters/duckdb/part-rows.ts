import { DuckDBInstance } from '@duckdb/node-api'
import { quoteIdentifier, quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { readRows } from './connection.ts'

/** Rows of a Parquet file as text. */
interface ParquetRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** Reads a Parquet file of this disk whole, in an engine of its own. */
export async function readParquetRows(path: string): Promise<ParquetRows> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' })
  const connection = await instance.connect()
  try {
    await connection.run(`SET TimeZone = 'UTC'`)
    const from = `read_parquet([${quoteString(path)}], hive_partitioning = false)`
    const described = await readRows(connection, `SELECT column_name FROM (DESCRIBE SELECT * FROM ${from})`)
    const columns = described.map(([name]) => String(name))
    const texts = columns.map((name) => `CAST(${quoteIdentifier(name)} AS VARCHAR)`)
    const rows = await readRows(connection, `SELECT ${texts.join(', ')} FROM ${from}`)
    return { columns, rows: rows.map((row) => row.map((cell) => (cell === null ? null : String(cell)))) }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
