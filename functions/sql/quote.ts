/** SQL that Daybreak writes. What differs between the two is asked here, and nowhere by name. */
export type Dialect = 'duckdb' | 'bigquery'

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/** An identifier in quotes. @throws {TypeError} for anything but letters, digits and _, so that no text can leave its quotes. */
export function quoteIdentifier(name: string, dialect: Dialect = 'duckdb'): string {
  if (!PLAIN.test(name)) throw new TypeError(`not an identifier: ${JSON.stringify(name)}`)
  return dialect === 'duckdb' ? `"${name}"` : `\`${name}\``
}

/** A text as a string literal. @throws {TypeError} for NUL, which neither dialect can hold in a literal. */
export function quoteString(text: string, dialect: Dialect = 'duckdb'): string {
  if (text.includes('\0')) throw new TypeError('a string literal cannot hold NUL')
  if (dialect === 'duckdb') return `'${text.replaceAll("'", "''")}'`
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `'${escaped}'`
}
