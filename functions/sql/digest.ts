import type { ValueColumn } from './value.ts'

/** How one system writes the pieces of a digest. The same row has the same digest in all of them. */
export interface DigestDialect {
  readonly identifier: (name: string) => string
  /** Texts one after the other; NULL where one of them is. */
  readonly concat: (texts: readonly string[]) => string
  /** The character of a number. */
  readonly character: (code: number) => string
  /** A value as a text that is the same in every system; NULL stays NULL. `value` is SQL. */
  readonly canonical: (column: ValueColumn, value: string) => string
  /** The remainder of a whole number that is divided. */
  readonly remainder: (number: string, by: number) => string
  /** The first 60 bits of the MD5 of a text, as a whole number. */
  readonly hash: (text: string) => string
  /** The sum of whole numbers of 60 bits, as decimal text. */
  readonly sum: (numbers: string) => string
  readonly text: (value: string) => string
}

/** A column of a table, and the SQL that reads it. */
interface DigestColumn {
  readonly column: ValueColumn
  readonly value: string
}

/** Table, columns and key that digests are made of. */
export interface Digest {
  /** As it stands after FROM, with its condition. */
  readonly from: string
  readonly columns: readonly DigestColumn[]
  readonly key: readonly DigestColumn[]
}

/** Rows and sum of hashes of each share of the keys: columns `bucket, rows, hash`. */
export function bucketsSql({ from, columns, key }: Digest, dialect: DigestDialect, buckets: number): string {
  const bucket = dialect.remainder(dialect.hash(joined(key, dialect)), Math.trunc(buckets))
  const hash = dialect.hash(joined(columns, dialect))
  return `SELECT ${dialect.text('b')} AS bucket, ${dialect.text('count(*)')} AS ${dialect.identifier('rows')}, ${dialect.sum('h')} AS hash FROM (SELECT ${bucket} AS b, ${hash} AS h FROM ${from}) AS d GROUP BY b ORDER BY b`
}

/** Key and hash of each row of one share: columns `key, hash`. */
export function keysSql(
  { from, columns, key }: Digest,
  dialect: DigestDialect,
  { buckets, bucket }: { readonly buckets: number; readonly bucket: number },
): string {
  const text = joined(key, dialect)
  const hash = dialect.hash(joined(columns, dialect))
  return `SELECT k AS ${dialect.identifier('key')}, ${dialect.text('h')} AS hash FROM (SELECT ${text} AS k, ${hash} AS h, ${dialect.remainder(dialect.hash(text), Math.trunc(buckets))} AS b FROM ${from}) AS d WHERE b = ${Math.trunc(bucket)}`
}

// No key of a table has it, so no two keys are one.
const SEPARATOR = 31

/** Values in one text. NULL differs from every value by the mark before it. */
function joined(columns: readonly DigestColumn[], { canonical, concat, character }: DigestDialect): string {
  const values = columns.map(({ column, value }) => `coalesce(${concat(["'='", canonical(column, value)])}, '-')`)
  const separator = character(SEPARATOR)
  return concat(values.flatMap((value, at) => (at === 0 ? [value] : [separator, value])))
}
