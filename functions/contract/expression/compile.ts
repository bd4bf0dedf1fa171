import { didYouMean } from '../../lib/did-you-mean.ts'
import { arithmetic, isNumber, negate } from './arithmetic.ts'
import { FUNCTIONS, isFunction } from './functions.ts'
import type { Expression } from './parse.ts'
import { callPolymorphic, isPolymorphic, POLYMORPHIC } from './polymorphic.ts'
import { type Compilation, refusal } from './scope.ts'
import { called, compare, toFloat, typed, unify } from './unify.ts'
import { INT64_SHAPE, MAX_SCALE, type Value, value, WIDEST } from './value.ts'

export { POLYMORPHIC }

type Node<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>

const SIZE_LIMIT = 100_000
const INT64_MAX = 9_223_372_036_854_775_807n

/** Turns a tree into SQL. @throws {DaybreakError} EXPRESSION_INVALID, the place marked. */
export function compile(compilation: Compilation, expression: Expression): Value {
  switch (expression.kind) {
    case 'number':
      return numberLiteral(compilation, expression)
    case 'string': {
      const sql = compilation.scope.dialect.literal(expression.value)
      return { ...value(expression, 'string', sql), literal: expression.value }
    }
    case 'bool':
      return value(expression, 'bool', expression.value ? 'TRUE' : 'FALSE')
    case 'null':
      return value(expression, 'null', 'NULL')
    case 'column':
      return column(compilation, expression)
    case 'negate': {
      const { sql, type, shape } = negate(number(compilation, expression.operand), compilation.scope.dialect)
      return value(expression, type, sql, shape)
    }
    case 'not':
      return value(expression, 'bool', `(NOT ${condition(compilation, expression.operand).sql})`)
    case 'arithmetic':
      return calculated(compilation, expression)
    case 'compare': {
      const sides = [compile(compilation, expression.left), compile(compilation, expression.right)] as const
      return compare(compilation, expression.operator, sides)
    }
    case 'and':
    case 'or':
      return logical(compilation, expression)
    case 'concat': {
      const [left, right] = [text(compilation, expression.left), text(compilation, expression.right)]
      return value(expression, 'string', `(${left.sql} || ${right.sql})`)
    }
    case 'is_null': {
      const { sql } = compile(compilation, expression.operand)
      return value(expression, 'bool', `(${sql} IS ${expression.negated ? 'NOT ' : ''}NULL)`)
    }
    case 'in':
      return inList(compilation, expression)
    case 'between':
      return between(compilation, expression)
    case 'case':
      return caseOf(compilation, expression)
    case 'call':
      return call(compilation, expression)
  }
}

/** The expression as a condition. @throws {DaybreakError} EXPRESSION_INVALID when it is something else. */
export function condition(compilation: Compilation, expression: Expression): Value {
  const compiled = compile(compilation, expression)
  if (compiled.type === 'bool' || compiled.type === 'null') return typed(compiled, 'bool', compilation.scope.dialect)
  throw refusal(compilation, expression, `expected a condition (true or false), this is ${called(compiled)}`)
}

function number(compilation: Compilation, expression: Expression): Value {
  const compiled = compile(compilation, expression)
  if (isNumber(compiled)) return compiled
  throw refusal(compilation, expression, `expected a number, this is ${called(compiled)}`)
}

function text(compilation: Compilation, expression: Expression): Value {
  const compiled = compile(compilation, expression)
  if (compiled.type === 'string') return compiled
  throw refusal(compilation, expression, `expected a string, this is ${called(compiled)}`)
}

function column(compilation: Compilation, expression: Node<'column'>): Value {
  const { scope, used } = compilation
  const { name } = expression
  const type = scope.columns.get(name)
  if (!type) {
    const hint = didYouMean(name, scope.columns.keys())
    throw refusal(compilation, expression, `unknown column \`${name}\`.${hint}`)
  }
  used.add(name)
  const sql = scope.sql(name)
  if (type !== 'numeric') return value(expression, type, sql, INT64_SHAPE)
  const shape = scope.scales?.get(name)
  if (shape) return value(expression, type, sql, shape)
  return value(expression, type, scope.dialect.expressions.widen(sql), WIDEST)
}

function numberLiteral(compilation: Compilation, expression: Node<'number'>): Value {
  const [whole = '', decimals] = expression.value.split('.')
  const digits = whole.replace(/^0+/, '') || '0'
  if (decimals === undefined) {
    if (BigInt(digits) > INT64_MAX) throw refusal(compilation, expression, 'the number is too large for an int64')
    return { ...value(expression, 'int64', digits, { digits: digits.length, scale: 0 }), literal: digits }
  }
  if (decimals.length > MAX_SCALE || digits.length > WIDEST.digits) {
    const problem = `a number has at most ${WIDEST.digits} digits and ${MAX_SCALE} decimal places`
    throw refusal(compilation, expression, problem)
  }
  const literal = `${digits}.${decimals}`
  const shape = { digits: digits.length, scale: decimals.length }
  const sql = compilation.scope.dialect.expressions.decimal(literal, shape)
  return { ...value(expression, 'numeric', sql, shape), literal }
}

function calculated(compilation: Compilation, expression: Node<'arithmetic'>): Value {
  const sides = [number(compilation, expression.left), number(compilation, expression.right)] as const
  const floats = sides.some(({ type }) => type === 'float64')
  const [left, right] = floats ? [toFloat(compilation, sides[0]), toFloat(compilation, sides[1])] : sides
  const result = arithmetic({ operator: expression.operator, left, right }, compilation.scope.dialect)
  // Exact division repeats its operands, so divisions inside divisions multiply.
  if (result.sql.length > SIZE_LIMIT) throw refusal(compilation, expression, 'too many divisions inside one another')
  return result
}

function logical(compilation: Compilation, expression: Node<'and' | 'or'>): Value {
  const word = expression.kind === 'and' ? 'AND' : 'OR'
  const [left, right] = [condition(compilation, expression.left), condition(compilation, expression.right)]
  return value(expression, 'bool', `(${left.sql} ${word} ${right.sql})`)
}

function inList(compilation: Compilation, expression: Node<'in'>): Value {
  const values = [expression.operand, ...expression.items].map((item) => compile(compilation, item))
  const nothing = values.find(({ type }) => type === 'null')
  if (nothing) throw refusal(compilation, nothing, 'null is never in a list; write `is null`')
  const [operand, ...items] = unify(compilation, values)
  const list = items.map(({ sql }) => sql).join(', ')
  return value(expression, 'bool', `(${operand?.sql} ${expression.negated ? 'NOT IN' : 'IN'} (${list}))`)
}

function between(compilation: Compilation, expression: Node<'between'>): Value {
  const operand = compile(compilation, expression.operand)
  const above = compare(compilation, '>=', [operand, compile(compilation, expression.low)])
  const below = compare(compilation, '<=', [operand, compile(compilation, expression.high)])
  return value(expression, 'bool', `(${expression.negated ? 'NOT ' : ''}(${above.sql} AND ${below.sql}))`)
}

function caseOf(compilation: Compilation, expression: Node<'case'>): Value {
  const { branches, otherwise } = expression
  const conditions = branches.map(({ when }) => condition(compilation, when))
  const outcomes = [...branches.map(({ result }) => result), ...(otherwise ? [otherwise] : [])]
  const results = unify(
    compilation,
    outcomes.map((outcome) => compile(compilation, outcome)),
  )
  const { type = 'null', shape } = results.find((result) => result.type !== 'null') ?? {}
  const whens = conditions.map(({ sql }, index) => `WHEN ${sql} THEN ${results[index]?.sql}`).join(' ')
  const last = otherwise ? ` ELSE ${results.at(-1)?.sql}` : ''
  return value(expression, type, `CASE ${whens}${last} END`, shape)
}

function call(compilation: Compilation, expression: Node<'call'>): Value {
  const { name, start, end } = expression
  const args = expression.args.map((argument) => compile(compilation, argument))
  if (isPolymorphic(name)) return callPolymorphic(compilation, name, { args, start, end })
  if (!isFunction(name)) {
    const hint = didYouMean(name, [...Object.keys(FUNCTIONS), ...Object.keys(POLYMORPHIC)])
    throw refusal(compilation, expression, `unknown function \`${name}\`.${hint}`)
  }
  const { parameters, result } = FUNCTIONS[name]
  if (args.length !== parameters.length) {
    const wanted = `${parameters.length} argument${parameters.length === 1 ? '' : 's'}`
    throw refusal(compilation, expression, `${name}() takes ${wanted}, not ${args.length}`)
  }
  for (const [index, [parameter, type]] of parameters.entries()) {
    const given = args[index]
    if (given && given.type !== type)
      throw refusal(compilation, given, `\`${parameter}\` of ${name}() must be a ${type}, this is ${called(given)}`)
  }
  const [a = '', b = ''] = args.map((argument) => argument.sql)
  return value(expression, result, compilation.scope.dialect.expressions.functions[name](a, b), INT64_SHAPE)
}
