import type { FileRows, SourceColumn, TableEngine } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { textSql, valueType } from '../../sql/dialects/duckdb/values.ts'
import type { ValueType } from '../../sql/value.ts'
import { fileColumn, hiddenText, plainColumn } from './columns.ts'
import type { CopiedFile } from './copies.ts'

const TYPES: Readonly<Record<string, ValueType>> = {
  TINYINT: 'int64',
  SMALLINT: 'int64',
  INTEGER: 'int64',
  BIGINT: 'int64',
  UTINYINT: 'int64',
  USMALLINT: 'int64',
  UINTEGER: 'int64',
  FLOAT: 'float64',
  DOUBLE: 'float64',
  BOOLEAN: 'bool',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'datetime',
  TIMESTAMP_S: 'datetime',
  TIMESTAMP_MS: 'datetime',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  BLOB: 'bytes',
  UUID: 'uuid',
  JSON: 'json',
}

/** The column of a type as DuckDB writes it. What has no type of its own is text; lists and structures are JSON. */
export function parquetColumn(name: string, native: string): SourceColumn {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(native) ?? []
  if (precision !== undefined)
    return fileColumn(name, { type: 'numeric', precision: Number(precision), scale: Number(scale) }, native)
  if (native === 'UBIGINT') return fileColumn(name, { type: 'numeric', precision: 20, scale: 0 }, native)
  if (/\[\d*\]$|^(STRUCT|MAP|UNION)\(/.test(native)) return plainColumn(name, 'json', native)
  return plainColumn(name, TYPES[native] ?? 'string', native)
}

const readSql = (copies: readonly CopiedFile[]): string =>
  `read_parquet([${copies.map(({ path }) => quoteString(path)).join(', ')}], union_by_name = true, file_row_number = true, filename = 'daybreak_path')`

const OWN = ['daybreak_path', 'file_row_number']

/** The columns of Parquet files, with their own types. */
export async function parquetColumns(
  copies: readonly CopiedFile[],
  engine: Pick<TableEngine, 'sql'>,
): Promise<readonly SourceColumn[]> {
  const rows = await engine.sql(`DESCRIBE SELECT * FROM ${readSql(copies)}`)
  return rows.flatMap(([name, type]) =>
    name == null || OWN.includes(name) ? [] : [parquetColumn(name, type ?? 'VARCHAR')],
  )
}

/** The value of a column of Parquet files, with its type between systems. */
export function parquetValue(column: SourceColumn, copies: readonly CopiedFile[]): string {
  if (column.isHidden === true) {
    const cases = copies.map(
      (copy) => `WHEN ${quoteString(copy.path)} THEN ${quoteString(hiddenText(column, copy) ?? '')}`,
    )
    return `CAST(CASE daybreak_path ${cases.join(' ')} END AS ${valueType(column)})`
  }
  const name = quoteIdentifier(column.name)
  if (column.type === 'json' && column.native !== 'JSON') return `CAST(to_json(${name}) AS VARCHAR)`
  return `CAST(${name} AS ${valueType(column)})`
}

/** Writes the rows of Parquet files as raw rows, and gives the number of each file. */
export async function parquetRows(
  copies: readonly CopiedFile[],
  columns: readonly SourceColumn[],
  { engine, path }: { readonly engine: Pick<TableEngine, 'sql'>; readonly path: string },
): Promise<readonly FileRows[]> {
  const values = columns.map((column) => {
    const value = parquetValue(column, copies)
    return column.type === 'bytes' ? `lower(hex(${value}))` : textSql(column, value)
  })
  const list = [...values, 'file_row_number + 1', 'NULL', 'NULL']
  await engine.sql(
    `COPY (SELECT ${list.map((value, at) => `${value} AS c${at}`).join(', ')} FROM ${readSql(copies)}) TO ${quoteString(path)} (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
  )
  const paths = copies.map((copy) => quoteString(copy.path)).join(', ')
  const counted = new Map(
    (await engine.sql(`SELECT file_name, num_rows FROM parquet_file_metadata([${paths}])`)).map(([name, rows]) => [
      name,
      Number(rows ?? 0),
    ]),
  )
  return copies.map((copy) => ({ name: copy.file.path, rows: counted.get(copy.path) ?? 0 }))
}

/** Parquet files as a table, for sums over their own values. */
export { readSql as parquetTable }
