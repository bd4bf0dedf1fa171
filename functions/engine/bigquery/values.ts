import type { Column } from '../../contract/contract.ts'
import { type DurationGrammar, UNITS } from '../../contract/duration.ts'
import type { DateFormat } from '../../contract/format.ts'
import { formatsOf } from '../../contract/format.ts'
import { numericPrecision } from '../../contract/sql-type.ts'
import { literal, matches } from './text.ts'

/**
 * SQL of a text of the file as the type of its column; NULL when it is not exactly one. `exact` is a column with what
 * `exactSql` gives. @throws {DaybreakError} CONFIG_INVALID.
 */
export function typedSql(column: Column, text: string, exact: string): string {
  switch (column.type) {
    case 'string':
      return column.pattern === undefined ? text : shapedSql(text, column.pattern)
    case 'int64':
      return int64Sql(text)
    case 'numeric':
      return numericSql(exact, text, column.scale)
    case 'float64':
      return float64Sql(text)
    case 'bool':
      return boolSql(text)
    case 'date':
    case 'time':
    case 'datetime':
      return parsedSql(formatsOf(column), text)
  }
}

/** Blanks around an id do not make it another one. */
function shapedSql(text: string, pattern: string): string {
  const trimmed = `TRIM(${text}, ' ')`
  return `CASE WHEN ${matches(text, pattern)} THEN ${text} WHEN ${matches(trimmed, pattern)} THEN ${trimmed} END`
}

/** `7.0`, as some copies print it, is a whole number; `7.5` and `1e3` are none. */
function int64Sql(text: string): string {
  return `SAFE_CAST(REGEXP_EXTRACT(${text}, ${literal('^(-?[0-9]+)(?:\\.0*)?$')}) AS INT64)`
}

// The other engine reads E-notation as DECIMAL(38,28), of which ten digits before the point are left to the mantissa.
const SCIENTIFIC = '[-+]?0*[0-9]{1,10}(?:\\.[0-9]{0,17})?[eE](?:-0?(?:1[01]|[0-9])|[+]?0?(?:10|[0-9]))'
const ZERO = '[-+]?0+(?:\\.0*)?[eE][-+]?[0-9]{1,3}'

/** SQL of a text as a BIGNUMERIC that holds every digit of it; NULL for what is no number, or has exponents beyond -11 to 11. */
export function exactSql(text: string, scale: number): string {
  const decimals = scale === 0 ? '' : `[0-9]{0,${scale}}`
  // Only zeros follow the last decimal place, so there is nothing to round.
  const grouped = `^[-+]?[$]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\\.${decimals}0*)?$`
  const bare = `REGEXP_REPLACE(REGEXP_EXTRACT(${text}, ${literal(grouped)}), '[$,]', '')`
  return [
    `CASE WHEN ${matches(text, ZERO)} THEN BIGNUMERIC '0'`,
    `WHEN ${matches(text, SCIENTIFIC)} THEN SAFE_CAST(${text} AS BIGNUMERIC)`,
    `ELSE SAFE_CAST(${bare} AS BIGNUMERIC) END`,
  ].join(' ')
}

/** An E-notation is read with 28 decimal places, which leaves ten digits before the point. */
const LARGEST_SCIENTIFIC = "BIGNUMERIC '1e10'"

/** SQL of what `exactSql` gave as the value of a column: NULL where it does not fit, never rounded. */
function numericSql(exact: string, text: string, scale: number): string {
  const largest = `IF(REGEXP_CONTAINS(${text}, '[eE]'), ${LARGEST_SCIENTIFIC}, ${limit('BIGNUMERIC', scale)})`
  const fits = `ABS(${exact}) < LEAST(${largest}, ${limit('BIGNUMERIC', scale)}) AND ROUND(${exact}, ${scale}) = ${exact}`
  return `IF(${fits}, CAST(${exact} AS NUMERIC), NULL)`
}

/** SQL of a computed number as the value of a column: rounded half away from zero, NULL where it does not fit. */
export function fittedSql(column: string, scale: number): string {
  const rounded = scale === 9 ? column : `SAFE.ROUND(${column}, ${scale})`
  return `IF(ABS(${rounded}) < ${limit('BIGNUMERIC', scale)}, ${rounded}, NULL)`
}

const limit = (type: string, scale: number): string => `${type} '1e${numericPrecision(scale) - scale}'`

function float64Sql(text: string): string {
  const shape = '[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?'
  const cast = `SAFE_CAST(${text} AS FLOAT64)`
  return `IF(${matches(text, shape)} AND NOT IS_INF(${cast}), ${cast}, NULL)`
}

function boolSql(text: string): string {
  const lower = `LOWER(${text})`
  return `CASE WHEN ${lower} IN ('true', 'yes') THEN TRUE WHEN ${lower} IN ('false', 'no') THEN FALSE END`
}

function parsedSql(formats: readonly DateFormat[], text: string): string {
  const attempts = formats.map(({ type, regex, strptime }) => {
    return `IF(${matches(text, regex)}, SAFE.PARSE_${type.toUpperCase()}(${literal(strptime)}, ${text}), NULL)`
  })
  return attempts.length === 1 ? attempts.join() : `COALESCE(${attempts.join(', ')})`
}

/** SQL of a text as seconds: NULL for NULL and for what does not parse. */
export function durationSql(grammar: DurationGrammar, text: string): string {
  return grammar === 'prose_duration' ? proseSql(text) : clockSql(text)
}

function clockSql(text: string): string {
  const part = (index: number): string => `SAFE_CAST(SPLIT(${text}, ':')[SAFE_OFFSET(${index})] AS INT64)`
  const shape = '-?[0-9]{1,9}:-?[0-5]?[0-9]:-?[0-5]?[0-9]'
  return `IF(${matches(text, shape)}, ${part(0)} * 3600 + ${part(1)} * 60 + ${part(2)}, NULL)`
}

function proseSql(text: string): string {
  const shape = UNITS.map(({ word }) => `(?:(?:^|, and | and |, )-?[0-9]{1,9} ${word}s?)?`).join('')
  const sum = UNITS.map(({ word, milliseconds }) => {
    const amount = `REGEXP_EXTRACT(${text}, ${literal(`(-?[0-9]{1,9}) ${word}s?(?:$|,| )`)})`
    return `COALESCE(SAFE_CAST(${amount} AS INT64), 0) * ${milliseconds}`
  }).join(' + ')
  return `IF(${matches(text, shape)} AND REGEXP_CONTAINS(${text}, '^[-0-9]'), DIV(${sum}, 1000), NULL)`
}
