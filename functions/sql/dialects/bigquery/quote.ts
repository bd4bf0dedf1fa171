import { checkedName } from '../../name.ts'

/** An identifier of BigQuery. @throws {TypeError} for a name that no table or column can have. */
export function quoteIdentifier(name: string): string {
  return `\`${escaped(checkedName(name)).replaceAll('`', '\\`')}\``
}

/** A text as a string literal of BigQuery. @throws {TypeError} for NUL. */
export function quoteString(text: string): string {
  if (text.includes('\0')) throw new TypeError('a string literal cannot hold NUL')
  return `'${escaped(text).replaceAll("'", "\\'")}'`
}

/** Quoted identifiers have the escapes of string literals. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}
