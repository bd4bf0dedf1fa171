import type { ColumnType } from '../contract/contract.ts'
import { DaybreakError } from '../errors.ts'
import type { ScriptRow } from './script.ts'

interface ScriptColumn {
  readonly name: string
  readonly type: ColumnType
}

const FORMS: Readonly<Record<Exclude<ColumnType, 'string' | 'bool' | 'float64'>, RegExp>> = {
  int64: /^-?\d{1,19}$/,
  numeric: /^-?\d{1,29}(\.\d{1,9})?$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  time: /^\d{2}:\d{2}:\d{2}(\.\d{1,6})?$/,
  datetime: /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?$/,
  timestamp: /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|\+00)$/,
}

/**
 * Pure: rows of a script as texts in the order of the columns. A column that a row leaves out is NULL.
 * @throws {DaybreakError} MODEL_FAILED for a column or a value that the model does not have.
 */
export function scriptTexts(
  rows: readonly ScriptRow[],
  { model, columns }: { readonly model: string; readonly columns: readonly ScriptColumn[] },
): readonly (readonly (string | null)[])[] {
  const names = columns.map(({ name }) => name)
  return rows.map((row, at) => {
    const extra = Object.keys(row).find((name) => !names.includes(name))
    if (extra !== undefined) throw failed(`${model}: row ${at + 1} has ${extra}, and the model has no such column`)
    return columns.map(({ name, type }) => {
      const value = row[name]
      if (value === undefined || value === null) return null
      const text = textOf(value, type)
      if (text !== null) return text
      const hint = type === 'numeric' ? '; give an exact decimal as text, such as numeric(units(a) + units(b))' : ''
      throw failed(`${model}: row ${at + 1} has ${JSON.stringify(value)} as ${name}, which is no ${type}${hint}`)
    })
  })
}

/** Null for a value that is not of the type. A number with a fraction is not exact, so it is no numeric. */
function textOf(value: unknown, type: ColumnType): string | null {
  if (type === 'bool') return typeof value === 'boolean' ? String(value) : null
  if (type === 'float64') return typeof value === 'number' && Number.isFinite(value) ? String(value) : null
  if (type === 'string') return typeof value === 'string' ? value : null
  const isWhole = typeof value === 'number' && Number.isSafeInteger(value)
  const text = typeof value === 'string' ? value : isWhole && ['int64', 'numeric'].includes(type) ? String(value) : ''
  return FORMS[type].test(text) ? text : null
}

function failed(message: string): DaybreakError {
  return new DaybreakError('MODEL_FAILED', message)
}
