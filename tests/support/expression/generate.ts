import fc from 'fast-check'
import type { Expression } from '../../../functions/contract/expression/expression.ts'

/** Columns of the generated expressions. */
export const COLUMNS = new Map([
  ['a', 'numeric'],
  ['b', 'numeric'],
  ['tax', 'numeric'],
  ['i', 'int64'],
  ['j', 'int64'],
  ['s', 'string'],
  ['t', 'string'],
  ['p', 'bool'],
  ['q', 'bool'],
] as const)

type Build = fc.Arbitrary<Expression>
type Kind = Expression['kind']
type Fields<K extends Kind> = { readonly kind: K } & Readonly<Record<string, unknown>>

// Trees that are compared have no places: they were never text.
const node = <K extends Kind>(fields: Fields<K>): Expression => ({ ...fields, start: 0, end: 0 }) as never

const column = (...names: readonly string[]): Build =>
  fc.constantFrom(...names).map((name) => node<'column'>({ kind: 'column', name }))
const string = fc
  .oneof(fc.constantFrom('', 'a', 'b', "it's", ' x ', 'é', '🌶️'), fc.string({ maxLength: 4 }))
  .filter((text) => text.isWellFormed() && !text.includes('\0'))
  .map((value) => node<'string'>({ kind: 'string', value }))
const digits = fc
  .tuple(fc.nat(9_999), fc.option(fc.stringMatching(/^[0-9]{1,4}$/), { nil: undefined }))
  .map(([whole, decimals]) =>
    node<'number'>({ kind: 'number', value: decimals === undefined ? String(whole) : `${whole}.${decimals}` }),
  )
const places = fc.integer({ min: 0, max: 9 }).map((value) => node<'number'>({ kind: 'number', value: String(value) }))
const call = (name: string, ...args: readonly Build[]): Build =>
  fc.tuple(...args).map((list) => node<'call'>({ kind: 'call', name, args: list }))

/** Well-typed expressions over `COLUMNS`, a few levels deep: exact numbers, texts and conditions. */
export const { number, text, condition } = fc.letrec<{ number: Expression; text: Expression; condition: Expression }>(
  (tie) => {
    const n = tie('number')
    const s = tie('text')
    const p = tie('condition')
    const deep = { depthSize: 'small', withCrossShrink: true } as const
    const choose = (result: Build): Build =>
      fc
        .tuple(fc.array(fc.tuple(p, result), { minLength: 1, maxLength: 2 }), fc.option(result, { nil: null }))
        .map(([branches, otherwise]) =>
          node<'case'>({ kind: 'case', branches: branches.map(([when, then]) => ({ when, result: then })), otherwise }),
        )
    const pair = (of: Build): fc.Arbitrary<readonly [Expression, Expression]> => fc.tuple(of, of)
    const either = fc.oneof(pair(n), pair(s))
    const flag = fc.boolean()
    return {
      number: fc.oneof(
        deep,
        column('a', 'b', 'tax', 'i', 'j'),
        digits,
        fc
          .tuple(fc.constantFrom('+', '-', '*', '/'), n, n)
          .map(([operator, left, right]) => node<'arithmetic'>({ kind: 'arithmetic', operator, left, right })),
        n.map((operand) => node<'negate'>({ kind: 'negate', operand })),
        call('coalesce', n, n),
        call('nullif', n, n),
        call('abs', n),
        call('round', n, places),
        call('length', s),
        choose(n),
      ),
      text: fc.oneof(
        deep,
        column('s', 't'),
        string,
        pair(s).map(([left, right]) => node<'concat'>({ kind: 'concat', left, right })),
        call('trim', s),
        call('coalesce', s, s, s),
        call('nullif', s, s),
        choose(s),
      ),
      condition: fc.oneof(
        deep,
        column('p', 'q'),
        fc.boolean().map((value) => node<'bool'>({ kind: 'bool', value })),
        fc
          .tuple(fc.constantFrom('=', '<>', '<', '<=', '>', '>='), either)
          .map(([operator, [left, right]]) => node<'compare'>({ kind: 'compare', operator, left, right })),
        fc
          .tuple(fc.constantFrom('and', 'or'), p, p)
          .map(([kind, left, right]) => node<'and'>({ kind, left, right } as never)),
        p.map((operand) => node<'not'>({ kind: 'not', operand })),
        fc
          .tuple(fc.oneof(n, s, p), flag)
          .map(([operand, negated]) => node<'is_null'>({ kind: 'is_null', operand, negated })),
        fc
          .tuple(
            fc.oneof(
              fc.tuple(n, fc.array(n, { minLength: 1, maxLength: 3 })),
              fc.tuple(s, fc.array(s, { minLength: 1, maxLength: 3 })),
            ),
            flag,
          )
          .map(([[operand, items], negated]) => node<'in'>({ kind: 'in', operand, items, negated })),
        fc
          .tuple(fc.oneof(fc.tuple(n, n, n), fc.tuple(s, s, s)), flag)
          .map(([[operand, low, high], negated]) => node<'between'>({ kind: 'between', operand, low, high, negated })),
        call('starts_with', s, s),
        call('ends_with', s, s),
        call('contains', s, s),
        choose(p),
      ),
    }
  },
)
