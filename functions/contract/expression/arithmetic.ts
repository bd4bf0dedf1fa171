import type { Dialect, Operation } from '../../sql/dialect.ts'
import {
  bounded,
  INT64_SHAPE,
  isExact,
  MAX_SCALE,
  productShape,
  type Shape,
  sumShape,
  type Value,
  value,
  WIDEST,
} from './value.ts'

/**
 * `left operator right`. Exact numbers stay exact:
 * a result that no 38 digits can hold is NULL, and only `/` and products beyond nine decimal places are rounded.
 */
export function arithmetic({ operator, left, right }: Operation, { expressions }: Dialect): Value {
  const span = { start: left.start, end: right.end }
  if (left.type === 'float64') return value(span, 'float64', expressions.float({ operator, left, right }))
  if (operator === '/') return value(span, 'numeric', expressions.divide(left, right), WIDEST)
  if (left.type === 'int64' && right.type === 'int64')
    return value(span, 'int64', expressions.integer({ operator, left, right }), INT64_SHAPE)
  const shape = roundedShape(operator === '*' ? productShape(left, right) : sumShape(left, right))
  return value(span, 'numeric', expressions.exact({ operator, left, right }, shape), shape)
}

/** `-operand`. */
export function negate(operand: Value, { expressions }: Dialect): Value {
  if (operand.type !== 'int64') return value(operand, operand.type, `(-${operand.sql})`, operand.shape)
  return value(operand, 'int64', expressions.negateInteger(operand), INT64_SHAPE)
}

const roundedShape = (shape: Shape): Shape =>
  shape.scale <= MAX_SCALE ? bounded(shape) : bounded({ digits: shape.digits + 1, scale: MAX_SCALE })

/** True for int64, numeric and float64. */
export const isNumber = (operand: Value): boolean => isExact(operand) || operand.type === 'float64'
