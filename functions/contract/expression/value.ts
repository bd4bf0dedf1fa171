import type { Dialect } from '../../sql/quote.ts'
import type { ColumnType } from '../contract.ts'
import type { Span } from './error.ts'

/** Digits before the point and decimal places: everything an exact number of that kind can hold. */
export interface Shape {
  readonly digits: number
  readonly scale: number
}

/** A compiled piece of an expression. `shape` belongs to int64 and numeric; a literal may still become a float64 or a date. */
export interface Value extends Span {
  readonly sql: string
  readonly type: ColumnType | 'null'
  readonly shape: Shape
  readonly literal: string | null
}

const NO_SHAPE: Shape = { digits: 0, scale: 0 }
/** The widest number either dialect computes exactly. */
export const MAX_PRECISION = 38
/** Decimal places that survive multiplication and division: those of BigQuery's NUMERIC. */
export const MAX_SCALE = 9
export const INT64_SHAPE: Shape = { digits: 19, scale: 0 }
export const WIDEST: Shape = { digits: MAX_PRECISION - MAX_SCALE, scale: MAX_SCALE }

/** A value that is not a literal. */
export function value(span: Span, type: Value['type'], sql: string, shape: Shape = NO_SHAPE): Value {
  return { sql, type, shape, literal: null, start: span.start, end: span.end }
}

export const precisionOf = ({ digits, scale }: Shape): number => digits + scale
/** The shape itself when it fits, else as many digits before the point as the decimal places and a NUMERIC of BigQuery leave. */
export const bounded = ({ digits, scale }: Shape): Shape => ({
  digits: Math.min(digits, MAX_PRECISION - scale, WIDEST.digits),
  scale,
})
export const isExact = ({ type }: Value): boolean => type === 'int64' || type === 'numeric'
const decimalType = (shape: Shape): string => `DECIMAL(${Math.max(1, precisionOf(shape))},${shape.scale})`

/** A numeric of that shape. Digits after the shape's scale are rounded half away from zero; what does not fit is NULL. */
export function castTo(shape: Shape, { sql, ...from }: Value, dialect: Dialect): string {
  if (dialect === 'bigquery') return from.type === 'numeric' ? sql : `CAST(${sql} AS NUMERIC)`
  const same = from.shape.digits === shape.digits && from.shape.scale === shape.scale
  if (from.type === 'numeric' && same) return sql
  const safe =
    from.type !== 'null' &&
    from.type !== 'float64' &&
    from.shape.digits <= shape.digits - (from.shape.scale > shape.scale ? 1 : 0)
  const cast = `CAST(${sql} AS ${decimalType(shape)})`
  // Not TRY_CAST: DuckDB moves that to the constant it is compared with, and what does not fit is NULL no more.
  return safe ? cast : tried(cast)
}

/** SQL that is NULL where evaluating it would fail. BigQuery's side is written with SAFE functions instead. */
export const tried = (sql: string): string => `TRY(${sql})`
