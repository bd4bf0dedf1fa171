import type { PartColumn } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { totalSql } from '../../sql/dialects/duckdb/totals.ts'
import { parseSql, textSql, valueType } from '../../sql/dialects/duckdb/values.ts'
import type { Total, ValueColumn } from '../../sql/value.ts'
import { formatOf } from './select.ts'

/** Rows of parts as a file. */
export interface FileRequest {
  readonly parts: readonly string[]
  readonly columns: readonly Pick<PartColumn, 'place' | 'column'>[]
  /** A column that each row gets, with its value as SQL; null for none. */
  readonly stamp: { readonly column: string; readonly value: string } | null
  readonly path: string
  /** Decides the format: `orders.csv.gz`. */
  readonly name: string
}

/** A statement of DuckDB that writes a file. Numbers, times and texts keep every digit and character. */
export function writeSql({ parts, columns, stamp, path, name }: FileRequest): string {
  const format = formatOf(name) ?? 'parquet'
  const to = quoteString(path)
  const packed = /\.gz$/i.test(name) ? ', COMPRESSION gzip' : ''
  const all = [
    ...columns.map(({ place, column }) => ({ column, value: `c${place}` })),
    ...(stamp === null ? [] : [{ column: instantColumn(stamp.column), value: stamp.value }]),
  ]
  const from = parts.length === 0 ? emptySql(columns) : `read_parquet([${parts.map(quoteString).join(', ')}])`
  if (format === 'jsonl') {
    const members = all.map(
      ({ column, value }) => `${quoteString(`${JSON.stringify(column.name)}:`)} || ${jsonSql(column, value)}`,
    )
    const line = `'{' || ${members.join(` || ',' || `)} || '}'`
    return `COPY (SELECT ${line} FROM ${from}) TO ${to} (FORMAT csv, HEADER false, DELIMITER E'\\x01', QUOTE '', ESCAPE ''${packed})`
  }
  const asValue = format === 'parquet' ? parquetSql : (column: ValueColumn, value: string) => textSql(column, value)
  const list = all.map(({ column, value }) => `${asValue(column, value)} AS ${quoteIdentifier(column.name)}`)
  const options =
    format === 'parquet'
      ? 'FORMAT parquet, COMPRESSION zstd'
      : `FORMAT csv, HEADER true, DELIMITER '${delimiterOf(name)}', QUOTE '"', ESCAPE '"', NULLSTR ''${packed}`
  return `COPY (SELECT ${list.join(', ')} FROM ${from}) TO ${to} (${options})`
}

const delimiterOf = (name: string): string => (/\.tsv(\.gz)?$/i.test(name) ? '\t' : ',')

function instantColumn(name: string): ValueColumn {
  return { name, type: 'timestamp', precision: null, scale: null, native: null, isRequired: true }
}

function emptySql(columns: FileRequest['columns']): string {
  const list = columns.map(({ place, column }) => `CAST(NULL AS ${valueType(column)}) AS c${place}`)
  return `(SELECT ${list.join(', ')} LIMIT 0)`
}

function parquetSql(column: ValueColumn, value: string): string {
  return column.type === 'json' ? `CAST(${value} AS JSON)` : `CAST(${value} AS ${valueType(column)})`
}

/** A value as JSON. Numbers are written as they are; those that JSON has no number for are texts. */
function jsonSql(column: ValueColumn, value: string): string {
  const text = `CAST(to_json(${textSql(column, value)}) AS VARCHAR)`
  return `coalesce(${ownJson(column, value, text)}, 'null')`
}

function ownJson(column: ValueColumn, value: string, text: string): string {
  switch (column.type) {
    case 'int64':
    case 'bool':
      return `CAST(${value} AS VARCHAR)`
    case 'numeric':
      return valueType(column) === 'VARCHAR'
        ? `CASE WHEN regexp_full_match(${value}, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?') THEN ${value} ELSE ${text} END`
        : `CAST(${value} AS VARCHAR)`
    case 'float64':
      return `CASE WHEN isfinite(${value}) THEN CAST(${value} AS VARCHAR) ELSE ${text} END`
    case 'json':
      // A line break between tokens is a blank like others.
      return `translate(${value}, E'\\n\\r', '  ')`
    default:
      return text
  }
}

/** A query of the rows of a written file, and of those sums that its format keeps. */
export function readBackSql(
  path: string,
  name: string,
  totals: readonly Total[],
): { readonly sql: string; readonly totals: readonly Total[] } {
  const format = formatOf(name) ?? 'parquet'
  const asked = format === 'jsonl' ? totals.filter(isKeptByJson) : totals
  const sums = asked.map((total) => totalSql(total, backSql(total, format)))
  return { sql: `SELECT ${['count(*)', ...sums].join(', ')} FROM ${fileSql(path, name)}`, totals: asked }
}

/** Reading a number out of JSON, DuckDB writes it anew. */
function isKeptByJson({ column, measure }: Total): boolean {
  return measure !== 'bytes' || !['json', 'numeric'].includes(column.type)
}

function fileSql(path: string, name: string): string {
  const format = formatOf(name) ?? 'parquet'
  const file = quoteString(path)
  const packed = /\.gz$/i.test(name) ? ", compression = 'gzip'" : ''
  const limits = `max_line_size = 67108864, buffer_size = 134217728${packed}`
  if (format === 'parquet') return `read_parquet(${file})`
  if (format === 'csv')
    return `read_csv(${file}, header = true, all_varchar = true, auto_detect = true, delim = '${delimiterOf(name)}', quote = '"', escape = '"', allow_quoted_nulls = false, nullstr = '', sample_size = 1, null_padding = false, ${limits})`
  const lines = `read_csv(${file}, header = false, auto_detect = false, delim = E'\\x01', quote = '', escape = '', columns = {'line': 'VARCHAR'}, ${limits})`
  return `(SELECT line, ${QUOTED} AS quoted FROM ${lines})`
}

// DuckDB reads a number with a point out of JSON as a float of 64 bits, so numbers become texts first: all that is outside of texts. JSON
// has no control characters, so they can mark the places of quotes.
const MARKED = `regexp_replace(line, '("(?:[^"\\\\]|\\\\.)*")|(-?[0-9][-+.0-9eE]*)', '\\1' || chr(1) || '\\2' || chr(2), 'g')`
const QUOTED = `translate(replace(${MARKED}, chr(1) || chr(2), ''), chr(1) || chr(2), '""')`

function backSql({ column }: Total, format: string): string {
  if (format === 'parquet') return quoteIdentifier(column.name)
  if (format === 'csv') return parseSql(column, quoteIdentifier(column.name))
  const pointer = `/${column.name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const line = column.type === 'numeric' ? 'quoted' : 'line'
  return parseSql(column, `(${line} ->> ${quoteString(pointer)})`)
}
