import type { Shape } from '../../contract/expression/value.ts'
import { DaybreakError } from '../../errors.ts'
import { placeOf, type Source } from '../place.ts'
import type { Column, Expression, Scan, Span, TableScan } from '../tree.ts'
import type { Piece } from './piece.ts'

/** One query on its way to DuckDB's SQL. */
export interface Compilation {
  readonly source: Source
  /** SQL of a table, and the shape of each of its numeric columns. */
  readonly tableOf: (scan: TableScan) => TableSql
  /** Shapes of the numbers that were computed so far, by column. */
  readonly shapes: Map<number, Shape>
  /** Columns that one name of a WITH stands for. */
  readonly withs: Map<string, readonly Column[]>
  /** A name that was not used before. */
  readonly fresh: (prefix: string) => string
  /** Given here because a scan holds expressions, and an expression a subquery. */
  readonly scan: (scan: Scan) => string
  readonly expression: (expression: Expression) => Piece
}

/** A table as the FROM of a query. */
export interface TableSql {
  readonly sql: string
  readonly shapeOf: (column: string) => Shape
}

/** A construct that is refused, and what to write instead. */
export interface Refusal {
  readonly what: string
  readonly instead: string
}

/** A refusal at its place. */
export function refused(
  { source }: Pick<Compilation, 'source'>,
  span: Span,
  { what, instead }: Refusal,
): DaybreakError {
  return new DaybreakError('MODEL_REFUSED', `${placeOf(source, span)} ${what}. ${instead}`)
}
