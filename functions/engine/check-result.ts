import type { Check, Column } from '../contract/contract.ts'

/** What became of one check: the shape that ledger and events use. */
export interface CheckOutcome {
  readonly check: string
  readonly rule: string | null
  readonly state: 'pass' | 'warn' | 'fail' | 'error'
  readonly effect: 'warn' | 'quarantine' | 'block'
  readonly tested: number
  readonly failed: number
  readonly message: string
}

type Judged = Pick<Check, 'name' | 'effect'> & { readonly rule?: string | undefined }

/** The outcome of a check: a failure of one with the effect `block` fails, of any other warns. */
export function outcome(
  check: Judged,
  counts: { readonly tested: number; readonly failed: number; readonly message: string },
): CheckOutcome {
  const state = counts.failed === 0 ? 'pass' : check.effect === 'block' ? 'fail' : 'warn'
  return { check: check.name, rule: check.rule ?? null, state, effect: check.effect, ...counts }
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

/** The answer of `comparisonSql`, numbers and sums as text. */
export type Comparison = readonly [
  tested: string,
  failed: string,
  left: string | null,
  right: string | null,
  largest: string | null,
]

/** Comparisons of two terms: what was tested, and the sums on both sides. */
export function comparisonOutcome(
  check: Judged & ({ readonly equal: unknown } | { readonly every: unknown } | { readonly together: unknown }),
  answer: Comparison,
): CheckOutcome {
  const [tested, failed] = [Number(answer[0]), Number(answer[1])]
  const [left, right, largest] = answer.slice(2).map((text) => (text === null || text === undefined ? '' : plain(text)))
  if ('every' in check)
    return outcome(check, { tested, failed, message: `${failed} of ${tested} values are missing on the other side` })
  if ('together' in check)
    return outcome(check, { tested, failed, message: `${left} on the left, ${right} on the right` })
  const sums = `${left} on the left, ${right} on the right`
  const message = tested === 1 ? sums : `${failed} of ${tested} keys differ, at most by ${largest}; in all ${sums}`
  return outcome(check, { tested, failed, message })
}

/** Values outside the list of a column: a warning, never more, and their text only where it is public. */
export function valuesOutcome(
  { name }: Pick<Column, 'name'>,
  counts: { readonly tested: number; readonly failed: number; readonly examples: readonly string[] },
): CheckOutcome {
  const { tested, failed, examples } = counts
  const quoted = examples.map((value) => JSON.stringify(value.slice(0, 60))).join(', ')
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

/** Columns that the file lacks though the contract neither requires them nor calls them optional. */
export function missingOutcome(columns: readonly string[], tested: number): CheckOutcome {
  const message = columns.length === 0 ? 'all expected columns are there' : `the file lacks ${columns.join(', ')}`
  return outcome({ name: 'expected_columns', effect: 'warn' }, { tested, failed: columns.length, message })
}

/** A decimal text without the zeros that only its scale puts there, but at least two places, as money is written. */
function plain(decimal: string): string {
  return decimal.replace(/(\.\d\d\d*?)0+$/, '$1')
}
