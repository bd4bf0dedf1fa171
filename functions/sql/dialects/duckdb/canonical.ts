import type { DigestDialect } from '../../digest.ts'
import { quoteIdentifier } from './quote.ts'

/** Digests of rows in DuckDB. */
export const DUCKDB_DIGEST: DigestDialect = {
  identifier: quoteIdentifier,
  concat: (texts) => texts.join(' || '),
  character: (code) => `chr(${code})`,
  remainder: (number, by) => `mod(${number}, ${by})`,
  hash: (text) => `CAST('0x' || left(md5(${text}), 15) AS BIGINT)`,
  sum: (numbers) => `CAST(coalesce(sum(CAST(${numbers} AS HUGEINT)), 0) AS VARCHAR)`,
  text: (value) => `CAST(${value} AS VARCHAR)`,
  canonical({ type }, value) {
    switch (type) {
      case 'bool':
        return `CASE ${value} WHEN true THEN '1' WHEN false THEN '0' END`
      case 'date':
        return `CASE WHEN isfinite(${value}) THEN CAST(date_diff('day', DATE '1970-01-01', ${value}) AS VARCHAR) ELSE CAST(${value} AS VARCHAR) END`
      case 'time':
        return `CAST(epoch_us(${value}) AS VARCHAR)`
      case 'datetime':
      case 'timestamp':
        return `CASE WHEN isfinite(${value}) THEN CAST(epoch_us(${value}) AS VARCHAR) ELSE CAST(${value} AS VARCHAR) END`
      case 'float64':
        return `regexp_replace(CAST(${value} AS VARCHAR), '\\.0$', '')`
      case 'bytes':
        return `lower(hex(${value}))`
      default:
        return `CAST(${value} AS VARCHAR)`
    }
  },
}
