import type { Dialect } from '../sql/dialect.ts'
import { carriedColumns } from './carried.ts'
import type { ColumnType, Contract } from './contract.ts'
import { compileExpression, type Scope } from './expression/expression.ts'
import { type Shape, value, WIDEST } from './expression/value.ts'
import { numericPrecision } from './sql-type.ts'

/** Hour at which the days of a location end. An expression may use it as a column in contracts of restaurants. */
export const CLOSEOUT_HOUR = 'closeout_hour'

/** Names every expression may use in addition to the columns of its contract. */
function givenColumns(contract: Contract): readonly (readonly [string, ColumnType])[] {
  const carried = carriedColumns(contract).map(({ name, type }) => [name, type] as const)
  return contract.carries === undefined ? [...carried, [CLOSEOUT_HOUR, 'int64']] : carried
}

/** Digits and decimal places of a numeric column as its table type holds them. */
const shapeOf = (scale: number): Shape => ({ digits: numericPrecision(scale) - scale, scale })

/** A contract and how its expressions are to be written. `sql` gives the typed value of a column, a derived one included. */
export interface Writing {
  readonly dialect: Dialect
  sql(column: string): string
}

/** Names that checks of a contract may use: its columns, derived ones, those that every row carries, and in restaurants closeout_hour. */
export function contractScope(contract: Contract, { dialect, sql }: Writing): Scope {
  return scopeOf(contract, [...contract.columns, ...contract.derived], { dialect, sql })
}

interface Named {
  readonly name: string
  readonly type: ColumnType
  readonly scale: number
}

function scopeOf(contract: Contract, columns: readonly Named[], { dialect, sql }: Writing): Scope {
  return {
    dialect,
    columns: new Map([...givenColumns(contract), ...columns.map(({ name, type }) => [name, type] as const)]),
    scales: new Map(columns.filter(({ type }) => type === 'numeric').map(({ name, scale }) => [name, shapeOf(scale)])),
    sql,
  }
}

/**
 * The expression of one derived column as SQL of the column's own type. It sees the columns of the file and the derived
 * ones above it. Digits beyond the scale are rounded half away from zero; what does not fit is NULL.
 * @throws {DaybreakError} EXPRESSION_INVALID, also when the expression has another type than the column.
 */
export function compileDerived(contract: Contract, name: string, writing: Writing): string {
  const index = contract.derived.findIndex((derived) => derived.name === name)
  const derived = contract.derived[index]
  if (derived?.expression === undefined) throw new TypeError(`${name} has no expression`)
  const scope = scopeOf(contract, [...contract.columns, ...contract.derived.slice(0, index)], writing)
  const compiled = compileExpression(derived.expression, scope, { type: derived.type })
  if (derived.type !== 'numeric') return compiled.sql
  const span = { start: 0, end: 0 }
  return writing.dialect.expressions.castTo(shapeOf(derived.scale), value(span, 'numeric', compiled.sql, WIDEST))
}
