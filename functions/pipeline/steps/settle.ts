import { type DaybreakError, ERRORS } from '../../errors.ts'
import type {
  CheckResult,
  Delivery,
  DeliveryRecord,
  Instant,
  Message,
  RawObject,
  Reason,
  Run,
  RunSlice,
  Slice,
  SliceKey,
} from '../entities.ts'
import { REJECTS } from '../manifest.ts'
import { barePart, PROFILES } from '../names.ts'
import type { Change } from '../ports.ts'
import type { CheckedDay, JudgedItem, JudgedPart, Verdict } from './check-day.ts'
import { CROSS_CHECKS } from './cross-check.ts'
import type { Day } from './day.ts'
import { sight, toSeen } from './decide.ts'
import { incidentsOf } from './incident.ts'
import type { FailedItem, MadeItem, PreparedItem, SettledItem } from './item.ts'
import { deliveryOf } from './transform.ts'

/** One day of one location after its checks, and the place, time and run of the work. */
export interface SettleInput
  extends Omit<CheckedDay, 'copies'>,
    Pick<Day, 'definition' | 'shard' | 'window' | 'readiness' | 'run'> {
  readonly now: Instant
  readonly newId: () => string
}

/** The changes of one day, and the entries of its run. */
export interface SettledDay {
  readonly changes: readonly Change[]
  readonly runSlices: readonly RunSlice[]
  readonly failure: DaybreakError | null
}

/**
 * Pure: what the ledger has to record about one day of one location, whole or not at all. Slices, deliveries, checks,
 * incidents, and one `load` message per partition whose content changes.
 */
export function settle(input: SettleInput): SettledDay {
  const settled = input.items.map((item) => settleItem(item, input))
  const failures = input.items.flatMap((item) => (item.result === 'failed' ? [item.failure] : []))
  const failure = failures.find((error) => !isVerdict(error) && !isUnread(error)) ?? null
  return {
    changes: [
      ...settled.flatMap((one) => toChanges(one, input)),
      ...unchangedChange(settled, input),
      ...crossChanges(input),
      ...constantChanges(settled, input),
      ...settled.flatMap((one) => overrideAudit(one, input)),
      ...incidentsOf(settled, input),
      ...loadMessages(settled, input),
    ],
    runSlices: settled.map((one) => toRunSlice(one, input.run)),
    failure,
  }
}

function settleItem(item: JudgedItem, input: SettleInput): SettledItem {
  if (item.result === 'failed') return settleFailed(item, input)
  if (item.result === 'made') return settleMade(item, input)
  const { decision } = item
  // A file that was read and has the bytes we know may have another time: the ledger then knows it by that.
  const source = item.result === 'unchanged' ? item.file : item.slice.source
  const looked: Slice = { ...item.slice, source, lookedAt: item.lookedAt, updatedAt: input.now, runId: input.run.id }
  const bare = { item, deliveries: [], checks: null }
  if (decision.action === 'wait') {
    const slice = {
      ...looked,
      ...toSeen(item.slice, decision, item.lookedAt),
      updatedAt: input.now,
      runId: input.run.id,
    }
    return { ...bare, slice, outcome: 'seen', reason: decision.reason }
  }
  if (decision.action === 'absent') {
    const { reason } = decision
    const absent = { ...looked, raw: null, delivery: null }
    return decision.state === 'missing'
      ? { ...bare, slice: { ...absent, state: decision.state, reason: decision.reason }, outcome: 'missing', reason }
      : { ...bare, slice: { ...absent, state: decision.state, reason }, outcome: 'unchanged', reason }
  }
  return { ...bare, ...settleKept(item, looked, input.run) }
}

/** Nothing new: a file that is held back still is, one that an earlier run staged is published by this one. */
function settleKept({ slice: known }: PreparedItem, looked: Slice, run: Run): Kept {
  const { state, reason } = known
  const seen: Slice = { ...looked, sighting: null }
  if (state === 'quarantined' || state === 'held') return { slice: seen, outcome: state, reason }
  // Bytes that were read after all, or a file that was read before it stood still and has done so since.
  const slice = seen.state === 'loaded' ? { ...seen, reason: null } : seen
  const outcome = isOwn(known, run) ? 'staged' : state === 'staged' ? 'resumed' : 'unchanged'
  return { slice, outcome, reason: null }
}

/** A message that comes again must not take back what its run counts as its own. */
function isOwn({ delivery, runId }: Slice, run: Run): boolean {
  return runId === run.id && delivery !== null && delivery.stagedAt >= run.createdAt
}

type Kept = Pick<SettledItem, 'slice' | 'outcome' | 'reason'>

/**
 * The file is listed but could not be read whole. Only this slice waits; what it had stays. A file that changed under the
 * reader is looked at by the next sweep, so its last look does not count.
 */
function settleUnread(item: FailedItem, { now, run }: SettleInput): SettledItem {
  const { slice: before, decision, failure } = item
  const reason = reasonOf(failure)
  const unread = {
    reason: before.state === 'quarantined' || before.state === 'held' ? before.reason : reason,
    firstSeenAt: before.firstSeenAt ?? now,
    sighting: decision.action === 'fetch' ? sight(decision.file, before.sighting, item.lookedAt) : before.sighting,
    lookedAt: failure.code === 'FILE_CHANGED' ? before.lookedAt : item.lookedAt,
    updatedAt: now,
    runId: run.id,
  }
  const slice: Slice = before.raw === null ? { ...before, ...unread, state: 'seen' } : { ...before, ...unread }
  return { item, slice, outcome: 'seen', reason, deliveries: [], checks: null }
}

function settleFailed(item: FailedItem, input: SettleInput): SettledItem {
  if (isUnread(item.failure)) return settleUnread(item, input)
  if (isVerdict(item.failure)) return settleQuarantined(item, reasonOf(item.failure), input)
  return settleBroken(item, input)
}

/** Machinery failed, so nothing is known about the file; bytes that were landed are remembered. */
function settleBroken(item: FailedItem, { now, run }: SettleInput): SettledItem {
  const reason = reasonOf(item.failure)
  const { raw } = item
  const wasLanded = raw !== null && raw.sha256 !== item.slice.delivery?.raw.sha256
  const slice: Slice = wasLanded
    ? {
        ...item.slice,
        state: 'landed',
        reason,
        raw,
        source: item.file ?? item.slice.source,
        updatedAt: now,
        runId: run.id,
      }
    : item.slice
  return { item, slice, outcome: 'failed', reason, deliveries: [], checks: null }
}

function settleMade(item: JudgedPart, input: SettleInput): SettledItem {
  const { verdict } = item
  const checks = [...item.made.checks, ...(input.checks.own.get(item.key.stream) ?? [])]
  if (verdict.stage) return settleStaged(item, input, { checks, verdict })
  if (verdict.state === 'held') return settleHeld(item, verdict.reason, { ...input, results: checks })
  return settleQuarantined(item, verdict.reason, input, checks)
}

interface Staging {
  readonly checks: readonly CheckResult[]
  readonly verdict: Extract<Verdict, { stage: true }>
}

function settleStaged(item: MadeItem, { now, run }: SettleInput, { checks, verdict }: Staging): SettledItem {
  const { made, raw, slice: before } = item
  const override = verdict.override
  const delivery = deliveryOf(made, { raw, stagedAt: now, ...(override && { override }) })
  const kept = before.delivery?.part.object === delivery.part.object ? withProfiles(before.delivery, delivery) : null
  const same = kept !== null
  const slice: Slice = {
    ...looked(item, { now, run }),
    state: same && before.state === 'loaded' ? 'loaded' : 'staged',
    reason: item.decision.action === 'fetch' ? item.decision.mark : null,
    raw,
    delivery: kept ? { ...kept, ...(verdict.override && { override: verdict.override }) } : delivery,
    rejects: delivery.rejects,
  }
  const unchanged = same && before.state === 'loaded'
  // An import reads each file again: what it finds staged already is the work of the run that staged it.
  const resumed = same && before.state === 'staged' && !isOwn(before, run)
  const isNew = !unchanged && !resumed
  const old = same || before.delivery === null ? [] : [supersededBy(item, before.delivery, now)]
  return {
    item,
    slice,
    outcome: unchanged ? 'unchanged' : resumed ? 'resumed' : 'staged',
    reason: null,
    deliveries: !isNew ? [] : [...old, toRecord(item, { state: 'staged', reason: null, now, runId: run.id })],
    checks,
    ...(isNew && verdict.override && { override: verdict.override }),
  }
}

/** The file is kept out; the partition keeps what it had. Its rejects are published, since they say why. */
function settleQuarantined(
  item: MadeItem | FailedItem,
  reason: Reason,
  { now, run }: SettleInput,
  checks: readonly CheckResult[] | null = null,
): SettledItem {
  const rejects = item.result === 'made' ? barePart(item.made.rejects) : item.slice.rejects
  const refused = { ...looked(item, { now, run }), state: 'quarantined' as const, reason, rejects }
  const raw = item.raw ?? item.slice.raw
  const slice: Slice = raw === null ? { ...refused, raw, delivery: null } : { ...refused, raw }
  const record = isLanded(item) ? [toRecord(item, { state: 'quarantined', reason, now, runId: run.id })] : []
  return { item, slice, outcome: 'quarantined', reason, deliveries: record, checks }
}

/** This version waits for a person, or for the same bytes again; what is published stays, with its rejects. */
function settleHeld(
  item: MadeItem,
  reason: Reason,
  { now, run, results }: SettleInput & { readonly results: readonly CheckResult[] },
): SettledItem {
  const seen = looked(item, { now, run })
  // A copy in a day that was signed is taken out once the day is open.
  const isOut = item.isClosedCopy && reason.code !== 'DAY_CLOSED'
  const delivery = isOut ? null : seen.delivery
  const slice: Slice = { ...seen, state: 'held', reason, raw: item.raw, delivery }
  const record = toRecord(item, { state: 'held', reason, now, runId: run.id })
  return { item, slice, outcome: 'held', reason, deliveries: [record], checks: results }
}

function looked(
  { slice, file, lookedAt }: MadeItem | FailedItem,
  { now, run }: Pick<SettleInput, 'now' | 'run'>,
): Slice {
  return {
    ...slice,
    source: file ?? slice.source,
    sighting: null,
    firstSeenAt: slice.firstSeenAt ?? now,
    lookedAt,
    updatedAt: now,
    runId: run.id,
  }
}

/** An item whose bytes are in the archive. */
type LandedItem = MadeItem | (FailedItem & { readonly raw: RawObject })

function isLanded(item: MadeItem | FailedItem): item is LandedItem {
  return item.raw !== null
}

/** State in which the bytes of an item are recorded. */
interface Fate {
  readonly state: 'staged' | 'held' | 'quarantined'
  readonly reason: Reason | null
  readonly now: Instant
  readonly runId: string
}

function toRecord(item: LandedItem, { state, reason, now, runId }: Fate): DeliveryRecord {
  const { key, raw, version, file, slice } = item
  const made = item.result === 'made' ? item.made : null
  return {
    ...key,
    raw,
    state,
    ...version,
    counts: made?.counts ?? null,
    totals: made?.totals ?? null,
    reason,
    source: file ?? slice.source,
    runId,
    at: now,
  }
}

function supersededBy({ key, slice }: PreparedItem, delivery: Delivery, now: Instant): DeliveryRecord {
  const { raw, contract, engine, counts, totals } = delivery
  return {
    ...key,
    raw,
    state: 'superseded',
    contract,
    engine,
    counts,
    totals,
    reason: null,
    source: slice.source,
    runId: slice.runId,
    at: now,
  }
}

function toChanges(
  { item, slice, deliveries, checks, outcome, reason }: SettledItem,
  { run, now }: SettleInput,
): readonly Change[] {
  const runSlice = toRunSlice({ item, outcome, reason }, run)
  return [
    { change: 'slice', slice },
    // A superseded and a new record of the same raw object (another contract version) are one entry: the new one, set last.
    ...deliveries.map((delivery): Change => ({ change: 'delivery', delivery })),
    ...(checks ? [{ change: 'checks' as const, key: item.key, results: checks, at: now }] : []),
    ...(isCountedOnly(runSlice) ? [] : [{ change: 'run_slice' as const, runSlice, at: now }]),
  ]
}

/** An earlier delivery of the message may have left an entry, such as a failure. */
function unchangedChange(
  settled: readonly SettledItem[],
  { definition, shard, window, run }: SettleInput,
): readonly Change[] {
  const streams = settled.flatMap((one) => (isCountedOnly(toRunSlice(one, run)) ? [one.item.key.stream] : []))
  const day = { pipeline: definition.name, shard: shard.id, window }
  return streams.length === 0 ? [] : [{ change: 'run_slices_unchanged', runId: run.id, day, streams }]
}

function toRunSlice({ item, outcome, reason }: Pick<SettledItem, 'item' | 'outcome' | 'reason'>, run: Run): RunSlice {
  return {
    ...item.key,
    runId: run.id,
    outcome,
    reason,
    counts:
      (item.result === 'made' ? item.made.counts : null) ??
      (outcome === 'resumed' || outcome === 'staged' ? (item.slice.delivery?.counts ?? null) : null),
    milliseconds: item.milliseconds,
  }
}

function crossChanges({ checks, definition, shard, window, now }: SettleInput): readonly Change[] {
  if (checks.cross.length === 0) return []
  const key: SliceKey = { pipeline: definition.name, stream: CROSS_CHECKS, shard: shard.id, window }
  const results = [...checks.cross.map(({ result }) => result), ...checks.earlier]
  return [{ change: 'checks', key, results, at: now }]
}

/** Only files that are published say what a location's files have. */
function constantChanges(settled: readonly SettledItem[], { constants, now }: SettleInput): readonly Change[] {
  const published = new Set(settled.filter(({ outcome }) => outcome === 'staged').map(({ slice }) => slice.stream))
  const known = constants.filter(({ stream }) => published.has(stream))
  return known.length === 0 ? [] : [{ change: 'constants', constants: known, at: now }]
}

/** Who published what a check or the budget held back. */
function overrideAudit({ override, slice }: SettledItem, { run, now }: SettleInput): readonly Change[] {
  if (override === undefined) return []
  const subject = `${slice.pipeline}/${slice.shard}/${slice.window}/${slice.stream}`
  const { how, reason } = override
  const entry = {
    at: now,
    actor: run.scope.by ?? run.trigger,
    action: `slice.${how}`,
    subject,
    details: reason.message,
  }
  return [{ change: 'audit', entry }]
}

/** One message per partition whose manifest changes; a slice left `staged` by a crash asks again. */
function loadMessages(
  settled: readonly SettledItem[],
  { definition, window, run, now, newId }: SettleInput,
): readonly Change[] {
  const streams = settled.filter(isOtherInTable).map(({ slice }) => slice.stream)
  const rejects = settled.some(touchesRejects)
  const added = [...(rejects ? [REJECTS] : []), ...(settled.some(touchesProfiles) ? [PROFILES] : [])]
  return [...streams, ...added].map((stream): Change => {
    const message: Message = {
      id: newId(),
      runId: run.id,
      work: { kind: 'load', pipeline: definition.name, stream, window },
      state: 'pending',
      attempts: 0,
      notBefore: now,
      unchanged: [],
      reason: null,
      createdAt: now,
      sentAt: null,
      version: 0,
    }
    return { change: 'message', message }
  })
}

/** A part comes into the table, or the one that is there goes. */
function isOtherInTable({ slice, item }: SettledItem): boolean {
  return slice.state === 'staged' || (item.slice.delivery !== null && slice.delivery === null)
}

/** A part that was staged by an earlier release gets its profiles when it is made again. */
function withProfiles(before: Delivery, { profiles }: Delivery): Delivery {
  return before.profiles || !profiles ? before : { ...before, profiles }
}

function touchesProfiles({ slice, item }: SettledItem): boolean {
  const [before, after] = [item.slice.delivery?.profiles, slice.delivery?.profiles]
  return (slice.state === 'staged' && after !== undefined) || before?.object !== after?.object
}

/** Most files have no rejects before or after, and then there is nothing to load of them. */
function touchesRejects({ slice, item }: SettledItem): boolean {
  if (!item.slice.rejects?.rows && !slice.rejects?.rows) return false
  return slice.state === 'staged' || slice.rejects?.object !== item.slice.rejects?.object
}

function reasonOf({ code, message }: DaybreakError): Reason {
  return { code, message }
}

/** True for failures that say something about the file, false for those of machinery. */
function isVerdict(error: DaybreakError): boolean {
  const { kind } = ERRORS[error.code]
  return kind === 'data' || kind === 'drift'
}

/** True when the source did not hand out this one file, and may at the next look. */
function isUnread({ code }: DaybreakError): boolean {
  return code === 'SOURCE_READ_FAILED' || code === 'FILE_CHANGED'
}

/** True for a look that found nothing new and has nothing to explain: it is counted, and has no entry of its own. */
export function isCountedOnly({ outcome, reason, counts }: Pick<RunSlice, 'outcome' | 'reason' | 'counts'>): boolean {
  return outcome === 'unchanged' && reason === null && counts === null
}
