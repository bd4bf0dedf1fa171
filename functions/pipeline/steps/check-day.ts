import { isDeepStrictEqual } from 'node:util'
import { fileOf } from '../../contract/contract.ts'
import type { PipelineDefinition } from '../definition.ts'
import type {
  CheckResult,
  CheckState,
  Counts,
  Delivery,
  DeliveryRecord,
  KnownConstant,
  Override,
  Reason,
  RunScope,
} from '../entities.ts'
import type { SignOff } from '../people/records.ts'
import type { Ports } from '../ports.ts'
import { type Comparable, type CrossResult, crossCheck, earlierResults } from './cross-check.ts'
import type { Day } from './day.ts'
import { compareWithHistory } from './history.ts'
import type { MadeItem, PreparedItem } from './item.ts'

/** The items of a day with their verdicts, and the results that the verdicts are made of. */
export interface CheckedDay {
  readonly items: readonly JudgedItem[]
  readonly checks: {
    /** Results in addition to those of the transform, by stream. */
    readonly own: ReadonlyMap<string, readonly CheckResult[]>
    readonly cross: readonly CrossResult[]
    /** Results of checks over several streams that still stand. */
    readonly earlier: readonly CheckResult[]
  }
  /** Values of constant columns that are new. */
  readonly constants: readonly KnownConstant[]
  /** Published deliveries that these files show to be copies. */
  readonly copies: readonly DeliveryRecord[]
}

/** Compares the new files with their history, then with each other, and judges which may be published. */
export async function checkDay(prepared: readonly PreparedItem[], day: Day, ports: Ports): Promise<CheckedDay> {
  const { definition, run } = day
  const { results: own, constants, copies } = await compareWithHistory(prepared, day, ports.ledger)
  const signOff = await signOffOf(prepared, day, ports)
  const context = { definition, scope: run.scope, own, signOff }
  const files = judgeFiles(prepared, context)
  // A file that is held back is not what the table shows, so the others are compared with the version before.
  const shown = prepared.map((item) => ({
    ...{ key: item.key, slice: item.slice },
    made: item.result === 'made' && files.get(item.key.stream)?.stage !== false ? item.made : null,
  }))
  const compared = [...shown, ...(await bystanders(day, ports))]
  const cross = await crossCheck(compared, day, ports)
  const earlier = await earlierResults(compared, { definition, fresh: cross }, ports.ledger)
  const items = judgeTogether(prepared, { ...context, files, cross })
  return { items, checks: { own, cross, earlier }, constants, copies }
}

/** Published files of streams that a narrowed run leaves alone: the files it brings in are compared with them. */
async function bystanders(
  { definition, shard, window, run }: Day,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<readonly Comparable[]> {
  const { streams } = run.scope
  if (streams === undefined) return []
  const slices = await ledger.slices({ pipeline: definition.name, shards: [shard.id], windows: [window] })
  const others = slices.filter(({ stream, delivery }) => delivery !== null && !streams.includes(stream))
  return others.map((slice) => ({ key: slice, made: null, slice }))
}

interface JudgeContext {
  readonly definition: PipelineDefinition
  readonly scope: RunScope
  /** Results in addition to those of the transform, by stream. */
  readonly own: ReadonlyMap<string, readonly CheckResult[]>
  /** Signature under the day; null where none closes it. */
  readonly signOff?: SignOff | null
}

/** Verdicts on the files of a day that became a part, by stream. */
type Verdicts = ReadonlyMap<string, Verdict>

/** Pure: which files may be published as far as each can tell by itself, and those that came with files of another day. */
export function judgeFiles(items: readonly PreparedItem[], context: JudgeContext): Verdicts {
  const made = items.filter((item) => item.result === 'made')
  const verdicts = new Map(made.map((item) => [item.key.stream, judgeOne(item, context)]))
  const strangers = strangersOf(made, verdicts)
  if (strangers.length === 0) return verdicts
  for (const item of made) {
    const companion = companionVerdict(item, strangers, verdicts)
    if (companion && clearanceOf(item, context.scope) === 'none' && !context.scope.force)
      verdicts.set(item.key.stream, companion)
  }
  return verdicts
}

/** An item after its judgement: one that became a part has its verdict. */
export type JudgedItem = Exclude<PreparedItem, MadeItem> | JudgedPart

/** An item that became a part, with its verdict. */
export type JudgedPart = MadeItem & { readonly verdict: Verdict }

/** Pure: the items with their verdicts, once files were compared with each other. A check between files refuses each of its streams. */
export function judgeTogether(
  items: readonly PreparedItem[],
  { files, cross, ...context }: JudgeContext & { readonly files: Verdicts; readonly cross: readonly CrossResult[] },
): readonly JudgedItem[] {
  return items.map((item) => {
    if (item.result !== 'made') return item
    const { stream } = item.key
    const alone = files.get(stream) ?? judgeOne(item, context)
    const crossing = cross.filter(({ streams }) => streams.includes(stream)).map(({ result }) => result)
    return { ...item, verdict: alone.stage && crossing.length > 0 ? judgeOne(item, context, crossing) : alone }
  })
}

function judgeOne(
  item: MadeItem,
  { definition, scope, own, signOff = null }: JudgeContext,
  crossing: readonly CheckResult[] = [],
): Verdict {
  return judge({
    counts: item.made.counts,
    hidden: item.made.hidden ?? 0,
    checks: [...item.made.checks, ...(own.get(item.key.stream) ?? []), ...crossing],
    budget: item.contract.rejectBudget ?? definition.config.rejectBudget,
    allowance: definition.config.rejectAllowance,
    force: scope.force ?? false,
    clearance: clearanceOf(item, scope),
    closed: signOff && closedOf(item, signOff, scope),
  })
}

/** The signature that closes a day, if some file of it is new. */
async function signOffOf(
  prepared: readonly PreparedItem[],
  { definition, shard, window }: Day,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<SignOff | null> {
  if (definition.config.signedDays !== 'hold' || !prepared.some(({ result }) => result === 'made')) return null
  return await ledger.signOff({ pipeline: definition.name, window, shard: shard.id, stream: '' })
}

/** Null for rows that change nothing of what was signed, such as those of an older contract that were made again. */
function closedOf(
  { key, raw, slice, made, ...item }: MadeItem,
  { actor, at }: SignOff,
  scope: RunScope,
): Closed | null {
  const { delivery } = slice
  const isPublished = delivery?.raw.sha256 === raw.sha256
  const isCopy = item.isClosedCopy && isPublished
  const isSame =
    delivery?.part.object === made.part.object ||
    (isPublished && isDeepStrictEqual(amountsOf(delivery), amountsOf(made)))
  if (isSame && !isCopy) return null
  const what = delivery === null ? 'it came after' : isCopy ? 'it is a copy in' : 'it is another version than'
  const signed = `the day was signed by ${actor} at ${new Date(at).toISOString()}`
  const reason = { code: 'DAY_CLOSED', message: `${key.stream}: ${what} what was signed; ${signed}` } as const
  return { reason, isAccepted: scope.release?.includes(raw.sha256) === true }
}

const amountsOf = ({ counts, totals }: Pick<Delivery, 'counts' | 'totals'>) => [counts.accepted, totals]

/** Why a hold does not hold these bytes: they are published already, a person released them, or they came a second time. */
function clearanceOf(
  { raw, slice, past, file, isClosedCopy }: MadeItem,
  scope: RunScope,
): 'none' | 'released' | 'confirmed' | 'published' {
  if (slice.delivery?.raw.sha256 === raw.sha256 && !isClosedCopy) return 'published'
  if (scope.release?.includes(raw.sha256)) return 'released'
  const held = past.find((record) => record.state === 'held' && record.raw.sha256 === raw.sha256)
  // The same file at the same place is no second delivery: it is written anew when its time is another.
  const isAgain = held !== undefined && file !== null && held.source?.modifiedAt !== file.modifiedAt
  return isAgain ? 'confirmed' : 'none'
}

/** Files with rows that are held because they are of another day or location: not those that only lost rows. */
function strangersOf(items: readonly MadeItem[], verdicts: Verdicts): readonly MadeItem[] {
  const held = items.filter((item) => {
    const verdict = verdicts.get(item.key.stream)
    if (verdict?.stage !== false || verdict.state !== 'held') return false
    return verdict.reason.code !== 'DAY_CLOSED' && !isLoss(item, verdict)
  })
  const arrived = items.filter(hasRows)
  return held.length * 2 >= arrived.length ? held : []
}

const hasRows = ({ made }: MadeItem): boolean => made.counts.accepted > 0

function isLoss({ contract }: MadeItem, { reason }: Extract<Verdict, { stage: false }>): boolean {
  return contract.checks.some((check) => 'loss' in check && reason.message.startsWith(`check ${check.name}:`))
}

/** A report without dates cannot tell its day: where most files of a delivery are of another day, it waits with them. */
function companionVerdict(item: MadeItem, strangers: readonly MadeItem[], verdicts: Verdicts): Verdict | null {
  if (!hasRows(item) || verdicts.get(item.key.stream)?.stage !== true) return null
  const names = strangers.map(({ contract }) => fileOf(contract)).join(', ')
  const message = `${fileOf(item.contract)} came with files that are held: ${names}`
  return { stage: false, state: 'held', reason: { code: 'FILE_HELD', message } }
}

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
