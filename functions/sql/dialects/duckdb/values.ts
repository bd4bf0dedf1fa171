import type { ValueColumn } from '../../value.ts'
import { quoteString } from './quote.ts'

/** DuckDB type of a column between systems, as DuckDB itself writes it. */
export function valueType({ type, precision, scale }: Pick<ValueColumn, 'type' | 'precision' | 'scale'>): string {
  switch (type) {
    case 'numeric':
      return precision !== null && precision <= 38 ? `DECIMAL(${precision},${scale ?? 0})` : 'VARCHAR'
    case 'string':
    case 'json':
      return 'VARCHAR'
    case 'int64':
      return 'BIGINT'
    case 'float64':
      return 'DOUBLE'
    case 'bool':
      return 'BOOLEAN'
    case 'date':
      return 'DATE'
    case 'time':
      return 'TIME'
    case 'datetime':
      return 'TIMESTAMP'
    case 'timestamp':
      return 'TIMESTAMP WITH TIME ZONE'
    case 'bytes':
      return 'BLOB'
    case 'uuid':
      return 'UUID'
  }
}

// Digits that DuckDB keeps in 64 bits. A text is cast to such a decimal a hundred times faster than to a longer one.
const SHORT = 18

const OFFSET = '[0-9] ?[-+][0:]*[1-9]'

/** Parts that a cast of DuckDB drops from a text without an error: the time of a date, the day of a time, the offset of a datetime. */
const DROPPED = { date: ':', time: `-.*:|${OFFSET}`, datetime: `:.*${OFFSET}` } as const

/** A text as a value of the column; NULL for one that is none. Decimals and times are cut by no cast: what has more is no value. */
export function parseSql(column: ValueColumn, text: string): string {
  const type = valueType(column)
  switch (column.type) {
    case 'bytes':
      // Files have the hexadecimal digits after `\x`, as `textSql` writes them.
      return `TRY(unhex(ltrim(${text}, '\\x')))`
    case 'numeric':
      return type === 'VARCHAR' ? text : decimalSql(column, text)
    case 'date':
    case 'time':
    case 'datetime':
      return `CASE WHEN NOT regexp_matches(${text}, ${quoteString(DROPPED[column.type])}) THEN TRY_CAST(${eraSql(text)} AS ${type}) END`
    case 'timestamp':
      return `TRY_CAST(${eraSql(text)} AS ${type})`
    case 'string':
    case 'json':
      return text
    default:
      return `TRY_CAST(${text} AS ${type})`
  }
}

function decimalSql({ precision, scale }: ValueColumn, text: string): string {
  const [digits, places] = [precision ?? 38, scale ?? 0]
  const cast = `TRY_CAST(${text} AS DECIMAL(${digits},${places}))`
  const value =
    digits > SHORT && places <= SHORT
      ? `coalesce(TRY_CAST(${text} AS DECIMAL(${SHORT},${places}))::DECIMAL(${digits},${places}), ${cast})`
      : cast
  // DuckDB rounds what has more places; only zeros may be cut.
  return `CASE WHEN length(rtrim(split_part(${text}, '.', 2), '0')) <= ${places} THEN ${value} END`
}

/** DuckDB writes the era behind the day, and others at the end. */
function eraSql(text: string): string {
  return `CASE WHEN suffix(${text}, ' BC') THEN regexp_replace(${text}, '^(\\S+)(.*) BC$', '\\1 (BC)\\2') ELSE ${text} END`
}

/** A value as the text that PostgreSQL, MySQL and SQLite read alike: ISO times, hexadecimal bytes after `\x`. */
export function textSql({ type }: Pick<ValueColumn, 'type'>, value: string): string {
  switch (type) {
    case 'bytes':
      return `'\\x' || lower(hex(${value}))`
    case 'date':
    case 'datetime':
    case 'timestamp':
      return `regexp_replace(CAST(${value} AS VARCHAR), '^(\\S+) \\(BC\\)(.*)$', '\\1\\2 BC')`
    default:
      return `CAST(${value} AS VARCHAR)`
  }
}
