import type { Above, Check, Column, CrossCheck, Term } from '../contract/contract.ts'
import { cutText, quoteName } from '../lib/foreign-text.ts'
import { maskPersonal } from './rejects/mask-personal.ts'

/** Result of one check, in the shape that ledger and events use. */
export interface CheckOutcome {
  readonly check: string
  readonly rule: string | null
  readonly state: 'pass' | 'warn' | 'fail' | 'error'
  readonly effect: Check['effect']
  readonly tested: number
  readonly failed: number
  readonly message: string
}

type Judged = Pick<Check, 'name' | 'effect'> & {
  readonly rule?: string | undefined
  readonly above?: Above | undefined
}

interface Counted {
  readonly tested: number
  readonly failed: number
  readonly message: string
  /** Sum of the differences beyond the tolerance, as decimal text. */
  readonly difference?: string | undefined
}

/**
 * The outcome of a check. A failure that is worth its effect fails; one below `above`, of the effect `warn`, or whose rows
 * became rejects, warns.
 */
export function outcome(check: Judged, { difference, message, tested, failed }: Counted): CheckOutcome {
  const { name, rule = null, effect } = check
  const give = (state: CheckOutcome['state'], text = message): CheckOutcome => {
    return { check: name, rule, state, effect, tested, failed, message: text }
  }
  if (failed === 0) return give('pass')
  if (effect === 'warn' || effect === 'quarantine') return give('warn')
  if (isAbove(check.above, { tested, failed, difference })) return give('fail')
  return give('warn', `${message}; too little to ${effect}`)
}

/** True when a failure exceeds one of the limits. Without limits every failure does. */
function isAbove(above: Above | undefined, { tested, failed, difference }: Omit<Counted, 'message'>): boolean {
  if (above?.difference === undefined && above?.share === undefined) return failed >= (above?.rows ?? 1)
  // A limit is a rough thing, so money may be a float here.
  if (above.difference !== undefined && Number(difference ?? 0) > above.difference) return true
  return above.share !== undefined && failed >= (above.rows ?? 1) && failed > above.share * tested
}

/** Row checks: how many rows break the condition. */
export function rowOutcome(
  check: Judged & { readonly that: string; readonly within: number },
  tested: number,
  failed: number,
): CheckOutcome {
  const tolerance = check.within > 0 ? ` (within ${check.within})` : ''
  return outcome(check, { tested, failed, message: `${failed} of ${tested} rows break ${check.that}${tolerance}` })
}

/** Unique checks: how many rows repeat a key that an earlier one has. */
export function uniqueOutcome(
  check: Judged & { readonly unique: readonly string[] },
  tested: number,
  failed: number,
): CheckOutcome {
  return outcome(check, { tested, failed, message: `${failed} of ${tested} rows repeat ${check.unique.join(' + ')}` })
}

/** The answer of `comparisonSql`, numbers and sums as text. `beyond` is the sum of all differences that fail. */
export type Comparison = readonly [
  tested: string,
  failed: string,
  left: string | null,
  right: string | null,
  largest: string | null,
  beyond: string | null,
]

/** Comparisons of two terms: what was tested, and the sums on both sides. */
export function comparisonOutcome(check: Judged & CrossCheck, answer: Comparison): CheckOutcome {
  const [tested, failed] = [Number(answer[0]), Number(answer[1])]
  const [left = '', right = '', largest = '', beyond] = answer
    .slice(2)
    .map((text) => (text === null ? '' : plain(text)))
  const counts = { tested, failed, difference: beyond }
  if ('every' in check) return outcome(check, { ...counts, message: missingMessage(check, counts) })
  const sums = sidesMessage('together' in check ? check.together : check.equal, { left, right })
  if ('together' in check || tested === 1) return outcome(check, { ...counts, message: sums })
  const off = failed === 0 ? '' : `, at most by ${largest}, together by ${beyond}`
  return outcome(check, { ...counts, message: `${failed} of ${tested} keys differ${off}; in all ${sums}` })
}

function missingMessage(
  { every, existsIn: other }: Extract<CrossCheck, { every: unknown }>,
  { tested, failed, difference }: Omit<Counted, 'message'>,
): string {
  const keys = every.stream === undefined ? 'values' : `values of ${every.stream}.${every.by}`
  const money = every.sum !== undefined && failed > 0 ? `; ${every.sum} of those: ${difference}` : ''
  return `${failed} of ${tested} ${keys} are missing ${other.stream === undefined ? 'on the other side' : `in ${other.stream}`}${money}`
}

function sidesMessage([a, b]: readonly [Term, Term], { left, right }: { left: string; right: string }): string {
  const name = ({ stream, sum }: Term) => (stream === undefined ? null : `${sum ?? 'rows'} of ${stream}`)
  const [one, other] = [name(a), name(b)]
  if (one === null || other === null) return `${left} on the left, ${right} on the right`
  return `${one} ${left}, ${other} ${right}`
}

/** Values outside the list of a column: a warning, never more, and their text only where it is public. */
export function valuesOutcome(
  { name }: Pick<Column, 'name'>,
  counts: { readonly tested: number; readonly failed: number; readonly examples: readonly string[] },
): CheckOutcome {
  const { tested, failed, examples } = counts
  const quoted = examples.map((value) => quoteName(maskPersonal(cutText(value, 60)))).join(', ')
  const message =
    failed === 0
      ? `all values of ${name} are known`
      : `${failed} of ${tested} rows have a value of ${name} that is not in its list: ${quoted}`
  return outcome({ name: `known_values_of_${name}`.slice(0, 63), effect: 'warn' }, { tested, failed, message })
}

/** Durations that are there but cannot be read: the text is kept, the seconds are empty. */
export function durationOutcome(column: string, tested: number, failed: number): CheckOutcome {
  const message = `${failed} of ${tested} rows have a ${column} that is no duration`
  return outcome({ name: `durations_of_${column}`.slice(0, 63), effect: 'warn' }, { tested, failed, message })
}

/** A header that ends in commas. No data is lost, but the writer of the file has changed. */
export function trailingOutcomes(trailing: number, tested: number): readonly CheckOutcome[] {
  if (trailing === 0) return []
  const message = `the header has ${trailing} empty ${trailing === 1 ? 'field' : 'fields'} after its last name`
  return [outcome({ name: 'header_ends_with_its_names', effect: 'warn' }, { tested, failed: trailing, message })]
}

/** Columns that the file lacks though the contract neither requires them nor calls them optional. */
export function missingOutcome(columns: readonly string[], tested: number): CheckOutcome {
  const message = columns.length === 0 ? 'all expected columns are there' : `the file lacks ${columns.join(', ')}`
  return outcome({ name: 'expected_columns', effect: 'warn' }, { tested, failed: columns.length, message })
}

/** A decimal text without the zeros that only its scale puts there, but at least two places, as money is written. */
function plain(decimal: string): string {
  return decimal.replace(/(\.\d\d\d*?)0+$/, '$1')
}
