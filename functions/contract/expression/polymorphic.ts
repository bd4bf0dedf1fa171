import { Temporal } from 'temporal-polyfill'
import { isNumber } from './arithmetic.ts'
import type { Span } from './error.ts'
import { type Compilation, refusal } from './scope.ts'
import { called, compare, unify } from './unify.ts'
import { bounded, INT64_SHAPE, isExact, type Value, value, WIDEST } from './value.ts'

/** Functions whose result type follows their arguments. */
export const POLYMORPHIC = {
  coalesce: 'coalesce(a, b, ...): the first that is not null.',
  nullif: 'nullif(a, b): a, or null where it equals b.',
  abs: 'abs(n): the number without its sign.',
  round: 'round(n, places): half away from zero; 0 to 9 places.',
  numeric: 'numeric(n): as an exact number, null where it does not fit.',
  float64: 'float64(n): as a binary floating point number.',
  date: "date(datetime): its day; date('2025-02-05'): that day.",
} as const

type Call = Span & { readonly args: readonly Value[] }
type Build = (compilation: Compilation, call: Call, args: readonly [Value, Value]) => Value

const BUILD: Readonly<Record<keyof typeof POLYMORPHIC, Build>> = {
  coalesce(compilation, { args, ...span }) {
    const values = unify(compilation, args)
    const { type = 'null', shape } = values.find((each) => each.type !== 'null') ?? {}
    return value(span, type, `coalesce(${values.map(({ sql }) => sql).join(', ')})`, shape)
  },
  nullif(compilation, span, [left, right]) {
    const equal = compare(compilation, '=', [left, right])
    return value(span, left.type, `CASE WHEN ${equal.sql} THEN NULL ELSE ${left.sql} END`, left.shape)
  },
  abs(compilation, span, [operand]) {
    const { type, sql, shape } = numberOf(compilation, operand)
    if (type !== 'int64') return value(span, type, `abs(${sql})`, shape)
    return value(span, type, compilation.scope.dialect.expressions.absOfInteger(sql), INT64_SHAPE)
  },
  round: rounded,
  numeric: (compilation, span, [operand]) => numericOf(compilation, span, operand),
  float64(compilation, span, [operand]) {
    const { sql } = numberOf(compilation, operand)
    return value(span, 'float64', compilation.scope.dialect.expressions.toFloat(sql))
  },
  date: dateOf,
}

/** True for the name of a function in `POLYMORPHIC`. */
export const isPolymorphic = (name: string): name is keyof typeof POLYMORPHIC => Object.hasOwn(POLYMORPHIC, name)

/** A call of one of them. @throws {DaybreakError} EXPRESSION_INVALID for wrong arguments. */
export function callPolymorphic(compilation: Compilation, name: keyof typeof POLYMORPHIC, call: Call): Value {
  const [first, second] = call.args
  const wanted = name === 'nullif' || name === 'round' || name === 'coalesce' ? 2 : 1
  const fits = name === 'coalesce' ? call.args.length >= wanted : call.args.length === wanted
  if (fits && first) return BUILD[name](compilation, call, [first, second ?? first])
  const arguments_ = name === 'coalesce' ? 'two values or more' : `${wanted} argument${wanted === 1 ? '' : 's'}`
  throw refusal(compilation, call, `${name}() takes ${arguments_}, not ${call.args.length}`)
}

function numberOf(compilation: Compilation, operand: Value): Value {
  if (isNumber(operand)) return operand
  throw refusal(compilation, operand, `expected a number, this is ${called(operand)}`)
}

function numericOf(compilation: Compilation, span: Span, operand: Value): Value {
  const { type, sql, shape } = numberOf(compilation, operand)
  if (type === 'numeric') return operand
  const { expressions } = compilation.scope.dialect
  if (type === 'int64') return value(span, 'numeric', expressions.castTo(shape, operand), shape)
  return value(span, 'numeric', expressions.floatToNumeric(sql), WIDEST)
}

function rounded(compilation: Compilation, span: Span, [operand, places]: readonly [Value, Value]): Value {
  const scale = places.type === 'int64' && /^\d$/.test(places.literal ?? '') ? Number(places.literal) : null
  if (scale === null) throw refusal(compilation, places, 'the places of round() are one digit, 0 to 9')
  if (!isExact(numberOf(compilation, operand)))
    throw refusal(compilation, operand, 'round() takes an exact number; use numeric(...)')
  const { expressions } = compilation.scope.dialect
  if (scale >= operand.shape.scale) return numericOf(compilation, span, operand)
  const shape = bounded({ digits: operand.shape.digits + 1, scale })
  return value(span, 'numeric', expressions.rounded(expressions.castTo(shape, operand), scale), shape)
}

function dateOf(compilation: Compilation, span: Span, [operand]: readonly [Value, Value]): Value {
  const { dialect } = compilation.scope
  const { type, literal, sql } = operand
  if (type === 'datetime') return value(span, 'date', dialect.expressions.toDate(sql))
  if (type !== 'string' || literal === null)
    throw refusal(compilation, operand, `date() takes a datetime, or a text as YYYY-MM-DD; this is ${called(operand)}`)
  if (!isDate(literal)) throw refusal(compilation, operand, 'expected a day as YYYY-MM-DD')
  return value(span, 'date', `DATE ${dialect.literal(literal)}`)
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text
  } catch {
    return false
  }
}
