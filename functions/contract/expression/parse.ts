import { didYouMean } from '../../lib/did-you-mean.ts'
import { type Cursor, createCursor, MAX_DEPTH } from './cursor.ts'
import { expressionError, type Span } from './error.ts'
import type { Token } from './tokens.ts'

/** Operator that compares two values. */
export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>='
/** Operator that computes a number. */
export type Arithmetic = '+' | '-' | '*' | '/'

/** An expression as a tree. Every node knows its place in the text. */
export type Expression = Span &
  (
    | { readonly kind: 'number'; readonly value: string }
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'bool'; readonly value: boolean }
    | { readonly kind: 'null' }
    | { readonly kind: 'column'; readonly name: string }
    | { readonly kind: 'negate' | 'not'; readonly operand: Expression }
    | {
        readonly kind: 'arithmetic'
        readonly operator: Arithmetic
        readonly left: Expression
        readonly right: Expression
      }
    | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'concat'; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'is_null'; readonly operand: Expression; readonly negated: boolean }
    | {
        readonly kind: 'in'
        readonly operand: Expression
        readonly items: readonly Expression[]
        readonly negated: boolean
      }
    | {
        readonly kind: 'between'
        readonly operand: Expression
        readonly low: Expression
        readonly high: Expression
        readonly negated: boolean
      }
    | {
        readonly kind: 'case'
        readonly branches: readonly { readonly when: Expression; readonly result: Expression }[]
        readonly otherwise: Expression | null
      }
    | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  )

/** Words that cannot be columns. */
export const KEYWORDS = [
  ...['and', 'or', 'not', 'is', 'in', 'between', 'null', 'true', 'false'],
  ...['case', 'when', 'then', 'else', 'end'],
] as const
const RESERVED: ReadonlySet<string> = new Set(KEYWORDS)

const MAX_LENGTH = 2_000
const COMPARISONS = ['=', '<>', '!=', '<', '<=', '>', '>=']

/** Parses the text of an expression; precedence is that of SQL. @throws {DaybreakError} EXPRESSION_INVALID, the place marked. */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_LENGTH)
    throw expressionError(text, { start: 0, end: 1 }, `longer than ${MAX_LENGTH} characters`)
  const cursor = createCursor(text)
  const parsed = expression(cursor)
  const rest = cursor.peek()
  if (rest.kind === 'end') return parsed
  const hint = rest.kind === 'name' ? didYouMean(rest.value, ['and', 'or', 'is', 'in', 'between']) : ''
  throw expressionError(text, rest, `unexpected \`${text.slice(rest.start, rest.end)}\`.${hint}`)
}

type Parse = (cursor: Cursor) => Expression
type Join = (word: string, sides: { readonly left: Expression; readonly right: Expression } & Span) => Expression

/** Operators of one precedence, and the node they make of two sides. */
interface Operators {
  readonly words: readonly string[]
  readonly join: Join
}

/** Operands of one precedence, joined from left to right. */
function chain(cursor: Cursor, operand: Parse, { words, join }: Operators): Expression {
  let left = operand(cursor)
  // A chain is as deep a tree as a nest of parentheses, so it is bounded alike.
  let links = 0
  for (let token = cursor.accept(...words); token; token = cursor.accept(...words)) {
    if (++links > MAX_DEPTH) throw expressionError(cursor.text, token, `more than ${MAX_DEPTH} operators in a row`)
    const right = operand(cursor)
    left = join(token.value, { left, right, ...between(left, right) })
  }
  return left
}

const between = (left: Span, right: Span): Span => ({ start: left.start, end: right.end })
const OR: Operators = { words: ['or'], join: (_, sides) => ({ kind: 'or', ...sides }) }
const AND: Operators = { words: ['and'], join: (_, sides) => ({ kind: 'and', ...sides }) }
const CONCAT: Operators = { words: ['||'], join: (_, sides) => ({ kind: 'concat', ...sides }) }
const calculation: Join = (word, sides) => ({
  kind: 'arithmetic',
  operator: word === '+' || word === '-' || word === '*' ? word : '/',
  ...sides,
})

const expression: Parse = (cursor) => cursor.nested(() => chain(cursor, conjunction, OR))
const conjunction: Parse = (cursor) => chain(cursor, negation, AND)
const concatenation: Parse = (cursor) => chain(cursor, sum, CONCAT)
const sum: Parse = (cursor) => chain(cursor, product, { words: ['+', '-'], join: calculation })
const product: Parse = (cursor) => chain(cursor, unary, { words: ['*', '/'], join: calculation })

function negation(cursor: Cursor): Expression {
  const not = cursor.accept('not')
  if (!not) return predicate(cursor)
  const operand = cursor.nested(() => negation(cursor))
  return { kind: 'not', operand, ...between(not, operand) }
}

function unary(cursor: Cursor): Expression {
  if (cursor.accept('+')) return cursor.nested(() => unary(cursor))
  const minus = cursor.accept('-')
  if (!minus) return primary(cursor)
  const operand = cursor.nested(() => unary(cursor))
  return { kind: 'negate', operand, ...between(minus, operand) }
}

function predicate(cursor: Cursor): Expression {
  const left = concatenation(cursor)
  const operator = cursor.accept(...COMPARISONS)
  if (operator) return compared(cursor, left, operator)
  if (cursor.accept('is')) {
    const negated = cursor.accept('not') !== null
    return { kind: 'is_null', operand: left, negated, ...between(left, cursor.expect('null')) }
  }
  const negated = cursor.accept('not') !== null
  if (cursor.accept('in')) return inList(cursor, left, negated)
  if (cursor.accept('between')) return range(cursor, left, negated)
  if (negated) throw cursor.expected('`in` or `between` after `not`')
  return left
}

function compared(cursor: Cursor, left: Expression, { value }: Token): Expression {
  const right = concatenation(cursor)
  const chained = cursor.accept(...COMPARISONS)
  if (chained) throw expressionError(cursor.text, chained, 'comparisons cannot be chained; join two with `and`')
  return { kind: 'compare', operator: comparison(value), left, right, ...between(left, right) }
}

function comparison(word: string): Comparison {
  const operators: Readonly<Record<string, Comparison>> = { '=': '=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' }
  return operators[word] ?? '<>'
}

function inList(cursor: Cursor, operand: Expression, negated: boolean): Expression {
  cursor.expect('(')
  const items = list(cursor)
  if (items.length === 0) throw cursor.expected('a value')
  return { kind: 'in', operand, items, negated, ...between(operand, cursor.expect(')')) }
}

function range(cursor: Cursor, operand: Expression, negated: boolean): Expression {
  const low = concatenation(cursor)
  cursor.expect('and')
  const high = concatenation(cursor)
  return { kind: 'between', operand, low, high, negated, ...between(operand, high) }
}

function list(cursor: Cursor): readonly Expression[] {
  const { kind, value } = cursor.peek()
  if (kind === 'symbol' && value === ')') return []
  const items = [expression(cursor)]
  while (cursor.accept(',')) items.push(expression(cursor))
  return items
}

function primary(cursor: Cursor): Expression {
  const token = cursor.peek()
  const { kind, value, start, end } = token
  if (kind === 'number' || kind === 'string') {
    cursor.next()
    return kind === 'number' ? { kind, value, start, end } : { kind, value, start, end }
  }
  if (cursor.accept('(')) return { ...expression(cursor), ...between(token, cursor.expect(')')) }
  if (kind !== 'name') throw cursor.expected('a value')
  if (cursor.accept('case')) return caseOf(cursor, token)
  if (cursor.accept('null')) return { kind: 'null', start, end }
  if (cursor.accept('true', 'false')) return { kind: 'bool', value: value === 'true', start, end }
  if (RESERVED.has(value)) throw cursor.expected('a value')
  cursor.next()
  if (!cursor.accept('(')) return { kind: 'column', name: value, start, end }
  return { kind: 'call', name: value, args: list(cursor), ...between(token, cursor.expect(')')) }
}

function caseOf(cursor: Cursor, start: Token): Expression {
  const branches: { when: Expression; result: Expression }[] = []
  while (cursor.accept('when')) {
    const when = expression(cursor)
    cursor.expect('then')
    branches.push({ when, result: expression(cursor) })
  }
  if (branches.length === 0) throw cursor.expected('`when`')
  const otherwise = cursor.accept('else') ? expression(cursor) : null
  return { kind: 'case', branches, otherwise, ...between(start, cursor.expect('end')) }
}
