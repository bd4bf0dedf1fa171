import { DaybreakError, isDamagedRow } from '../errors.ts'

/** Row of a table, and the columns that name it. */
interface StoredRow {
  readonly table: string
  readonly key: readonly string[]
  readonly row: object
  /** The value of the column may hold what no log may show. */
  readonly isSecret?: boolean
}

// A value may be a whole file of JSON.
const MOST = 200

/** Error about a column that holds what Daybreak never writes: another program changed the row. It quotes key and value. */
export function damaged(
  { table, key, row, isSecret = false }: StoredRow,
  column: string,
  expected: string,
): DaybreakError {
  const values: ReadonlyMap<string, unknown> = new Map(Object.entries(row))
  const shown = (name: string) => (JSON.stringify(values.get(name)) ?? 'nothing').slice(0, MOST)
  const name = key.map((each) => `${each} ${shown(each)}`).join(', ')
  const message = `the row of ${table} with ${name} has ${isSecret ? 'a value that is not shown' : shown(column)} in its column ${column}; expected ${expected}`
  return new DaybreakError('LEDGER_DAMAGED', message, { details: { table, column } })
}

/**
 * Rows without those that another program damaged, for callers that send what waits: one such row must not keep the others
 * waiting. It stays as it is, and reading its run names it.
 */
export function undamaged<Row, Value>(rows: readonly Row[], read: (row: Row) => Value): readonly Value[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)]
    } catch (error) {
      if (error instanceof DaybreakError && isDamagedRow(error)) return []
      throw error
    }
  })
}

/** The value of a column that holds JSON; null for an empty column. @throws {DaybreakError} LEDGER_DAMAGED. */
export function jsonOf<Value>(stored: StoredRow, column: string): Value | null {
  return Reflect.get(stored.row, column) === null ? null : neededJson<Value>(stored, column)
}

/** The same for a column that is never empty. @throws {DaybreakError} LEDGER_DAMAGED. */
export function neededJson<Value>(stored: StoredRow, column: string): Value {
  const text: unknown = Reflect.get(stored.row, column)
  if (typeof text !== 'string') throw damaged(stored, column, 'JSON')
  try {
    const value: Value = JSON.parse(text)
    return value
  } catch {
    throw damaged(stored, column, 'JSON')
  }
}
