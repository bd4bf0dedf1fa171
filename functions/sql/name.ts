/** Characters of the longest column name that BigQuery takes. DuckDB has no limit of its own. */
export const LONGEST_NAME = 300

/** The name of a table or column, if it can be one. @throws {TypeError} for an empty or over-long one, NUL, and half a character. */
export function checkedName(name: string): string {
  if (name !== '' && name.length <= LONGEST_NAME && !name.includes('\0') && name.isWellFormed()) return name
  const shown = JSON.stringify(name.slice(0, LONGEST_NAME))
  throw new TypeError(`not an identifier: ${shown}; expected 1 to ${LONGEST_NAME} characters without NUL`)
}
