import type { ColumnType } from '../contract.ts'
import { compile, condition } from './compile.ts'
import type { Span } from './error.ts'
import { type Expression, parseExpression } from './parse.ts'
import { type Compilation, refusal, type Scope } from './scope.ts'
import type { Value } from './value.ts'

export type { Expression, Scope }
export { parseExpression }

/** An expression as SQL. It never fails on a row: what cannot be computed is NULL. */
export interface Compiled {
  readonly sql: string
  readonly type: ColumnType
  /** Columns it reads, sorted. */
  readonly columns: readonly string[]
}

/**
 * Compiles an expression to one SQL value. With `type`, the value must be of that type; an int64 may stand for a numeric.
 * @throws {DaybreakError} EXPRESSION_INVALID, the place marked.
 */
export function compileExpression(text: string, scope: Scope, wanted: { readonly type?: ColumnType } = {}): Compiled {
  const compilation: Compilation = { text, scope, used: new Set() }
  const compiled = compile(compilation, parseExpression(text))
  const fits = compiled.type === wanted.type || (wanted.type === 'numeric' && compiled.type === 'int64')
  if (wanted.type !== undefined && !fits)
    throw refusal(compilation, compiled, `expected a ${wanted.type}, this is a ${compiled.type}`)
  return finish(compilation, compiled)
}

/**
 * Compiles the condition of a row check: true or NULL passes, false fails. `within` allows the two sides of a comparison
 * to differ: `a = b` becomes `abs(a - b) <= within`, `a <= b` becomes `a <= b + within`, `a >= b` the reverse.
 * @throws {DaybreakError} EXPRESSION_INVALID, also where `within` belongs to anything but one comparison of numbers.
 */
export function compileRowCheck(check: { readonly that: string; readonly within: number }, scope: Scope): Compiled {
  const compilation: Compilation = { text: check.that, scope, used: new Set() }
  const expression = parseExpression(check.that)
  if (check.within === 0) return finish(compilation, condition(compilation, expression))
  return finish(compilation, compile(compilation, tolerant(compilation, expression, check.within)))
}

/** The comparison with its tolerance written out. */
function tolerant(compilation: Compilation, expression: Expression, within: number): Expression {
  if (expression.kind !== 'compare' || !['=', '<=', '>='].includes(expression.operator))
    throw refusal(compilation, expression, '`within` needs one comparison with =, <= or >= as the whole condition')
  const { operator, left, right, start, end } = expression
  for (const side of [left, right]) refuseOther(compilation, side)
  const tolerance: Expression = { kind: 'number', value: decimalText(compilation, expression, within), start, end }
  const sum = (sign: '+' | '-', a: Expression, b: Expression): Expression => {
    return { kind: 'arithmetic', operator: sign, left: a, right: b, start, end }
  }
  if (operator !== '=') return { ...expression, right: sum(operator === '<=' ? '+' : '-', right, tolerance) }
  const difference: Expression = { kind: 'call', name: 'abs', args: [sum('-', left, right)], start, end }
  return { ...expression, operator: '<=', left: difference, right: tolerance }
}

function refuseOther(compilation: Compilation, side: Expression): void {
  const { type } = compile(compilation, side)
  if (type === 'int64' || type === 'numeric' || type === 'float64') return
  throw refusal(compilation, side, `\`within\` compares numbers, this is a ${type}`)
}

function decimalText(compilation: Compilation, span: Span, number: number): string {
  const text = number.toFixed(9)
  if (Number.isFinite(number) && number >= 0 && number < 1e15 && Number(text) === number)
    return text.replace(/\.?0+$/, '')
  throw refusal(compilation, span, '`within` has at most nine decimal places')
}

function finish(compilation: Compilation, compiled: Value): Compiled {
  const { sql, type } = compiled
  if (type === 'null') throw refusal(compilation, compiled, 'this is always null, of no type')
  return { sql, type, columns: [...compilation.used].toSorted() }
}
