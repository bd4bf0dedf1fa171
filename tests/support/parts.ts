import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { LoadEntry } from '../../functions/pipeline/destination.ts'
import { quoteString } from '../../functions/sql/dialects/duckdb/quote.ts'

/** The line of a load job for a Parquet file on this disk. */
export function entryOf(path: string, { location = '1', rows = 0 } = {}): LoadEntry {
  return {
    shard: location,
    stream: 'order_details',
    part: { uri: path, rows, bytes: 0 },
    rawSha256: 'ab',
    totals: {},
  }
}

/** Writes Parquet files from rows given as text. */
export function partWriter(folder: string) {
  return {
    async part(name: string, columns: Readonly<Record<string, string>>, rows: readonly (readonly unknown[])[]) {
      const path = join(folder, `${name}.parquet`)
      const values = rows.map((row) => `(${row.map((value) => (value === null ? 'NULL' : `'${value}'`)).join(', ')})`)
      const names = Object.keys(columns).map((column) => `"${column}"`)
      const typed = Object.entries(columns).map(([column, type]) => `CAST("${column}" AS ${type}) AS "${column}"`)
      const source =
        rows.length > 0 ? `(VALUES ${values.join(', ')})` : `(SELECT ${names.map(() => 'NULL').join(', ')} LIMIT 0)`
      await toParquet(`SELECT ${typed.join(', ')} FROM ${source} AS t(${names.join(', ')})`, path)
      return entryOf(path, { rows: rows.length })
    },
    missing: (name: string) => entryOf(join(folder, `${name}.parquet`), { rows: 1 }),
    async broken(name: string) {
      const path = join(folder, `${name}.parquet`)
      await writeFile(path, 'this is no Parquet file, and long enough to be taken for one')
      return entryOf(path, { rows: 1 })
    },
  }
}

let memory: Promise<DuckDBInstance> | undefined

/** Writes the rows of a query into a Parquet file. */
export async function toParquet(sql: string, path: string): Promise<void> {
  memory ??= DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await (await memory).connect()
  try {
    await connection.run(`COPY (${sql}) TO ${quoteString(path)} (FORMAT parquet, COMPRESSION zstd)`)
  } finally {
    connection.closeSync()
  }
}
