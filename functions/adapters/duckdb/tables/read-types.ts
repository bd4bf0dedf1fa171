import type { SourceColumn } from '../../../pipeline/tables/ports.ts'
import { quoteIdentifier } from '../../../sql/dialects/duckdb/quote.ts'
import type { ValueColumn, ValueType } from '../../../sql/value.ts'

type Shape = Pick<ValueColumn, 'type' | 'precision' | 'scale'>

const PLAIN: ReadonlyMap<string, ValueType> = new Map([
  ['TINYINT', 'int64'],
  ['SMALLINT', 'int64'],
  ['INTEGER', 'int64'],
  ['BIGINT', 'int64'],
  ['UTINYINT', 'int64'],
  ['USMALLINT', 'int64'],
  ['UINTEGER', 'int64'],
  ['HUGEINT', 'numeric'],
  ['UHUGEINT', 'numeric'],
  ['FLOAT', 'float64'],
  ['DOUBLE', 'float64'],
  ['BOOLEAN', 'bool'],
  ['DATE', 'date'],
  ['TIME', 'time'],
  ['TIMESTAMP', 'datetime'],
  ['TIMESTAMP_S', 'datetime'],
  ['TIMESTAMP_MS', 'datetime'],
  ['TIMESTAMP WITH TIME ZONE', 'timestamp'],
  ['BLOB', 'bytes'],
  ['JSON', 'json'],
  ['UUID', 'uuid'],
])

/** The type between systems of a type as DuckDB writes it. What has none of its own is the text that DuckDB writes. */
export function toValueType(native: string): Shape {
  const [, digits, places] = /^DECIMAL\((\d+),(\d+)\)$/.exec(native) ?? []
  if (digits !== undefined) return { type: 'numeric', precision: Number(digits), scale: Number(places) }
  if (native === 'UBIGINT') return { type: 'numeric', precision: 20, scale: 0 }
  if (isNested(native)) return { type: 'json', precision: null, scale: null }
  return { type: PLAIN.get(native) ?? 'string', precision: null, scale: null }
}

const isNested = (native: string): boolean => /\]$/.test(native) || /^(STRUCT|MAP|UNION)\(/.test(native)

/** SQL that reads a column as a text that means the same in every system; NULL stays NULL. */
export function readSql({ name, native, type }: SourceColumn, asText: boolean): string {
  const column = quoteIdentifier(name)
  if (!asText && type === 'bytes') return `hex(${column})`
  if (!asText && isNested(native ?? '')) return `CAST(to_json(${column}) AS VARCHAR)`
  return `CAST(${column} AS VARCHAR)`
}

/** SQL of a column as a value that is measured. */
export function measuredSql(source: SourceColumn, asText: boolean): string {
  const { name, type, precision } = source
  const isOfText = type === 'string' || type === 'json' || type === 'uuid' || (type === 'numeric' && precision === null)
  return isOfText ? readSql(source, asText) : quoteIdentifier(name)
}
