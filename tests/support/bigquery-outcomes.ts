import { z } from 'zod'
import { type Contract, type FileCheck, isHistoryCheck } from '../../functions/contract/contract.ts'
import type { HeaderPlan } from '../../functions/contract/drift.ts'
import { durationQuestion, valuesQuestion } from '../../functions/engine/bigquery/checks.ts'
import {
  type CheckOutcome,
  comparisonOutcome,
  durationOutcome,
  missingOutcome,
  rowOutcome,
  trailingOutcomes,
  uniqueOutcome,
  valuesOutcome,
} from '../../functions/engine/check-result.ts'
import { absentColumns, unlessAbsent } from '../../functions/engine/not-run.ts'
import { isPublic } from '../../functions/engine/privacy.ts'

/** Answer of the query of checks for one slice and question. */
export const CheckAnswer = z.object({
  check_name: z.string(),
  tested: z.coerce.number(),
  failed: z.coerce.number(),
  left_total: z.string().nullable(),
  right_total: z.string().nullable(),
  largest: z.string().nullable(),
  beyond: z.string().nullable(),
  examples: z.string().nullable(),
})
export type CheckAnswer = z.infer<typeof CheckAnswer>

const Examples = z.array(z.string()).nullable()
const ZERO = '0.000000000'
const NOTHING = {
  tested: 0,
  failed: 0,
  left_total: ZERO,
  right_total: ZERO,
  largest: ZERO,
  beyond: ZERO,
  examples: null,
}

/** The outcomes of all checks of one slice, as the transformer reports them. What has no answer has no rows. */
export function outcomesOf(
  contract: Contract,
  plan: Pick<HeaderPlan, 'missing' | 'width' | 'positions'> & { readonly trailing: number },
  answers: readonly CheckAnswer[],
): readonly CheckOutcome[] {
  const absent = absentColumns(contract, plan.positions)
  const byName = new Map(answers.map((answer) => [answer.check_name, answer]))
  const answerOf = (name: string): CheckAnswer => byName.get(name) ?? { check_name: name, ...NOTHING }
  const own = contract.checks.flatMap((check) => {
    return isHistoryCheck(check) ? [] : [unlessAbsent(checkOutcome(check, answerOf(check.name)), check, absent)]
  })
  const values = contract.columns
    .filter((column) => column.values && isPublic(column))
    .map((column) => {
      const { examples, ...counts } = answerOf(valuesQuestion(column))
      return valuesOutcome(column, { ...counts, examples: Examples.parse(JSON.parse(examples ?? 'null')) ?? [] })
    })
  const durations = contract.derived.flatMap(({ from, parse }) => {
    if (!from || (parse !== 'prose_duration' && parse !== 'signed_clock_duration')) return []
    const { tested, failed } = answerOf(durationQuestion(from))
    return [durationOutcome(from, tested, failed)]
  })
  return [
    ...own,
    ...values,
    ...durations,
    missingOutcome(plan.missing, contract.columns.length),
    ...trailingOutcomes(plan.trailing, plan.width),
  ]
}

function checkOutcome(check: FileCheck, answer: CheckAnswer): CheckOutcome {
  const { tested, failed, left_total: left, right_total: right, largest, beyond } = answer
  if ('that' in check) return rowOutcome(check, tested, failed)
  if ('unique' in check) return uniqueOutcome(check, tested, failed)
  // Two totals are one thing to compare even where there is no row to add up.
  const single = 'together' in check || ('equal' in check && !check.equal[0].by)
  return comparisonOutcome(check, [`${single ? 1 : tested}`, `${failed}`, left, right, largest, beyond])
}
