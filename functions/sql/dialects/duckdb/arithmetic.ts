import {
  bounded,
  MAX_PRECISION,
  MAX_SCALE,
  precisionOf,
  productShape,
  type Shape,
  sumShape,
  type Value,
  value,
  WIDEST,
} from '../../../contract/expression/value.ts'
import type { Operation } from '../../dialect.ts'
import { tried } from './tried.ts'

// DuckDB keeps decimals of at most 18 digits in 64 bits and fails on overflow; from 19 on it takes 128 bits.
const FAST_PRECISION = 18

type Ring = Operation<'+' | '-' | '*'>

const decimalType = (shape: Shape): string => `DECIMAL(${Math.max(1, precisionOf(shape))},${shape.scale})`

/** A decimal literal, which without the cast would be of another width. */
export function decimal(literal: string, { digits, scale }: Shape): string {
  return `CAST(${literal} AS DECIMAL(${digits + scale},${scale}))`
}

/** A numeric of that shape. Digits after the shape's scale are rounded half away from zero; what does not fit is NULL. */
export function castTo(shape: Shape, { sql, ...from }: Value): string {
  const same = from.shape.digits === shape.digits && from.shape.scale === shape.scale
  if (from.type === 'numeric' && same) return sql
  const safe =
    from.type !== 'null' &&
    from.type !== 'float64' &&
    from.shape.digits <= shape.digits - (from.shape.scale > shape.scale ? 1 : 0)
  const cast = `CAST(${sql} AS ${decimalType(shape)})`
  // TRY(CAST()) instead of TRY_CAST: in a comparison DuckDB's optimizer moves a TRY_CAST to the constant on the other side,
  // where NULL becomes a value.
  return safe ? cast : tried(cast)
}

const bigint = ({ sql, literal }: Value): string => (literal === null ? sql : `CAST(${sql} AS BIGINT)`)
const asNumeric = (operand: Value): string => castTo(operand.shape, operand)

/** `-operand` of an int64. */
export const negateInteger = (operand: Value): string => tried(`-${bigint(operand)}`)

/** `left operator right` of two int64. */
export function integer({ operator, left, right }: Ring): string {
  return tried(`${bigint(left)} ${operator} ${bigint(right)}`)
}

/** `left operator right` of two float64. What is too large for a double is infinite in DuckDB, and an error in BigQuery. */
export function float({ operator, left, right }: Operation): string {
  const divisor = operator === '/' ? `nullif(${right.sql}, 0)` : right.sql
  const result = tried(`${left.sql} ${operator} ${divisor}`)
  return `CASE WHEN isfinite(${result}) THEN ${result} END`
}

/** `left operator right` of exact numbers. What only one of the two dialects can hold is NULL in both. */
export function exact(operation: Ring, result: Shape): string {
  const { operator, left, right } = operation
  const shape = operator === '*' ? productShape(left, right) : sumShape(left, right)
  const held = { ...shape, digits: Math.min(shape.digits, MAX_PRECISION - shape.scale) }
  const sql = combine(operation, shape)
  const fits = shape.scale <= MAX_SCALE && held.digits <= WIDEST.digits
  return fits ? sql : castTo(result, value(left, 'numeric', sql, held))
}

function combine({ operator, left, right }: Ring, shape: Shape): string {
  const plain = `${asNumeric(left)} ${operator} ${asNumeric(right)}`
  if (precisionOf(shape) <= FAST_PRECISION) return `(${plain})`
  if (operator === '*') {
    const wide = Math.max(precisionOf(left.shape), precisionOf(right.shape)) > FAST_PRECISION
    const digits = FAST_PRECISION + 1 - left.shape.scale
    const widened = wide ? plain : `${castTo({ ...left.shape, digits }, left)} * ${asNumeric(right)}`
    return precisionOf(shape) <= MAX_PRECISION ? `(${widened})` : tried(widened)
  }
  const wide = bounded(shape)
  const sum = `${castTo(wide, left)} ${operator} ${castTo(wide, right)}`
  return precisionOf(shape) <= MAX_PRECISION ? `(${sum})` : tried(sum)
}

/**
 * DuckDB would divide decimals as doubles, so both sides become integers first: (2|n| + |d|) div 2|d|, and the sign. A divisor
 * of one, the usual quantity, skips all that.
 */
export function divide(left: Value, right: Value): string {
  // Each may fail by itself, because DuckDB takes what stands twice out of the TRY around it.
  const n = tried(`CAST(${scaled(left, MAX_SCALE + right.shape.scale)} AS HUGEINT)`)
  const d = tried(`CAST(${scaled(right, right.shape.scale)} AS HUGEINT)`)
  const quotient = `(2 * abs(${n}) + abs(${d})) // (2 * abs(${d})) * sign(${n}) * sign(${d})`
  const result = tried(`CAST(${quotient} AS DECIMAL(38,0)) * CAST(0.000000001 AS DECIMAL(10,9))`)
  return `CASE WHEN ${asNumeric(right)} = 1 THEN ${castTo(WIDEST, left)} ELSE ${result} END`
}

function scaled(operand: Value, places: number): string {
  const wide = castTo({ digits: MAX_PRECISION - operand.shape.scale, scale: operand.shape.scale }, operand)
  return `${wide} * CAST(1${'0'.repeat(places)} AS DECIMAL(${places + 1},0))`
}
