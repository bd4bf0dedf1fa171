import type { CheckResult, CheckState, Counts, Override, Reason } from '../entities.ts'

/** Decides if a transformed slice may be published, and what it becomes if not. */
export type Verdict =
  | { readonly stage: true; readonly override?: Override }
  | { readonly stage: false; readonly state: 'quarantined' | 'held'; readonly reason: Reason }

/** Counts, results and limits that a file is judged by. */
interface JudgeInput {
  readonly counts: Counts
  /** Rows that rejected records seem to have swallowed: each counts as a rejected row. */
  readonly hidden?: number
  /** Results of the contract's checks and of the cross checks the slice takes part in. */
  readonly checks: readonly CheckResult[]
  /** Share of rejected rows above which the slice is held back. */
  readonly budget: number
  /** Rows that may be rejected at any share, in a file that is too small for shares. */
  readonly allowance: number
  /** Publish what a check or the budget holds back. */
  readonly force?: boolean
  /** Why a hold does not hold these bytes any more; `none` while it does. */
  readonly clearance?: 'none' | 'released' | 'confirmed' | 'published'
  /** Set for a change of a day that was signed. */
  readonly closed?: Closed | null
}

/** A change of a day that was signed: a proposal until a person accepts these bytes. */
export interface Closed {
  readonly reason: Reason
  readonly isAccepted: boolean
}

// One bad row of a small restaurant's forty is 2.5 %: explain it, do not hold the night back. A twentieth is the end of that.
const LARGEST_ALLOWED_SHARE = 0.05
const FAILED: readonly CheckState[] = ['fail', 'error']

/** Pure. The order of the reasons is that of their weight: counts that do not add up come before everything. */
export function judge({ counts, hidden, checks, budget, allowance, force, ...input }: JudgeInput): Verdict {
  const { clearance = 'none', closed = null } = input
  const { records, accepted, rejected } = counts
  if (records !== 1 + accepted + rejected) {
    const message = `${records} records are not 1 header + ${accepted} accepted + ${rejected} rejected`
    return { stage: false, state: 'quarantined', reason: { code: 'NOT_RECONCILED', message } }
  }
  const refusal = refusalOf({ counts, ...(hidden !== undefined && { hidden }), checks, budget, allowance })
  if (refusal && !force) return { stage: false, state: 'quarantined', reason: refusal }
  // Neither force nor a second delivery accepts a change of what was signed.
  if (closed && !closed.isAccepted) return { stage: false, state: 'held', reason: closed.reason }
  if (refusal) return overridden('forced', refusal)
  if (closed) return overridden('released', closed.reason)
  const hold = reasonOf('FILE_HELD', checks, (check) => check.effect === 'hold' && check.state === 'fail')
  if (!hold || clearance === 'published') return { stage: true }
  if (clearance !== 'none') return overridden(clearance, hold)
  return force ? overridden('forced', hold) : { stage: false, state: 'held', reason: hold }
}

function refusalOf({
  counts: { accepted, rejected },
  hidden = 0,
  checks,
  budget,
  allowance,
}: JudgeInput): Reason | null {
  const lost = rejected + hidden
  const allowed = rejectsAllowed(accepted + lost, { budget, allowance })
  if (lost > allowed) {
    const inside = hidden > 0 ? `, ${hidden} of them inside other records` : ''
    const message = `${lost} of ${accepted + lost} rows were rejected${inside}; ${allowed} are allowed (reject_budget ${budget})`
    return { code: 'REJECT_BUDGET_EXCEEDED', message }
  }
  return reasonOf('CHECK_BLOCKED', checks, ({ effect, state }) => effect === 'block' && FAILED.includes(state))
}

function reasonOf(
  code: Reason['code'],
  checks: readonly CheckResult[],
  isMeant: (check: CheckResult) => boolean,
): Reason | null {
  const found = checks.find(isMeant)
  return found ? { code, message: `check ${found.check}: ${found.message}` } : null
}

function overridden(how: Override['how'], reason: Reason): Verdict {
  return { stage: true, override: { how, reason } }
}

/** Rejected rows that a slice of so many rows may have. */
export function rejectsAllowed(rows: number, { budget, allowance }: { budget: number; allowance: number }): number {
  return Math.max(Math.floor(rows * budget), Math.min(allowance, Math.floor(rows * LARGEST_ALLOWED_SHARE)))
}
