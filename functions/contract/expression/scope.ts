import type { Dialect } from '../../sql/dialect.ts'
import type { ColumnType } from '../contract.ts'
import { expressionError, type Span } from './error.ts'
import type { Shape } from './value.ts'

/** The columns an expression may use, and how they are written. */
export interface Scope {
  readonly dialect: Dialect
  readonly columns: ReadonlyMap<string, ColumnType>
  /** Digits of numeric columns whose SQL type is that of `duckdbType`; any other numeric column is cast first. */
  readonly scales?: ReadonlyMap<string, Shape>
  /** SQL of a column of the type that `columns` says. Trusted: it goes into the statement as it is. */
  sql(column: string): string
}

/** One text while it is compiled: its scope, and the columns met so far. */
export interface Compilation {
  readonly text: string
  readonly scope: Scope
  readonly used: Set<string>
}

/** EXPRESSION_INVALID with the place marked in the text that is compiled. */
export function refusal({ text }: Compilation, span: Span, problem: string): Error {
  return expressionError(text, span, problem)
}
