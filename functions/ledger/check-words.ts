import { DaybreakError } from '../errors.ts'
import { WORDS } from '../pipeline/words.ts'

type Columns = Readonly<Record<string, readonly string[]>>
const BY_TABLE: ReadonlyMap<string, Columns> = new Map(Object.entries<Columns>(WORDS))

/**
 * Refuses a row with a word that its column does not know, before anything is written. The tables have no such constraint.
 * @throws {DaybreakError} LEDGER_FAILED, which names table, column and word.
 */
export function checkWords(table: string, row: object): void {
  const columns = BY_TABLE.get(table)
  if (!columns) return
  const values: ReadonlyMap<string, unknown> = new Map(Object.entries(row))
  for (const [column, words] of Object.entries(columns)) {
    if (!values.has(column)) continue
    const value = values.get(column)
    if (typeof value === 'string' && words.includes(value)) continue
    const message = `${table}.${column} cannot be ${JSON.stringify(value)}: expected one of ${words.join(', ')}; nothing was applied`
    throw new DaybreakError('LEDGER_FAILED', message, { details: { table, column } })
  }
}
