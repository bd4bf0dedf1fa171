import type { Dialect } from '../../sql/quote.ts'
import type { Arithmetic } from './parse.ts'
import {
  bounded,
  castTo,
  INT64_SHAPE,
  isExact,
  MAX_PRECISION,
  MAX_SCALE,
  precisionOf,
  type Shape,
  tried,
  type Value,
  value,
  WIDEST,
} from './value.ts'

// DuckDB keeps decimals of at most 18 digits in 64 bits and fails on overflow; from 19 on it takes 128 bits.
const FAST_PRECISION = 18

/** Two numbers, both float64 or neither, and what is done with them. */
export interface Operation {
  readonly operator: Arithmetic
  readonly left: Value
  readonly right: Value
}

const SAFE_FUNCTIONS = { '+': 'SAFE_ADD', '-': 'SAFE_SUBTRACT', '*': 'SAFE_MULTIPLY' } as const

/**
 * `left operator right`. Exact numbers stay exact:
 * a result that no 38 digits can hold is NULL, and only `/` and products beyond nine decimal places are rounded.
 */
export function arithmetic({ operator, left, right }: Operation, dialect: Dialect): Value {
  const span = { start: left.start, end: right.end }
  if (left.type === 'float64') return float({ operator, left, right }, dialect)
  if (operator === '/') return value(span, 'numeric', divide(left, right, dialect), WIDEST)
  const integers = left.type === 'int64' && right.type === 'int64'
  const shape = integers ? INT64_SHAPE : operator === '*' ? productShape(left, right) : sumShape(left, right)
  if (dialect === 'bigquery') {
    if (integers) return value(span, 'int64', `${SAFE_FUNCTIONS[operator]}(${left.sql}, ${right.sql})`, shape)
    return value(span, 'numeric', combineInBigquery(operator, left, right), roundedShape(shape))
  }
  if (integers) return value(span, 'int64', tried(`${bigint(left)} ${operator} ${bigint(right)}`), INT64_SHAPE)
  // DuckDB's type may hold more digits than a NUMERIC of BigQuery: what only one of the two can hold is NULL in both.
  const held = { ...shape, digits: Math.min(shape.digits, MAX_PRECISION - shape.scale) }
  const exact = value(span, 'numeric', combine(operator, left, right), held)
  const rounded = roundedShape(shape)
  const fits = shape.scale <= MAX_SCALE && held.digits <= WIDEST.digits
  return fits ? exact : value(span, 'numeric', castTo(rounded, exact, dialect), rounded)
}

/** `-operand`. */
export function negate(operand: Value, dialect: Dialect): Value {
  if (operand.type !== 'int64') return value(operand, operand.type, `(-${operand.sql})`, operand.shape)
  if (dialect === 'bigquery') return value(operand, 'int64', `SAFE_NEGATE(${operand.sql})`, INT64_SHAPE)
  return value(operand, 'int64', tried(`-${bigint(operand)}`), INT64_SHAPE)
}

const bigint = ({ sql, literal }: Value): string => (literal === null ? sql : `CAST(${sql} AS BIGINT)`)
const asNumeric = (operand: Value): string => castTo(operand.shape, operand, 'duckdb')

const sumShape = ({ shape: a }: Value, { shape: b }: Value): Shape => ({
  digits: Math.max(a.digits, b.digits) + 1,
  scale: Math.max(a.scale, b.scale),
})
const productShape = ({ shape: a }: Value, { shape: b }: Value): Shape => ({
  digits: a.digits + b.digits,
  scale: a.scale + b.scale,
})
const roundedShape = (shape: Shape): Shape =>
  shape.scale <= MAX_SCALE ? bounded(shape) : bounded({ digits: shape.digits + 1, scale: MAX_SCALE })

function combine(operator: '+' | '-' | '*', left: Value, right: Value): string {
  const shape = operator === '*' ? productShape(left, right) : sumShape(left, right)
  const plain = `${asNumeric(left)} ${operator} ${asNumeric(right)}`
  if (precisionOf(shape) <= FAST_PRECISION) return `(${plain})`
  if (operator === '*') {
    const wide = Math.max(precisionOf(left.shape), precisionOf(right.shape)) > FAST_PRECISION
    const digits = FAST_PRECISION + 1 - left.shape.scale
    const widened = wide ? plain : `${castTo({ ...left.shape, digits }, left, 'duckdb')} * ${asNumeric(right)}`
    return precisionOf(shape) <= MAX_PRECISION ? `(${widened})` : tried(widened)
  }
  const wide = bounded(shape)
  const sum = `${castTo(wide, left, 'duckdb')} ${operator} ${castTo(wide, right, 'duckdb')}`
  return precisionOf(shape) <= MAX_PRECISION ? `(${sum})` : tried(sum)
}

/** What DuckDB's 38 digits cannot hold with all decimal places of a product is NULL here too. */
function combineInBigquery(operator: '+' | '-' | '*', left: Value, right: Value): string {
  const safe = `${SAFE_FUNCTIONS[operator]}(${left.sql}, ${right.sql})`
  const { digits, scale } = productShape(left, right)
  const limit = MAX_PRECISION - scale
  if (operator !== '*' || digits <= limit || limit >= WIDEST.digits) return safe
  const exact = `SAFE_MULTIPLY(CAST(${left.sql} AS BIGNUMERIC), CAST(${right.sql} AS BIGNUMERIC))`
  return `IF(ABS(${exact}) < BIGNUMERIC '1e${limit}', ${safe}, NULL)`
}

/**
 * To nine decimal places, half away from zero, NULL for a zero divisor. DuckDB would divide decimals as doubles, so both
 * sides become integers first: (2|n| + |d|) div 2|d|, and the sign. A divisor of one, the usual quantity, skips all that.
 */
function divide(left: Value, right: Value, dialect: Dialect): string {
  if (dialect === 'bigquery') return divideInBigquery(left, right)
  // Each may fail by itself, because DuckDB takes what stands twice out of the TRY around it.
  const n = tried(`CAST(${scaled(left, MAX_SCALE + right.shape.scale)} AS HUGEINT)`)
  const d = tried(`CAST(${scaled(right, right.shape.scale)} AS HUGEINT)`)
  const quotient = `(2 * abs(${n}) + abs(${d})) // (2 * abs(${d})) * sign(${n}) * sign(${d})`
  const exact = tried(`CAST(${quotient} AS DECIMAL(38,0)) * CAST(0.000000001 AS DECIMAL(10,9))`)
  return `CASE WHEN ${asNumeric(right)} = 1 THEN ${castTo(WIDEST, left, dialect)} ELSE ${exact} END`
}

/** BigQuery divides any two numbers; those whose integers DuckDB could not hold are NULL here too. */
function divideInBigquery(left: Value, right: Value): string {
  const [a, b] = [castTo(WIDEST, left, 'bigquery'), castTo(WIDEST, right, 'bigquery')]
  const below = (sql: string, digits: number): string[] =>
    digits >= WIDEST.digits ? [] : [`ABS(${sql}) < NUMERIC '1e${digits}'`]
  const fits = [
    ...below(a, WIDEST.digits - left.shape.scale - right.shape.scale),
    ...below(b, MAX_PRECISION - 2 * right.shape.scale),
  ]
  const quotient = `SAFE_DIVIDE(${a}, ${b})`
  if (fits.length === 0) return quotient
  return `CASE WHEN ${b} = 1 THEN ${a} WHEN ${fits.join(' AND ')} THEN ${quotient} END`
}

function scaled(operand: Value, places: number): string {
  const wide = castTo({ digits: MAX_PRECISION - operand.shape.scale, scale: operand.shape.scale }, operand, 'duckdb')
  return `${wide} * CAST(1${'0'.repeat(places)} AS DECIMAL(${places + 1},0))`
}

function float({ operator, left, right }: Operation, dialect: Dialect): Value {
  const span = { start: left.start, end: right.end }
  if (dialect === 'bigquery') {
    const name = operator === '/' ? 'SAFE_DIVIDE' : SAFE_FUNCTIONS[operator]
    return value(span, 'float64', `${name}(${left.sql}, ${right.sql})`)
  }
  const divisor = operator === '/' ? `nullif(${right.sql}, 0)` : right.sql
  const result = tried(`${left.sql} ${operator} ${divisor}`)
  // What is too large for a double is infinite in DuckDB, and an error in BigQuery.
  return value(span, 'float64', `CASE WHEN isfinite(${result}) THEN ${result} END`)
}

/** True for int64, numeric and float64. */
export const isNumber = (operand: Value): boolean => isExact(operand) || operand.type === 'float64'
