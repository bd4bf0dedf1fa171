import type { SourceColumn } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier } from '../../sql/dialects/sqlite/quote.ts'
import type { ValueColumn, ValueType } from '../../sql/value.ts'

type Shape = Pick<ValueColumn, 'type' | 'precision' | 'scale'>

const plain = (type: ValueType): Shape => ({ type, precision: null, scale: null })

// In this order: SQLite decides how it stores a value by parts of the declared type.
const DECLARED: readonly (readonly [RegExp, ValueType])[] = [
  [/^bool/i, 'bool'],
  [/^json/i, 'json'],
  [/^uuid/i, 'uuid'],
  [/^date$/i, 'date'],
  [/^time$/i, 'time'],
  [/^(timestamptz|timestamp with time zone)/i, 'timestamp'],
  [/^(datetime|timestamp)/i, 'datetime'],
  [/int/i, 'int64'],
  [/char|clob|text/i, 'string'],
  [/blob/i, 'bytes'],
  [/real|floa|doub/i, 'float64'],
]

/** The type between systems of a declared type. A column without one holds texts of any kind. */
export function toValueType(native: string): Shape {
  if (/^(numeric|decimal)/i.test(native)) return numericShape(native)
  return plain(DECLARED.find(([pattern]) => pattern.test(native))?.[1] ?? 'string')
}

function numericShape(native: string): Shape {
  const [, digits, places = '0'] = /\((\d+)(?:\s*,\s*(\d+))?\)/.exec(native) ?? []
  return digits === undefined ? plain('numeric') : { type: 'numeric', precision: Number(digits), scale: Number(places) }
}

/**
 * SQL of the text of a value: of its own type, which may be another than the column declares. Between two files of SQLite the text begins with a letter for
 * that type: `i`, `r`, `t`, `x`.
 */
export function readSql({ name, type }: SourceColumn, asText: boolean, column = quoteIdentifier(name)): string {
  const real = `CASE WHEN CAST(format('%!.15g', ${column}) AS REAL) = ${column} THEN format('%!.15g', ${column}) ELSE format('%!.17g', ${column}) END`
  if (asText)
    return `CASE typeof(${column}) WHEN 'integer' THEN 'i' || ${column} WHEN 'real' THEN 'r' || ${real} WHEN 'text' THEN 't' || ${column} WHEN 'blob' THEN 'x' || hex(${column}) END`
  // The hexadecimal text of NULL is empty there.
  if (type === 'bytes') return `CASE WHEN ${column} IS NOT NULL THEN hex(${column}) END`
  const number =
    type === 'numeric'
      ? `CASE WHEN ${real} LIKE '%.0' THEN CAST(CAST(${column} AS INTEGER) AS TEXT) ELSE ${real} END`
      : real
  return `CASE typeof(${column}) WHEN 'real' THEN ${number} WHEN 'blob' THEN hex(${column}) ELSE CAST(${column} AS TEXT) END`
}

/** SQL of the text that is measured for a column. */
export function measuredSql(source: SourceColumn, column = quoteIdentifier(source.name)): string {
  return readSql(source, false, column)
}

/** SQLite has 15 digits for certain. */
const MOST_DIGITS = 15

/** The declared type of a column that is created. Its words decide how SQLite stores a value: `TEXT` in a name keeps each digit. */
export function createdType({ type, precision, scale, native }: ValueColumn, asText: boolean): string {
  if (asText && native !== null) return native
  switch (type) {
    case 'string':
      return 'TEXT'
    case 'int64':
      return 'INTEGER'
    case 'numeric':
      if (precision === null) return 'NUMERIC_TEXT'
      return precision > MOST_DIGITS
        ? `NUMERIC_TEXT(${precision},${scale ?? 0})`
        : `NUMERIC(${precision},${scale ?? 0})`
    case 'float64':
      return 'REAL'
    case 'bool':
      return 'BOOLEAN'
    case 'date':
      return 'DATE'
    case 'time':
      return 'TIME'
    case 'datetime':
      return 'DATETIME'
    case 'timestamp':
      return 'TIMESTAMPTZ'
    case 'bytes':
      return 'BLOB'
    case 'json':
      return 'JSON_TEXT'
    case 'uuid':
      return 'UUID_TEXT'
  }
}

/** A value as it is stored: the text of a part becomes what the column holds. */
export function toStored({ type }: Pick<ValueColumn, 'type'>, text: string | null, asText: boolean) {
  if (text === null) return null
  if (asText) return fromMarked(text)
  switch (type) {
    case 'int64':
      return BigInt(text)
    case 'float64':
      return toReal(text)
    case 'bool':
      return text === 'true' || text === '1' ? 1 : 0
    case 'bytes':
      // As the engine writes it, after `\x`.
      return Buffer.from(text.slice(2), 'hex')
    default:
      return text
  }
}

function fromMarked(text: string) {
  const value = text.slice(1)
  switch (text[0]) {
    case 'i':
      return BigInt(value)
    case 'r':
      return toReal(value)
    case 'x':
      return Buffer.from(value, 'hex')
    default:
      return value
  }
}

function toReal(text: string): number {
  const infinite = /^(-?)inf/i.exec(text)
  return infinite ? (infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : Number(text)
}
