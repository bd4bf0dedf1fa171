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
/** Digits of an int64 that is taken as a decimal. */
export const INT64_SHAPE: Shape = { digits: 19, scale: 0 }
/** Digits of the widest numeric value. */
export const WIDEST: Shape = { digits: MAX_PRECISION - MAX_SCALE, scale: MAX_SCALE }

/** A value that is not a literal. */
export function value(span: Span, type: Value['type'], sql: string, shape: Shape = NO_SHAPE): Value {
  return { sql, type, shape, literal: null, start: span.start, end: span.end }
}

/** All digits of a shape, before and after the point. */
export const precisionOf = ({ digits, scale }: Shape): number => digits + scale
/** The shape itself when it fits, else as many digits before the point as the decimal places and a NUMERIC of BigQuery leave. */
export const bounded = ({ digits, scale }: Shape): Shape => ({
  digits: Math.min(digits, MAX_PRECISION - scale, WIDEST.digits),
  scale,
})
/** True for types that are added without rounding. */
export const isExact = ({ type }: Value): boolean => type === 'int64' || type === 'numeric'

/** Shape of a sum or a difference. */
export const sumShape = ({ shape: a }: Value, { shape: b }: Value): Shape => ({
  digits: Math.max(a.digits, b.digits) + 1,
  scale: Math.max(a.scale, b.scale),
})
/** Shape of a product. */
export const productShape = ({ shape: a }: Value, { shape: b }: Value): Shape => ({
  digits: a.digits + b.digits,
  scale: a.scale + b.scale,
})
