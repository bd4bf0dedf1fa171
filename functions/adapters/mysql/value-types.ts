import type { SourceColumn } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier } from '../../sql/dialects/mysql/quote.ts'
import type { ValueColumn, ValueType } from '../../sql/value.ts'

type Shape = Pick<ValueColumn, 'type' | 'precision' | 'scale'>

const PLAIN: ReadonlyMap<string, ValueType> = new Map([
  ['tinyint', 'int64'],
  ['smallint', 'int64'],
  ['mediumint', 'int64'],
  ['int', 'int64'],
  ['bigint', 'int64'],
  ['year', 'int64'],
  ['bit', 'int64'],
  ['float', 'float64'],
  ['double', 'float64'],
  ['date', 'date'],
  ['datetime', 'datetime'],
  ['timestamp', 'timestamp'],
  ['json', 'json'],
  ['uuid', 'uuid'],
  ['binary', 'bytes'],
  ['varbinary', 'bytes'],
  ['tinyblob', 'bytes'],
  ['blob', 'bytes'],
  ['mediumblob', 'bytes'],
  ['longblob', 'bytes'],
])

const SPATIAL = /^(geometry|point|linestring|polygon|multi\w+|geometrycollection|geomcollection)\b/

/** A type without its length: `varchar`, `bigint unsigned`. */
const baseOf = (native: string): string => /^\w+/.exec(native)?.[0] ?? ''

/** The type between systems of a type as `COLUMN_TYPE` has it. What has none of its own is the text that the server writes. */
export function toValueType(native: string): Shape {
  const base = baseOf(native)
  if (base === 'decimal') return decimalShape(native)
  // Up to 18446744073709551615, which is more than a whole number of 64 bits with a sign.
  if (/^bigint.*unsigned/.test(native) || native === 'bit(64)') return { type: 'numeric', precision: 20, scale: 0 }
  return { type: PLAIN.get(base) ?? 'string', precision: null, scale: null }
}

function decimalShape(native: string): Shape {
  const [, digits = '10', places = '0'] = /^decimal\((\d+),(\d+)\)/.exec(native) ?? []
  return { type: 'numeric', precision: Number(digits), scale: Number(places) }
}

interface Reading {
  readonly asText: boolean
  readonly zeroDates: 'null' | 'reject'
}

/** SQL that reads a column as a text that means the same in every system; NULL stays NULL. */
export function readSql(source: SourceColumn, reading: Reading): string {
  const value = valueSql(source, reading)
  const { native, type } = source
  if (isBytes(source)) return reading.asText ? `CONCAT('\\\\x', HEX(${value}))` : `HEX(${value})`
  if (SPATIAL.test(native ?? '')) return reading.asText ? `HEX(${value})` : `ST_AsText(${value})`
  const text = type === 'string' || type === 'json' ? `CONVERT(${value} USING utf8mb4)` : `CAST(${value} AS CHAR)`
  return type === 'timestamp' && !reading.asText ? `CONCAT(${text}, '+00')` : text
}

/** SQL of a column as a value that is measured: sums of its bytes are those of the text that is read. */
export function measuredSql(source: SourceColumn, reading: Reading): string {
  const { type, precision } = source
  const isMeasuredAsText = type === 'string' || type === 'json' || type === 'uuid' || isLong(precision, type)
  return isMeasuredAsText ? readSql(source, reading) : valueSql(source, reading)
}

function isLong(precision: number | null, type: ValueType): boolean {
  return type === 'numeric' && (precision === null || precision > 38)
}

const isBytes = ({ type }: Pick<ValueColumn, 'type'>): boolean => type === 'bytes'

/** The column itself, without what its display adds: digits that FLOAT hides, zeros of ZEROFILL, bits as bytes. */
function valueSql({ name, native, type }: SourceColumn, { asText, zeroDates }: Reading): string {
  const column = quoteIdentifier(name)
  const base = baseOf(native ?? '')
  if (base === 'bit') return `(${column} + 0)`
  if (base === 'float' || base === 'double') return `(${column} + 0e0)`
  if (native?.includes('zerofill') && !asText) return `(${column} + 0)`
  const isDate = type === 'date' || type === 'datetime' || type === 'timestamp'
  if (isDate && zeroDates === 'null') return `IF(MONTH(${column}) = 0 OR DAYOFMONTH(${column}) = 0, NULL, ${column})`
  return column
}

/** The type of a column that is created: the same as at a source of the same kind, else the nearest that keeps every value. */
export function createdType(
  { name, type, precision, scale, native }: ValueColumn,
  { asText, key }: { readonly asText: boolean; readonly key: readonly string[] },
): string {
  if (asText && native !== null) return native
  switch (type) {
    case 'string':
      return key.includes(name) ? `VARCHAR(${Math.floor(MOST_INDEXED / key.length)})` : 'LONGTEXT'
    case 'int64':
      return 'BIGINT'
    case 'numeric':
      return isDecimal(precision, scale) ? `DECIMAL(${precision},${scale ?? 0})` : 'LONGTEXT'
    case 'float64':
      return 'DOUBLE'
    case 'bool':
      return 'BOOLEAN'
    case 'date':
      return 'DATE'
    case 'time':
      return 'TIME(6)'
    // TIMESTAMP ends in 2038: an instant is its time in UTC.
    case 'datetime':
    case 'timestamp':
      return 'DATETIME(6)'
    case 'bytes':
      return key.includes(name) ? `VARBINARY(${MOST_INDEXED})` : 'LONGBLOB'
    case 'json':
      return `LONGTEXT CHECK (JSON_VALID(${quoteIdentifier(name)}))`
    case 'uuid':
      return 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
  }
}

// 3,072 bytes of an index, and four for a character.
const MOST_INDEXED = 700
const MOST_PLACES = 30

function isDecimal(precision: number | null, scale: number | null): boolean {
  return precision !== null && precision <= 65 && (scale ?? 0) <= MOST_PLACES
}

/** SQL that turns the text of a part into a value of a column. Where it cannot, the strict mode of the session makes it an error. */
export function writeSql({ type, native }: ValueColumn, asText: boolean, text: string): string {
  const base = baseOf(native ?? '')
  if (asText) {
    if (type === 'bytes') return `UNHEX(SUBSTRING(${text}, 3))`
    if (SPATIAL.test(native ?? '')) return `UNHEX(${text})`
    return base === 'bit' ? `CAST(${text} AS UNSIGNED)` : text
  }
  // As the engine writes it, after `\x`.
  if (type === 'bytes') return `UNHEX(SUBSTRING(${text}, 3))`
  if (type === 'bool') return `(${text} = 'true')`
  if (type === 'timestamp') return `SUBSTRING_INDEX(${text}, '+', 1)`
  return text
}
