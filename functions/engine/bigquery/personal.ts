import { CARD_DIGITS, MASKED, PERSONAL, PHONE_DIGITS } from '../mask-personal.ts'
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

function luhnSql(digits: string): string {
  const doubled = `IF(MOD(LENGTH(${digits}) - e, 2) = 0, 2 * CAST(d AS INT64), CAST(d AS INT64))`
  const sum = `SELECT SUM(IF(${doubled} > 9, ${doubled} - 9, ${doubled})) FROM UNNEST(SPLIT(${digits}, '')) AS d WITH OFFSET AS e`
  return `MOD((${sum}), 10) = 0`
}
