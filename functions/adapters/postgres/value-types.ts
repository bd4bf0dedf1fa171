import type { SourceColumn } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier } from '../../sql/dialects/postgres/quote.ts'
import type { ValueColumn, ValueType } from '../../sql/value.ts'

type Shape = Pick<ValueColumn, 'type' | 'precision' | 'scale'>

const PLAIN: ReadonlyMap<string, ValueType> = new Map([
  ['smallint', 'int64'],
  ['integer', 'int64'],
  ['bigint', 'int64'],
  ['oid', 'int64'],
  ['real', 'float64'],
  ['double precision', 'float64'],
  ['boolean', 'bool'],
  ['date', 'date'],
  ['bytea', 'bytes'],
  ['json', 'json'],
  ['jsonb', 'json'],
  ['uuid', 'uuid'],
])

// The largest amount is 92,233,720,368,547,758.07.
const MONEY: Shape = { type: 'numeric', precision: 19, scale: 2 }

/** The type between systems of a type as `format_type` writes it. What has none of its own is the text that the server writes. */
export function toValueType(native: string, isRow: boolean): Shape {
  if (native.endsWith('[]') || isRow) return plain('json')
  if (native === 'money') return MONEY
  if (/^numeric/.test(native)) return numericShape(native)
  if (/^timestamp(\(\d\))? without time zone$/.test(native)) return plain('datetime')
  if (/^timestamp(\(\d\))? with time zone$/.test(native)) return plain('timestamp')
  if (/^time(\(\d\))? without time zone$/.test(native)) return plain('time')
  return plain(PLAIN.get(native) ?? 'string')
}

function plain(type: ValueType): Shape {
  return { type, precision: null, scale: null }
}

/** PostgreSQL 15 allows places before the point and more places than digits; such a column has no limits elsewhere. */
function numericShape(native: string): Shape {
  const [, digits, places] = /^numeric\((\d+),(-?\d+)\)$/.exec(native) ?? []
  const [precision, scale] = [Number(digits), Number(places)]
  const isPlain = digits !== undefined && scale >= 0 && scale <= precision
  return isPlain ? { type: 'numeric', precision, scale } : plain('numeric')
}

/** SQL that reads a column, so that its text means the same in every system. */
export function readSql(
  { name, type, native }: SourceColumn,
  asText: boolean,
  column: string = quoteIdentifier(name),
): string {
  // Its text depends on the country that the server is set to.
  if (native === 'money') return `${column}::numeric`
  if (asText) return column
  if (type === 'bytes') return `encode(${column}, 'hex')`
  if (type === 'json' && native !== 'json' && native !== 'jsonb') return `to_json(${column})`
  return column
}

/** SQL that is measured for a column: sums of its bytes are those of the text that is read. */
export function measuredSql(column: SourceColumn, asText: boolean, value = quoteIdentifier(column.name)): string {
  const { type, native } = column
  if (type === 'bytes') return value
  if (type === 'string' || type === 'uuid' || type === 'json' || (type === 'numeric' && column.precision === null))
    // As text, a padded type would lose its blanks.
    return native?.startsWith('character(') ? value : `(${readSql(column, asText, value)})::text`
  return native === 'money' ? `${value}::numeric` : value
}

/** The type of a column that is created: the same as at a source of the same kind, else the nearest that keeps every value. */
export function createdType({ type, precision, scale, native }: ValueColumn, isSameSystem: boolean): string {
  if (isSameSystem && native !== null) return native
  switch (type) {
    case 'string':
      return 'text'
    case 'int64':
      return 'bigint'
    case 'numeric':
      return precision === null ? 'numeric' : `numeric(${precision},${scale ?? 0})`
    case 'float64':
      return 'double precision'
    case 'bool':
      return 'boolean'
    case 'date':
      return 'date'
    case 'time':
      return 'time'
    case 'datetime':
      return 'timestamp'
    case 'timestamp':
      return 'timestamptz'
    case 'bytes':
      return 'bytea'
    // Keeps the text as it is, which jsonb does not.
    case 'json':
      return 'json'
    case 'uuid':
      return 'uuid'
  }
}
