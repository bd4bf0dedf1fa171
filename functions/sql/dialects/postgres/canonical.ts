import type { DigestDialect } from '../../digest.ts'
import { quoteIdentifier } from './quote.ts'

/** Digests of rows in PostgreSQL. */
export const POSTGRES_DIGEST: DigestDialect = {
  identifier: quoteIdentifier,
  concat: (texts) => texts.join(' || '),
  character: (code) => `chr(${code})`,
  remainder: (number, by) => `mod(${number}, ${by})`,
  hash: (text) => `('x' || left(md5(${text}), 15))::bit(60)::bigint`,
  sum: (numbers) => `coalesce(sum(${numbers}::numeric), 0)::text`,
  text: (value) => `(${value})::text`,
  canonical({ type, native }, value) {
    switch (type) {
      case 'bool':
        return `CASE ${value} WHEN true THEN '1' WHEN false THEN '0' END`
      case 'date':
        return `CASE WHEN isfinite(${value}) THEN (${value} - DATE '1970-01-01')::text ELSE ${value}::text END`
      case 'time':
        return `trunc(extract(epoch FROM ${value}) * 1000000)::text`
      case 'datetime':
      case 'timestamp':
        return `CASE WHEN isfinite(${value}) THEN trunc(extract(epoch FROM ${value}) * 1000000)::text ELSE ${value}::text END`
      case 'float64':
        return `replace(lower(${value}::text), 'infinity', 'inf')`
      case 'bytes':
        return `encode(${value}, 'hex')`
      default:
        return padded(native, value)
    }
  },
}

/** As text, a padded type loses its blanks; it is read with them. */
function padded(native: string | null, value: string): string {
  const [, length] = /^character\((\d+)\)$/.exec(native ?? '') ?? []
  return length === undefined ? `(${value})::text` : `rpad(${value}::text, ${length})`
}
