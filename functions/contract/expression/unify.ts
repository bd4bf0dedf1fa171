import type { Dialect } from '../../sql/dialect.ts'
import type { ColumnType } from '../contract.ts'
import { type Compilation, refusal } from './scope.ts'
import { bounded, INT64_SHAPE, isExact, type Value, value } from './value.ts'

/** A value's type as a message calls it. */
export const called = (operand: Value | undefined): string => (operand?.type === 'null' ? 'null' : `a ${operand?.type}`)

/** A null without a type gets one; anything else stays. */
export function typed(operand: Value, type: ColumnType, { expressions }: Dialect): Value {
  if (operand.type !== 'null') return operand
  return value(operand, type, expressions.nullOf(type), type === 'numeric' ? { digits: 1, scale: 0 } : INT64_SHAPE)
}

/**
 * The values in the one type they share. int64 widens to numeric; only literals become float64, and nothing becomes text.
 * @throws {DaybreakError} EXPRESSION_INVALID when they share none.
 */
export function unify(compilation: Compilation, values: readonly Value[]): readonly Value[] {
  const { dialect } = compilation.scope
  const known = values.filter(({ type }) => type !== 'null')
  const [first] = known
  if (!first || first.type === 'null') return values
  if (known.some(({ type }) => type === 'float64'))
    return values.map((each) => toFloat(compilation, typed(each, 'float64', dialect)))
  const stranger = known.find((each) => each.type !== first.type && !(isExact(each) && isExact(first)))
  if (stranger) throw refusal(compilation, stranger, `${called(stranger)} does not go with ${called(first)}`)
  const { type } = first
  if (!known.some((each) => each.type === 'numeric')) return values.map((each) => typed(each, type, dialect))
  const shape = bounded({
    digits: Math.max(...known.map((each) => each.shape.digits)),
    scale: Math.max(...known.map((each) => each.shape.scale)),
  })
  const cast = (each: Value) => dialect.expressions.castTo(shape, typed(each, 'numeric', dialect))
  return values.map((each) => value(each, 'numeric', cast(each), shape))
}

/** A number as float64: itself, or a literal. @throws {DaybreakError} EXPRESSION_INVALID for anything else. */
export function toFloat(compilation: Compilation, operand: Value): Value {
  if (operand.type === 'float64') return operand
  if (isExact(operand) && operand.literal !== null)
    return value(operand, 'float64', compilation.scope.dialect.expressions.toFloat(operand.sql))
  const cure = isExact(operand) ? '; use float64(...) or numeric(...)' : ''
  throw refusal(compilation, operand, `${called(operand)} does not go with a float64${cure}`)
}

/** `left operator right` as a condition. @throws {DaybreakError} EXPRESSION_INVALID for null, types apart, and order of bools. */
export function compare(compilation: Compilation, operator: string, sides: readonly [Value, Value]): Value {
  const [left, right] = sides
  const span = { start: left.start, end: right.end }
  const nothing = sides.find(({ type }) => type === 'null')
  if (nothing) throw refusal(compilation, nothing, 'a comparison with null is never true; write `is null`')
  const [a, b] = unify(compilation, sides)
  if (a?.type === 'bool' && operator !== '=' && operator !== '<>')
    throw refusal(compilation, span, 'true and false have no order; use = or <>')
  return value(span, 'bool', `(${a?.sql} ${operator} ${b?.sql})`)
}
