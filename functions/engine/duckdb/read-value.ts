import { parsedSql, parseFormat } from '../../contract/format.ts'
import { quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { parseSql } from '../../sql/dialects/duckdb/values.ts'
import type { ValueColumn } from '../../sql/value.ts'

/** A text of a file as a value of the column; NULL for one that is none. */
export function readValueSql(column: ValueColumn, text: string): string {
  const { conversion } = column
  if (conversion === undefined) return parseSql(column, text)
  if (conversion.by === 'money') return parseSql(column, moneySql(text, conversion.decimal))
  return parsedSql(conversion.formats.map(parseFormat), text)
}

// Blanks of print, and what stands between thousands.
const BLANK = '[\\s\u00A0\u202F]'
const MARK = '(?:\\p{Sc}|\\p{L}{1,3})?'

/** The digits of an amount with a point; NULL for a text that is no amount. Brackets and a minus on either side make it negative. */
function moneySql(text: string, decimal: '.' | ','): string {
  const thousands = `[${decimal === ',' ? '.' : ','}'’\u00A0\u202F ]`
  const number = `(?:[0-9]{1,3}(?:${thousands}[0-9]{3})+|[0-9]+)(?:[${decimal}][0-9]+)?`
  const signed = `[-+]?${BLANK}*${MARK}${BLANK}*[-+]?${BLANK}*${number}${BLANK}*[-+]?${BLANK}*${MARK}`
  const whole = quoteString(
    `${BLANK}*(?:${signed}|[(]${BLANK}*${MARK}${BLANK}*${number}${BLANK}*${MARK}${BLANK}*[)])${BLANK}*`,
  )
  const digits = `replace(regexp_replace(${text}, '[^0-9${decimal}]', '', 'g'), '${decimal}', '.')`
  const sign = `CASE WHEN regexp_matches(${text}, '[-(]') THEN '-' ELSE '' END`
  return `CASE WHEN regexp_full_match(${text}, ${whole}) THEN ${sign} || ${digits} END`
}
