import type { DigestDialect } from '../../digest.ts'
import { quoteIdentifier } from './quote.ts'

/** Digests of rows in MySQL and MariaDB. */
export const MYSQL_DIGEST: DigestDialect = {
  identifier: quoteIdentifier,
  concat: (texts) => `CONCAT(${texts.join(', ')})`,
  character: (code) => `CHAR(${code} USING utf8mb4)`,
  remainder: (number, by) => `mod(${number}, ${by})`,
  hash: (text) => `CAST(CONV(LEFT(MD5(${text}), 15), 16, 10) AS UNSIGNED)`,
  sum: (numbers) => `CAST(COALESCE(SUM(${numbers}), 0) AS CHAR)`,
  text: (value) => `CAST(${value} AS CHAR)`,
  canonical({ type }, value) {
    switch (type) {
      case 'bool':
        return `CASE WHEN ${value} THEN '1' WHEN NOT ${value} THEN '0' END`
      case 'date':
        return `CAST(DATEDIFF(${value}, '1970-01-01') AS CHAR)`
      case 'time':
        return `CAST(TRUNCATE(TIME_TO_SEC(${value}), 0) * 1000000 + MICROSECOND(${value}) AS CHAR)`
      case 'datetime':
      case 'timestamp':
        return `CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', ${value}) AS CHAR)`
      // Others write a sign in the exponent.
      case 'float64':
        return `REPLACE(REPLACE(CAST(${value} AS CHAR), 'e', 'e+'), 'e+-', 'e-')`
      case 'bytes':
        return `LOWER(HEX(${value}))`
      default:
        return `CONVERT(${value} USING utf8mb4)`
    }
  },
}
