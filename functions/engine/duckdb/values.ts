import { numericPrecision } from '../../contract/sql-type.ts'
import { quoteString } from '../../sql/dialects/duckdb/quote.ts'

// DuckDB's own casts are lenient: '1.5' becomes 2, '12.345' becomes 12.35, '1_000' and ' 7 ' pass. So each type says first
// what it takes; a CASE evaluates its later branches only for the rows that need them, and the usual spelling comes first.

/** SQL of a text as int64; NULL for anything but an integer. `7.0`, as some copies print it, is one; `7.5` and `1e3` are not. */
export function int64Sql(text: string): string {
  const cast = `TRY_CAST(${text} AS BIGINT)`
  const integer = `regexp_extract(${text}, '^(-?[0-9]+)(\\.0*)?$', 1)`
  return `CASE WHEN CAST(${cast} AS VARCHAR) = ${text} THEN ${cast} ELSE TRY_CAST(${integer} AS BIGINT) END`
}

// Java prints a zero of seven and more decimal places like this: most of a column of taxes, so it has a short way.
const ZEROS = ['0E-7', '0E-8', '0E-9', '0E-10']

/**
 * SQL of a text as an exact number; NULL for anything that is not one, does not fit, or has more decimal places than
 * `scale` other than zeros: never rounded. Takes `1,020.00` and `$5.00` with the sign before the `$`, and E-notation with
 * exponents from -11 to 11, any for a zero; refuses `(12.00)`, which no export has shown and which would be a guess.
 */
export function numericSql(text: string, scale: number): string {
  const type = `DECIMAL(${numericPrecision(scale)},${scale})`
  const decimals = scale === 0 ? '' : `[0-9]{0,${scale}}`
  const plain = scale === 0 ? '-?[0-9]+' : `-?[0-9]+(\\.[0-9]{1,${scale}})?`
  // Only zeros follow the last decimal place, so the cast has nothing to round.
  const grouped = `^[-+]?[$]?([0-9]{1,3}(,[0-9]{3})+|[0-9]*)(\\.${decimals}0*)?$`
  const bare = `replace(replace(regexp_extract(${text}, ${quoteString(grouped)}), '$', ''), ',', '')`
  return [
    `CASE WHEN ${matches(text, plain)} THEN TRY_CAST(${text} AS ${type})`,
    `WHEN ${text} IN (${ZEROS.map((zero) => `'${zero}'`).join(', ')}) THEN CAST(0 AS ${type})`,
    `WHEN ${matches(text, SCIENTIFIC)} THEN ${sameSql(text, type)}`,
    `ELSE TRY_CAST(${bare} AS ${type}) END`,
  ].join(' ')
}

/** A mantissa of at most 17 decimal places and an exponent of at most 11, so that every digit is within 28 decimal places; or a zero. */
const SCIENTIFIC = '[-+]?[0-9]+(\\.[0-9]{0,17})?[eE][-+]?0?(1[01]|[0-9])|[-+]?0+(\\.0*)?[eE][-+]?[0-9]{1,3}'

/** Wide enough for every digit of such a text, so the comparison sees what a narrower cast would round away. */
function sameSql(text: string, type: string): string {
  const wide = 'DECIMAL(38,28)'
  const cast = `TRY_CAST(${text} AS ${wide})`
  const narrow = `TRY_CAST(${cast} AS ${type})`
  return `CASE WHEN TRY_CAST(${narrow} AS ${wide}) = ${cast} THEN ${narrow} END`
}

/** SQL of a text as a binary floating point number; NULL for anything that is not a finite one in decimal or E-notation. */
export function float64Sql(text: string): string {
  const cast = `TRY_CAST(${text} AS DOUBLE)`
  const shape = '[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,4})?'
  return `CASE WHEN ${matches(text, shape)} AND isfinite(${cast}) THEN ${cast} END`
}

/**
 * SQL of a text as true or false: those words and yes and no, in any case; NULL for `1`, `t`, `y` and the rest. DuckDB's cast
 * takes them and single characters, nothing else; to compare with each word instead took a sixth of all the time.
 */
export function boolSql(text: string): string {
  return `CASE WHEN length(${text}) > 1 THEN TRY_CAST(${text} AS BOOLEAN) END`
}

const matches = (text: string, pattern: string): string => `regexp_full_match(${text}, ${quoteString(pattern)})`
