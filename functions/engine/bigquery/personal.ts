import { CARD_DIGITS, MASKED, PERSONAL, PHONE_DIGITS } from '../rejects/mask-personal.ts'
import { literal } from './text.ts'

/** SQL of a text in which mail addresses, phone and card numbers are replaced by what they are: the rules of `maskPersonal`. */
export function maskedSql(text: string): string {
  const bare = `REGEXP_REPLACE(${text}, ${literal(PERSONAL.mail)}, ${literal(MASKED.mail)})`
  const found = `UNNEST(REGEXP_EXTRACT_ALL(${bare}, ${literal(`${PERSONAL.digits}|${PERSONAL.other}`)})) AS t WITH OFFSET AS o`
  return `IF(REGEXP_CONTAINS(${text}, '[0-9@]'), ARRAY_TO_STRING(ARRAY(SELECT ${maskedDigitsSql('t')} FROM ${found} ORDER BY o), ''), ${text})`
}

function maskedDigitsSql(found: string): string {
  const digits = `REGEXP_REPLACE(${found}, '[^0-9]', '')`
  const length = `LENGTH(${digits})`
  const card = `${length} BETWEEN ${CARD_DIGITS[0]} AND ${CARD_DIGITS[1]} AND ${luhnSql(digits)}`
  const phone = [
    `${length} >= ${PHONE_DIGITS[0]} AND (${digits} <> ${found} OR ${length} <= ${PHONE_DIGITS[1]})`,
    `REGEXP_CONTAINS(${found}, ${literal(PERSONAL.localPhone)})`,
    `STARTS_WITH(${found}, '+') AND ${length} >= 8`,
  ].join(' OR ')
  return [
    `CASE WHEN ${length} = 0 OR REGEXP_CONTAINS(${found}, ${literal(PERSONAL.harmless)}) THEN ${found}`,
    `WHEN ${card} THEN ${literal(MASKED.card)} WHEN ${phone} THEN ${literal(MASKED.phone)} ELSE ${found} END`,
  ].join(' ')
}

// Where a digit stands in it, from 0, is what it counts: as it is, and doubled, with 9 taken off what is more than 9.
const COUNTED = { once: '0123456789', double: '0516273849' } as const

/** Few expressions inside others: analysers of BigQuery have a limit to that. */
function luhnSql(digits: string): string {
  const counted = `IF(MOD(e, 2) = 1, STRPOS('${COUNTED.double}', d), STRPOS('${COUNTED.once}', d)) - 1`
  const sum = `SELECT SUM(${counted}) FROM UNNEST(SPLIT(REVERSE(${digits}), '')) AS d WITH OFFSET AS e`
  return `MOD((${sum}), 10) = 0`
}
