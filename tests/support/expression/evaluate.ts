import type { Expression } from '../../../functions/contract/expression/expression.ts'

/**
 * A number as a fraction of two integers: an evaluator that shares nothing with the SQL it is compared with.
 * `integer` tells int64 from numeric, which decides where results overflow and round.
 */
export interface Exact {
  readonly n: bigint
  readonly d: bigint
  readonly integer: boolean
}
export type Result = Exact | string | boolean | null
/** Thrown where a result is beyond what the SQL must hold; the property skips those. */
export class TooLarge extends Error {}

const PLACES = 1_000_000_000n
// Far inside 38 digits even after two more multiplications by a column.
const LIMIT = 10n ** 13n

const abs = (x: bigint): bigint => (x < 0n ? -x : x)
export const exact = (n: bigint, d = 1n, integer = false): Exact => {
  if (abs(n) > LIMIT * abs(d)) throw new TooLarge()
  return { n: d < 0n ? -n : n, d: abs(d), integer }
}

/** The fraction at so many decimal places, halves away from zero. */
export function roundTo({ n, d }: Exact, places: bigint): Exact {
  const scaled = (2n * abs(n) * places + d) / (2n * d)
  return exact(n < 0n ? -scaled : scaled, places)
}

const compareNumbers = (a: Exact, b: Exact): number =>
  Number(a.n * b.d - b.n * a.d > 0n) - Number(a.n * b.d - b.n * a.d < 0n)
const isNumber = (result: Result): result is Exact => typeof result === 'object' && result !== null

function order(a: Result, b: Result): number {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return Number(a === true) - Number(b === true)
}

function calculate(operator: string, a: Exact, b: Exact): Exact | null {
  const integer = a.integer && b.integer && operator !== '/'
  if (operator === '+') return exact(a.n * b.d + b.n * a.d, a.d * b.d, integer)
  if (operator === '-') return exact(a.n * b.d - b.n * a.d, a.d * b.d, integer)
  if (operator === '*') return { ...roundTo(exact(a.n * b.n, a.d * b.d), PLACES), integer }
  if (b.n === 0n) return null
  return roundTo(exact(a.n * b.d, a.d * b.n), PLACES)
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (o) => o === 0,
  '<>': (o) => o !== 0,
  '<': (o) => o < 0,
  '<=': (o) => o <= 0,
  '>': (o) => o > 0,
  '>=': (o) => o >= 0,
}

const and = (a: Result, b: Result): Result =>
  a === false || b === false ? false : a === null || b === null ? null : true
const not = (a: Result): Result => (a === null ? null : !a)
const equal = (a: Result, b: Result): Result => (a === null || b === null ? null : order(a, b) === 0)

/** Value of an expression for one row, by the definition of SQL and of the documentation. */
export function evaluate(expression: Expression, row: ReadonlyMap<string, Result>): Result {
  const go = (inner: Expression): Result => evaluate(inner, row)
  switch (expression.kind) {
    case 'number': {
      const [whole = '', decimals = ''] = expression.value.split('.')
      return exact(BigInt(whole + decimals), 10n ** BigInt(decimals.length), !expression.value.includes('.'))
    }
    case 'string':
    case 'bool':
      return expression.value
    case 'null':
      return null
    case 'column':
      return row.get(expression.name) ?? null
    case 'negate': {
      const operand = go(expression.operand)
      return isNumber(operand) ? { ...operand, n: -operand.n } : null
    }
    case 'not':
      return not(go(expression.operand))
    case 'arithmetic': {
      const [a, b] = [go(expression.left), go(expression.right)]
      return isNumber(a) && isNumber(b) ? calculate(expression.operator, a, b) : null
    }
    case 'compare': {
      const [a, b] = [go(expression.left), go(expression.right)]
      return a === null || b === null ? null : COMPARISONS[expression.operator]!(order(a, b))
    }
    case 'and':
      return and(go(expression.left), go(expression.right))
    case 'or':
      return not(and(not(go(expression.left)), not(go(expression.right))))
    case 'concat': {
      const [a, b] = [go(expression.left), go(expression.right)]
      return typeof a === 'string' && typeof b === 'string' ? a + b : null
    }
    case 'is_null':
      return (go(expression.operand) === null) !== expression.negated
    case 'in': {
      const operand = go(expression.operand)
      const found = expression.items.map((item) => equal(operand, go(item)))
      const result = found.includes(true) ? true : found.includes(null) ? null : false
      return expression.negated ? not(result) : result
    }
    case 'between': {
      const operand = go(expression.operand)
      const [low, high] = [go(expression.low), go(expression.high)]
      const above = operand === null || low === null ? null : order(operand, low) >= 0
      const below = operand === null || high === null ? null : order(operand, high) <= 0
      return expression.negated ? not(and(above, below)) : and(above, below)
    }
    case 'case': {
      // Every branch is computed, as SQL may, so that a result too large anywhere is skipped.
      const results = expression.branches.map(({ when, result }) => [go(when), go(result)] as const)
      const otherwise = expression.otherwise ? go(expression.otherwise) : null
      const taken = results.find(([when]) => when === true)
      return taken ? taken[1] : otherwise
    }
    case 'call':
      return call(expression.name, expression.args.map(go))
  }
}

function call(name: string, [a = null, b = null, ...rest]: readonly Result[]): Result {
  if (name === 'coalesce') return [a, b, ...rest].find((value) => value !== null) ?? null
  if (name === 'nullif') return equal(a, b) === true ? null : a
  if (name === 'abs') return isNumber(a) ? { ...a, n: abs(a.n) } : null
  if (name === 'round') return isNumber(a) && isNumber(b) ? roundTo(a, 10n ** b.n) : null
  if (name === 'numeric') return a
  if (typeof a !== 'string') return null
  if (name === 'length') return exact(BigInt([...a].length), 1n, true)
  if (name === 'trim') return a.replace(/^ +| +$/g, '')
  if (typeof b !== 'string') return null
  if (name === 'starts_with') return a.startsWith(b)
  if (name === 'ends_with') return a.endsWith(b)
  if (name === 'contains') return a.includes(b)
  throw new Error(`no meaning for ${name}`)
}

/** A result as text that compares: numbers at nine decimal places. */
export function show(result: Result): string | null {
  if (!isNumber(result)) return result === null ? null : String(result)
  const { n } = roundTo(result, PLACES)
  const digits = abs(n).toString().padStart(10, '0')
  const text = `${digits.slice(0, -9)}.${digits.slice(-9)}`
  return n < 0n ? `-${text}` : text
}
