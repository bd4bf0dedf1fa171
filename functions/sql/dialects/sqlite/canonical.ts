import type { DigestDialect } from '../../digest.ts'
import { quoteIdentifier } from './quote.ts'

/** Digests of rows in SQLite, over the text of each value. */
export const SQLITE_DIGEST: DigestDialect = {
  identifier: quoteIdentifier,
  concat: (texts) => texts.join(' || '),
  character: (code) => `char(${code})`,
  remainder: (number, by) => `(${number}) % ${by}`,
  hash: (text) => `daybreak_hash(${text})`,
  sum: (numbers) => `daybreak_sum(CAST(${numbers} AS TEXT))`,
  text: (value) => `CAST(${value} AS TEXT)`,
  canonical({ type, scale }, text) {
    switch (type) {
      case 'bool':
        return `CASE WHEN lower(${text}) IN ('1', 'true', 't') THEN '1' WHEN ${text} IS NOT NULL THEN '0' END`
      case 'date':
        return `coalesce(daybreak_days(${text}), ${text})`
      case 'time':
      case 'datetime':
      case 'timestamp':
        return `coalesce(daybreak_microseconds(${text}), ${text})`
      case 'float64':
        return `replace(CASE WHEN ${text} LIKE '%.0' THEN substr(${text}, 1, length(${text}) - 2) ELSE ${text} END, '.0e', 'e')`
      case 'numeric':
        return scale === null ? text : `daybreak_places(${text}, ${Math.trunc(scale)})`
      case 'bytes':
        return `lower(${text})`
      default:
        return text
    }
  },
}
