import type { Check, Contract, Term } from '../contract/contract.ts'
import type { CheckOutcome } from './check-result.ts'

/** Columns of a contract that the file of a slice does not have. */
export function absentColumns(
  { columns }: Pick<Contract, 'columns'>,
  positions: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  return new Set(columns.flatMap(({ name }) => (positions.has(name) ? [] : [name])))
}

/**
 * The outcome of a check, or that it was not run: one that reads an absent column and found nothing had nothing to look at,
 * unless it says itself what an empty value means.
 */
export function unlessAbsent(outcome: CheckOutcome, check: Check, absent: ReadonlySet<string>): CheckOutcome {
  const texts = textsOf(check)
  const lacking = [...new Set(texts.flatMap((text) => text.match(/[a-z_][a-z0-9_]*/g) ?? []))].filter((name) =>
    absent.has(name),
  )
  const handled = outcome.failed > 0 || texts.some((text) => /\bcoalesce\b|\bis (?:not )?null\b/.test(text))
  if (lacking.length === 0 || handled) return outcome
  return { ...outcome, state: 'pass', tested: 0, message: `not run: the file has no column ${lacking.join(', ')}` }
}

/** Everything in a check that names columns of its own stream. */
function textsOf(check: Check): readonly string[] {
  if ('that' in check) return [check.that]
  if ('unique' in check) return check.unique
  if ('equal' in check) return check.equal.flatMap(ofTerm)
  if ('together' in check) return check.together.flatMap(ofTerm)
  return 'every' in check ? [check.every, check.existsIn].flatMap(ofTerm) : []
}

const ofTerm = ({ sum, where, by }: Term): readonly string[] => [sum, where, by].flatMap((text) => text ?? [])
