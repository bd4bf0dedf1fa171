import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { unreadable } from '../../../engine/file/header.ts'
import { DaybreakError } from '../../../errors.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import type { EngineInput } from './engine-input.ts'
import type { Lanes } from './lanes.ts'
import type { RawFile } from './scan.ts'

/** Types whose values are objects or lists: a column of these becomes JSON text. */
const NESTED = /^(?:STRUCT|MAP|UNION)\(|\[\d*\]$/

/**
 * The rows of a Parquet file as records of text, in the order of the file: one path for every format. A value is written as
 * DuckDB casts it to text, times in UTC. @throws {DaybreakError} FILE_EMPTY, FILE_UNREADABLE.
 */
export async function parquetInput(raw: RawFile, folder: string, lanes: Lanes): Promise<EngineInput> {
  if (raw.bytes === 0) throw new DaybreakError('FILE_EMPTY', `${raw.name} has 0 bytes`)
  const path = join(folder, 'records.csv')
  await lanes.withLane(async ({ connection }) => {
    const from = `read_parquet([${quoteString(raw.path)}], hive_partitioning = false)`
    const columns = await columnsOf(connection, from).catch(refused(raw.name))
    const texts = columns.map((column) => `${textSql(column)} AS ${quoteIdentifier(column.name)}`)
    const csv = "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', FORCE_QUOTE *"
    await connection
      .run(`COPY (SELECT ${texts.join(', ')} FROM ${from}) TO ${quoteString(path)} (${csv})`)
      .catch(refused(raw.name))
  })
  const file = { path, name: raw.name, bytes: statSync(path).size }
  return { file, isMade: true, origin: (record) => ({ path: '', line: record, span: null }) }
}

interface ParquetColumn {
  readonly name: string
  readonly type: string
}

async function columnsOf(connection: DuckDBConnection, from: string): Promise<readonly ParquetColumn[]> {
  const reader = await connection.runAndReadAll(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`)
  return reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }))
}

/** A quoted empty field for NULL: a record without any character would be a blank line. */
function textSql({ name, type }: ParquetColumn): string {
  const value = quoteIdentifier(name)
  return `coalesce(CAST(${NESTED.test(type) ? `to_json(${value})` : value} AS VARCHAR), '')`
}

function refused(name: string): (error: unknown) => never {
  return (error) => {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw unreadable(name, `it cannot be read as Parquet: ${line.replaceAll(/'[^']*'/g, 'the file').slice(0, 200)}`)
  }
}
