import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type Candidate, costSoFar, inFolder } from './engine-candidate.ts'

/** Bare DuckDB, which guesses types, corrupts ids and drops bad rows: a yardstick. */
export const raw: Candidate = async (files) =>
  inFolder(async (folder) => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '2', temp_directory: folder })
    const connection = await instance.connect()
    let accepted = 0
    let outputBytes = 0
    for (const [index, { path }] of files.entries()) {
      const output = join(folder, `${index}.parquet`)
      const { rowsChanged } = await connection.run(
        `COPY (FROM read_csv('${path}', ignore_errors = true)) TO '${output}' (FORMAT parquet, COMPRESSION zstd)`,
      )
      accepted += Number(rowsChanged)
      outputBytes += (await stat(output)).size
    }
    return { accepted, rejected: 0, exact: null, outputBytes, cost: costSoFar() }
  })
