import { checkedName } from '../../name.ts'

/** An identifier of Snowflake, in capitals: a query that names it without quotes means the same. @throws {TypeError} for what is no name. */
export function quoteIdentifier(name: string): string {
  return `"${checkedName(name).toUpperCase().replaceAll('"', '""')}"`
}

/** A text as a string literal of Snowflake. @throws {TypeError} for NUL. */
export function quoteString(text: string): string {
  if (text.includes('\0')) throw new TypeError('a string literal cannot hold NUL')
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
