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
} from '../../contract/expression/value.ts'
import type { SqlType } from '../tree.ts'
import type { FunctionSql } from './functions.ts'
import { bound, checked, isScalar, once, type Piece, piece } from './piece.ts'

// DuckDB keeps decimals of at most 18 digits in 64 bits and fails on overflow; from 19 on it takes 128 bits.
const FAST_PRECISION = 18
const NUMERIC: SqlType = { kind: 'scalar', name: 'numeric' }
const FINITE = 'FLOAT64 overflow'

const isFloat = ({ type }: Piece): boolean => isScalar(type, 'float64')
const isInteger = ({ type }: Piece): boolean => isScalar(type, 'int64')

/** An exact number with that many digits. Digits after the scale are rounded half away from zero; too many before it are an error. */
export function exactly(shape: Shape, from: Piece): string {
  const isSame = isScalar(from.type, 'numeric') && sameShape(from.shape, shape)
  return isSame ? from.sql : `CAST(${from.sql} AS DECIMAL(${Math.max(1, precisionOf(shape))},${shape.scale}))`
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.digits === b.digits && a.scale === b.scale
}

/** Digits that hold each of several numbers. */
export function widestOf(pieces: readonly Piece[]): Shape | undefined {
  const shapes = pieces.filter(({ type }) => isScalar(type, 'numeric') || isScalar(type, 'int64'))
  if (shapes.length === 0) return undefined
  return bounded({
    digits: Math.max(...shapes.map(({ shape }) => shape.digits)),
    scale: Math.max(...shapes.map(({ shape }) => shape.scale)),
  })
}

/**
 * The same values with one number of decimal places. Where the digits of two decimals need more than 38 together, DuckDB gives up
 * decimal places without a word, in a comparison as well.
 */
export function aligned(pieces: readonly Piece[]): readonly Piece[] {
  const numerics = pieces.filter(({ type }) => isScalar(type, 'numeric'))
  const scale = Math.max(0, ...numerics.map(({ shape }) => shape.scale))
  return pieces.map((each) => {
    if (!isScalar(each.type, 'numeric') || each.shape.scale === scale) return each
    const shape = bounded({ digits: each.shape.digits, scale })
    return { ...each, sql: exactly(shape, each), shape }
  })
}

const asValue = (each: Piece): Value => value({ start: 0, end: 0 }, 'numeric', each.sql, each.shape)

function ring(operator: '+' | '-' | '*'): FunctionSql {
  return (call, [left, right]) => {
    if (!left || !right) throw new TypeError('an operator has two operands')
    if (isFloat(left)) {
      return piece(
        call.type,
        checked(`(${left.sql} ${operator} ${right.sql})`, (each) => `isfinite(${each})`, FINITE),
      )
    }
    if (isInteger(left) && isInteger(right)) return piece(call.type, `(${left.sql} ${operator} ${right.sql})`)
    return exact(operator, left, right)
  }
}

/** `left operator right` of exact numbers. What BigQuery cannot hold is an error in both. */
function exact(operator: '+' | '-' | '*', left: Piece, right: Piece): Piece {
  const sides = [asValue(left), asValue(right)] as const
  const shape = operator === '*' ? productShape(...sides) : sumShape(...sides)
  const result = shape.scale <= MAX_SCALE ? bounded(shape) : bounded({ digits: shape.digits + 1, scale: MAX_SCALE })
  const held = { ...shape, digits: Math.min(shape.digits, MAX_PRECISION - shape.scale) }
  const combined = piece(NUMERIC, combine(operator, [left, right], shape), held)
  const fits = shape.scale <= MAX_SCALE && held.digits <= WIDEST.digits
  return fits ? combined : piece(NUMERIC, exactly(result, combined), result)
}

function combine(operator: '+' | '-' | '*', [left, right]: readonly [Piece, Piece], shape: Shape): string {
  const plain = `(${exactly(left.shape, left)} ${operator} ${exactly(right.shape, right)})`
  if (precisionOf(shape) <= FAST_PRECISION) return plain
  if (operator === '*') {
    const isWide = Math.max(precisionOf(left.shape), precisionOf(right.shape)) > FAST_PRECISION
    if (isWide) return plain
    return `(${exactly({ ...left.shape, digits: FAST_PRECISION + 1 - left.shape.scale }, left)} * ${exactly(right.shape, right)})`
  }
  const wide = bounded(shape)
  return `(${exactly(wide, left)} ${operator} ${exactly(wide, right)})`
}

/** `left / right` of exact numbers to nine places, half away from zero. The divisor is not zero. */
export function quotient(left: Piece, right: Piece): Piece {
  const scale = Math.max(left.shape.scale, right.shape.scale)
  const sql = bound(`{'n': ${units(left, scale)}, 'd': ${units(right, scale)}}`, () => QUOTIENT)
  return piece(NUMERIC, sql, WIDEST)
}

/** The number as an integer count of 10^-scale. */
function units(from: Piece, scale: number): string {
  if (scale === 0) return `CAST(${from.sql} AS HUGEINT)`
  const wide = exactly({ digits: MAX_PRECISION - from.shape.scale, scale: from.shape.scale }, from)
  return `CAST(${wide} * CAST(1${'0'.repeat(scale)} AS DECIMAL(${scale + 1},0)) AS HUGEINT)`
}

// Whole part and rest apart, because the rest times 10^9 fits 128 bits where the whole number times 10^9 does not. DuckDB
// cannot cast an integer to a decimal with another scale without multiplying, so nine places are multiplied in.
const REST = '((2 * abs(v.n % v.d) * 1000000000 + abs(v.d)) // (2 * abs(v.d)))'
const QUOTIENT =
  `CASE WHEN v.n IS NOT NULL AND v.d IS NOT NULL THEN ` +
  `CAST(sign(v.n) * sign(v.d) * (abs(v.n) // abs(v.d)) AS DECIMAL(29,0)) + ` +
  `CAST(sign(v.n) * sign(v.d) * ${REST} AS DECIMAL(20,0)) * CAST(0.000000001 AS DECIMAL(10,9)) END`

/** True if the divisor cannot be zero: another literal, or `NULLIF(x, 0)`. */
function isNeverZero(divisor: Piece): boolean {
  return divisor.isNeverZero || (typeof divisor.constant === 'string' && Number(divisor.constant) !== 0)
}

const divide: FunctionSql = (call, [left, right], refuse) => {
  if (!left || !right) throw new TypeError('a division has two operands')
  if (!isNeverZero(right)) {
    throw refuse({
      what: 'the divisor of `/` may be zero, which ends the query',
      instead: 'Write SAFE_DIVIDE(a, b), or a / NULLIF(b, 0)',
    })
  }
  if (isFloat(left))
    return piece(
      call.type,
      checked(`(${left.sql} / ${right.sql})`, (each) => `isfinite(${each})`, FINITE),
    )
  return quotient(left, right)
}

const safeDivide: FunctionSql = (call, [left, right]) => {
  if (!left || !right) throw new TypeError('a division has two operands')
  if (isFloat(left)) {
    const sql = once(
      `(${left.sql} / nullif(${right.sql}, 0))`,
      (each) => `CASE WHEN isfinite(${each}) THEN ${each} END`,
    )
    return piece(call.type, sql)
  }
  const divisor = { ...right, sql: `nullif(${right.sql}, 0)` }
  return quotient(left, divisor)
}

const remainder =
  (operator: '%' | '//', name: string): FunctionSql =>
  (call, [left, right], refuse) => {
    if (!left || !right) throw new TypeError(`${name} has two operands`)
    if (!isNeverZero(right)) {
      throw refuse({
        what: `the divisor of ${name} may be zero, which ends the query`,
        instead: `Write ${name}(a, NULLIF(b, 0))`,
      })
    }
    if (isInteger(left) && isInteger(right)) return piece(call.type, `(${left.sql} ${operator} ${right.sql})`)
    if (operator === '//') throw refuse({ what: 'DIV of a NUMERIC', instead: 'Write TRUNC(a / b)' })
    const shape = widestOf([left, right]) ?? WIDEST
    return piece(NUMERIC, `(${exactly(shape, left)} % ${exactly(shape, right)})`, shape)
  }

const places = (args: readonly Piece[], refuse: Parameters<FunctionSql>[2], name: string): number => {
  const [, given] = args
  if (given === undefined) return 0
  const count = Number(given.constant ?? Number.NaN)
  if (Number.isInteger(count) && count >= 0 && count <= MAX_SCALE) return count
  throw refuse({
    what: `${name} to places that are no literal from 0 to 9`,
    instead: `Write the places as a number: ${name}(x, 2)`,
  })
}

const round: FunctionSql = (call, args, refuse) => {
  const [of] = args
  if (!of) throw new TypeError('ROUND has an operand')
  if (isFloat(of)) {
    if (args.length === 1) return piece(call.type, `round(${of.sql})`)
    throw refuse({
      what: 'ROUND of a FLOAT64 to places',
      instead: 'Write ROUND(CAST(x AS NUMERIC), n), which is exact',
    })
  }
  if (isInteger(of)) return of
  const scale = Math.min(places(args, refuse, 'ROUND'), of.shape.scale)
  const shape = { digits: Math.min(WIDEST.digits, of.shape.digits + 1), scale }
  return piece(NUMERIC, exactly(shape, of), shape)
}

const truncate: FunctionSql = (call, args, refuse) => {
  const [of] = args
  if (!of) throw new TypeError('TRUNC has an operand')
  if (isFloat(of)) {
    if (args.length === 1) return piece(call.type, `trunc(${of.sql})`)
    throw refuse({
      what: 'TRUNC of a FLOAT64 to places',
      instead: 'Write TRUNC(CAST(x AS NUMERIC), n), which is exact',
    })
  }
  const scale = places(args, refuse, 'TRUNC')
  if (scale >= of.shape.scale) return of
  const step = scale === 0 ? '1' : `0.${'0'.repeat(scale - 1)}1`
  const sql = once(
    exactly(of.shape, of),
    (each) => `(${each} - ${each} % CAST(${step} AS DECIMAL(${scale + 1},${scale})))`,
  )
  return piece(NUMERIC, sql, of.shape)
}

const whole =
  (name: 'ceil' | 'floor'): FunctionSql =>
  (call, [of]) => {
    if (!of) throw new TypeError(`${name} has an operand`)
    if (isFloat(of)) return piece(call.type, `${name}(${of.sql})`)
    const shape = { digits: Math.min(WIDEST.digits, of.shape.digits + 1), scale: 0 }
    return piece(NUMERIC, `CAST(${name}(${of.sql}) AS DECIMAL(${shape.digits},0))`, shape)
  }

const sign: FunctionSql = (call, [of]) => {
  if (!of) throw new TypeError('SIGN has an operand')
  if (isScalar(call.type, 'numeric'))
    return piece(call.type, `CAST(sign(${of.sql}) AS DECIMAL(1,0))`, { digits: 1, scale: 0 })
  return piece(call.type, `CAST(sign(${of.sql}) AS ${isFloat(of) ? 'DOUBLE' : 'BIGINT'})`)
}

/** Functions of numbers, by their names in the tree. */
export const NUMBERS: Readonly<Record<string, FunctionSql>> = {
  $add: ring('+'),
  $subtract: ring('-'),
  $multiply: ring('*'),
  $divide: divide,
  safe_divide: safeDivide,
  $unary_minus: (call, [of]) => piece(call.type, `(-${of?.sql})`, of?.shape),
  abs: (call, [of]) => piece(call.type, `abs(${of?.sql})`, of?.shape),
  sign,
  round,
  trunc: truncate,
  ceil: whole('ceil'),
  floor: whole('floor'),
  mod: remainder('%', 'MOD'),
  div: remainder('//', 'DIV'),
}
