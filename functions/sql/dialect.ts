import type { ColumnType } from '../contract/contract.ts'
import type { FunctionName } from '../contract/expression/functions.ts'
import type { Arithmetic } from '../contract/expression/parse.ts'
import type { Shape, Value } from '../contract/expression/value.ts'
import type { Typed } from '../contract/sql-type.ts'

/** How one system writes SQL. Each has a folder in `dialects/`, and no other code asks for its name. */
export interface Dialect {
  /** As `--dialect` takes it. */
  readonly name: string
  /** A name of any characters, in quotes. @throws {TypeError} for one that the system cannot hold. */
  readonly identifier: (name: string) => string
  /** A text as a string literal. @throws {TypeError} for NUL, which no literal can hold. */
  readonly literal: (text: string) => string
  /** The type of a column. */
  readonly type: (column: Typed) => string
  /** Lists schema and name of every table that there is. Null where asking for each table by itself costs no more. */
  readonly listTables: string | null
  /** Rows of a JSON array of arrays of texts as a query. */
  readonly jsonRows: (json: string, columns: readonly NamedColumn[]) => string
  readonly expressions: ExpressionSql
}

/** A column of a query, by its place in a row. */
export type NamedColumn = Typed & { readonly name: string }

/** Two numbers, both float64 or neither, and what is done with them. */
export interface Operation<Operator extends Arithmetic = Arithmetic> {
  readonly operator: Operator
  readonly left: Value
  readonly right: Value
}

/** SQL that the expressions of contracts compile to. No piece of it fails on a row: what cannot be computed is NULL. */
export interface ExpressionSql {
  /** NULL of a type. */
  readonly nullOf: (type: ColumnType) => string
  /** A decimal literal of that shape. */
  readonly decimal: (literal: string, shape: Shape) => string
  /** A numeric of that shape. Digits after the shape's scale are rounded half away from zero; what does not fit is NULL. */
  readonly castTo: (shape: Shape, from: Value) => string
  /** A numeric column of any type as the widest numeric. */
  readonly widen: (sql: string) => string
  /** An exact number as a float64. */
  readonly toFloat: (sql: string) => string
  /** A float64 as the widest numeric. */
  readonly floatToNumeric: (sql: string) => string
  /** A numeric that `castTo` has cut to the scale, rounded to it. */
  readonly rounded: (cast: string, scale: number) => string
  /** The day of a datetime. */
  readonly toDate: (sql: string) => string
  readonly absOfInteger: (sql: string) => string
  readonly negateInteger: (operand: Value) => string
  readonly float: (operation: Operation) => string
  readonly integer: (operation: Operation<'+' | '-' | '*'>) => string
  /** Exact numbers, one of them a numeric, to the shape of the result. */
  readonly exact: (operation: Operation<'+' | '-' | '*'>, result: Shape) => string
  /** Exact numbers to nine decimal places, half away from zero; NULL for a zero divisor. */
  readonly divide: (left: Value, right: Value) => string
  /** The functions of fixed types. */
  readonly functions: Readonly<Record<FunctionName, (a: string, b: string) => string>>
}
