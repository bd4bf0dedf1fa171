import type { ColumnType } from './contract.ts'

/** A type that every system maps to one of its own: that of a contract, and of a numeric its decimal places. */
export interface Typed {
  readonly type: ColumnType
  readonly scale?: number
}

/** Decimal places of a numeric column; nine where its contract says nothing. */
export const decimalPlaces = ({ scale = 9 }: Typed): number => scale

/**
 * Digits of a numeric column, decimal places included. 18 fit a 64-bit integer, which is several times faster than the
 * 38 of a full NUMERIC; nine decimal places would leave only nine digits before the point, so they get 38.
 */
export function numericPrecision(scale: number): 18 | 38 {
  return scale <= 8 ? 18 : 38
}
