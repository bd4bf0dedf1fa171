import type { FunctionSql } from './functions.ts'
import { aligned, widestOf } from './numbers.ts'
import { type Piece, piece } from './piece.ts'

const joined = (args: readonly Piece[], between: string): string => args.map(({ sql }) => sql).join(between)

const compared =
  (operator: string): FunctionSql =>
  (call, [left, right], refuse) => {
    if (left?.type.kind !== 'scalar')
      throw refuse({ what: 'a comparison of arrays or structs', instead: 'Compare their members' })
    if (!right) throw new TypeError('a comparison has two sides')
    return piece(call.type, `(${joined(aligned([left, right]), ` ${operator} `)})`)
  }

/** CASE over pairs of condition and result, the last one without a condition. */
function cases(call: Parameters<FunctionSql>[0], given: readonly Piece[], of: string): Piece {
  const isResult = (at: number) => at % 2 === 1 || (at === given.length - 1 && given.length % 2 === 1)
  const results = aligned(given.filter((_, at) => isResult(at)))
  const places = given.map((_, at) => at).filter(isResult)
  const args = given.map((each, at) => results[places.indexOf(at)] ?? each)
  const pairs = Array.from(
    { length: Math.floor(args.length / 2) },
    (_, at) => [args[2 * at], args[2 * at + 1]] as const,
  )
  const whens = pairs.map(([when, then]) => ` WHEN ${when?.sql} THEN ${then?.sql}`).join('')
  const otherwise = args.length % 2 === 1 ? ` ELSE ${args.at(-1)?.sql}` : ''
  return piece(call.type, `CASE${of}${whens}${otherwise} END`, widestOf(results))
}

const first: FunctionSql = (call, given) => {
  const args = aligned(given)
  return piece(call.type, `coalesce(${joined(args, ', ')})`, widestOf(args))
}

/** NULL if one of them is NULL. DuckDB would leave it out. */
const extreme =
  (name: 'greatest' | 'least'): FunctionSql =>
  (call, given) => {
    const args = aligned(given)
    const isNull = args.map(({ sql }) => `${sql} IS NULL`).join(' OR ')
    return piece(call.type, `CASE WHEN ${isNull} THEN NULL ELSE ${name}(${joined(args, ', ')}) END`, widestOf(args))
  }

function nullIf(call: Parameters<FunctionSql>[0], of: Piece | undefined, other: Piece | undefined): Piece {
  const isNeverZero = typeof other?.constant === 'string' && Number(other.constant) === 0
  return { ...piece(call.type, `nullif(${of?.sql}, ${other?.sql})`, of?.shape), isNeverZero }
}

/** Functions of conditions and of any type, by their names in the tree. */
export const LOGIC: Readonly<Record<string, FunctionSql>> = {
  $and: (call, args) => piece(call.type, `(${joined(args, ' AND ')})`),
  $or: (call, args) => piece(call.type, `(${joined(args, ' OR ')})`),
  $not: (call, [of]) => piece(call.type, `(NOT ${of?.sql})`),
  $is_null: (call, [of]) => piece(call.type, `(${of?.sql} IS NULL)`),
  $is_true: (call, [of]) => piece(call.type, `(${of?.sql} IS TRUE)`),
  $is_false: (call, [of]) => piece(call.type, `(${of?.sql} IS FALSE)`),
  $is_distinct_from: compared('IS DISTINCT FROM'),
  $is_not_distinct_from: compared('IS NOT DISTINCT FROM'),
  $equal: compared('='),
  $not_equal: compared('<>'),
  $less: compared('<'),
  $less_or_equal: compared('<='),
  $greater: compared('>'),
  $greater_or_equal: compared('>='),
  $between: (call, args) => {
    const [of, low, high] = aligned(args)
    return piece(call.type, `(${of?.sql} BETWEEN ${low?.sql} AND ${high?.sql})`)
  },
  $in: (call, args) => {
    const [of, ...items] = aligned(args)
    return piece(call.type, `(${of?.sql} IN (${joined(items, ', ')}))`)
  },
  $case_no_value: (call, args) => cases(call, args, ''),
  $case_with_value: (call, [of, ...args]) => {
    if (!of) throw new TypeError('CASE has a value')
    const isValue = (at: number) => at % 2 === 0 && at < args.length - 1
    const [value, ...wanted] = aligned([of, ...args.filter((_, at) => isValue(at))])
    const compared = args.map((each, at) => (isValue(at) ? (wanted[at / 2] ?? each) : each))
    return cases(call, compared, ` ${value?.sql}`)
  },
  if: (call, args) => cases(call, args, ''),
  ifnull: first,
  coalesce: first,
  nullif: (call, args) => {
    const [of, other] = aligned(args)
    return nullIf(call, of, other)
  },
  greatest: extreme('greatest'),
  least: extreme('least'),
}
