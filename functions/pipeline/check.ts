import type { CheckResult, Counts, Reason } from './model.ts'

/** Whether a transformed slice may be published. */
export type Verdict = { readonly stage: true } | { readonly stage: false; readonly reason: Reason }

export interface JudgeInput {
  readonly counts: Counts
  /** Results of the contract's checks and of the cross checks the slice takes part in. */
  readonly checks: readonly CheckResult[]
  /** Share of rejected rows above which the slice is held back. */
  readonly budget: number
  /** Rows that may be rejected whatever the share, in a file that is too small for shares. */
  readonly allowance: number
}

// One bad row of a small restaurant's forty is 2.5 %: explain it, do not hold the night back. A twentieth is the end of that.
const LARGEST_ALLOWED_SHARE = 0.05

/** Pure. The order of the reasons is that of their weight: counts that do not add up come before everything. */
export function judge({ counts, checks, budget, allowance }: JudgeInput): Verdict {
  const { records, accepted, rejected } = counts
  if (records !== 1 + accepted + rejected) {
    return hold('NOT_RECONCILED', `${records} records are not 1 header + ${accepted} accepted + ${rejected} rejected`)
  }
  const allowed = rejectsAllowed(accepted + rejected, { budget, allowance })
  if (rejected > allowed) {
    return hold(
      'REJECT_BUDGET_EXCEEDED',
      `${rejected} of ${accepted + rejected} rows were rejected; ${allowed} are allowed (reject_budget ${budget})`,
    )
  }
  const blocking = checks.find(({ effect, state }) => effect === 'block' && (state === 'fail' || state === 'error'))
  if (blocking) return hold('CHECK_BLOCKED', `check ${blocking.check}: ${blocking.message}`)
  return { stage: true }
}

/** Rejected rows that a slice of so many rows may have. */
export function rejectsAllowed(rows: number, { budget, allowance }: { budget: number; allowance: number }): number {
  return Math.max(Math.floor(rows * budget), Math.min(allowance, Math.floor(rows * LARGEST_ALLOWED_SHARE)))
}

/** A failed check that compares streams proves nothing while rows of one of them are rejected: it warns instead. */
export function soften(result: CheckResult, rejectedRows: number): CheckResult {
  if (result.state === 'pass' || rejectedRows === 0) return result
  return {
    ...result,
    state: 'warn',
    message: `${result.message}; not held against the files, because ${rejectedRows} of their rows were rejected`,
  }
}

function hold(code: Reason['code'], message: string): Verdict {
  return { stage: false, reason: { code, message } }
}
