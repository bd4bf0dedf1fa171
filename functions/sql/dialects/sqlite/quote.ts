import { checkedName } from '../../name.ts'

/** An identifier of SQLite. @throws {TypeError} for a name that no table or column can have. */
export function quoteIdentifier(name: string): string {
  return `"${checkedName(name).replaceAll('"', '""')}"`
}

/** A text as a string literal of SQLite. @throws {TypeError} for NUL. */
export function quoteString(text: string): string {
  if (text.includes('\0')) throw new TypeError('a string literal cannot hold NUL')
  return `'${text.replaceAll("'", "''")}'`
}
