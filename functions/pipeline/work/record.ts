import { breakageOf, DaybreakError, type ErrorCode, toDaybreakError } from '../../errors.ts'
import { applied } from '../apply.ts'
import {
  type Message,
  type Reason,
  type Run,
  type RunCounts,
  type RunSlice,
  type RunState,
  type SliceKey,
  TERMINAL_RUN_STATES,
} from '../entities.ts'
import { hooksAfterRun } from '../hooks/run-ends.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Ports } from '../ports.ts'
import type { Words } from '../slice-words.ts'
import { type Dispute, disputeReason, gravest, gravestFailure } from '../steps/verdict.ts'
import { subjectOfWork, WAITED_KINDS } from './kinds.ts'

type RecordPorts = Pick<Ports, 'ledger' | 'clock' | 'log' | 'words' | 'hooks'>

/** True when nothing about the run can change any more. */
export function isTerminal({ state }: Run): boolean {
  return TERMINAL_RUN_STATES.includes(state)
}

/** State that a run ends in. */
interface Concluded {
  readonly state: RunState
  /** The gravest reason, which decides the exit code. */
  readonly reason: Reason | null
}

/** Slices, dead messages and disputes that decide how a run ends. */
interface Outcomes {
  readonly runSlices: readonly RunSlice[]
  readonly dead: readonly Message[]
  /** Failed checks that dispute days of these slices. */
  readonly disputes: readonly Dispute[]
  readonly words: Words
}

const UNFINISHED: readonly RunSlice['outcome'][] = ['held', 'quarantined', 'missing', 'seen']

/** Pure: what a run without open messages has become. */
export function conclude({ runSlices, dead, disputes, words }: Outcomes): Concluded {
  const failures = runSlices.filter(({ outcome }) => outcome === 'failed')
  const failed = gravestFailure([...dead, ...failures].flatMap(({ reason }) => reason ?? []))
  if (failed) return { state: 'failed', reason: failed }
  const unfinished = runSlices.filter(({ outcome }) => UNFINISHED.includes(outcome))
  const reasons = [...disputeReasons(disputes, words), ...unfinished.flatMap(({ reason }) => reason ?? [])]
  if (unfinished.length > 0 || disputes.length > 0) return { state: 'partial', reason: gravest(reasons) }
  if (runSlices.length === 0) return { state: 'skipped', reason: null }
  return { state: 'succeeded', reason: null }
}

function disputeReasons(disputes: readonly Dispute[], words: Words): readonly Reason[] {
  const days = Map.groupBy(disputes, dayOf)
  return [...days.values()].flatMap((all) => (all[0] ? [disputeReason(all[0], all, words)] : []))
}

const dayOf = ({ shard, window }: SliceKey): string => `${shard}/${window}`

/** Failed checks with the effect `dispute` over days that a run looked at. */
export async function disputesOf(
  runSlices: readonly RunSlice[],
  ledger: Pick<Ports['ledger'], 'checks'>,
): Promise<readonly Dispute[]> {
  const [first] = runSlices
  if (!first) return []
  const windows = [...new Set(runSlices.map(({ window }) => window))]
  const failed = await ledger.checks({ pipeline: first.pipeline, windows, failed: true })
  const looked = new Set(runSlices.map(dayOf))
  const refused = new Set(runSlices.filter(isRefused).map((slice) => `${dayOf(slice)}/${slice.stream}`))
  return failed.filter(
    (check) =>
      check.effect === 'dispute' && looked.has(dayOf(check)) && !refused.has(`${dayOf(check)}/${check.stream}`),
  )
}

const isRefused = ({ outcome }: RunSlice): boolean => outcome === 'held' || outcome === 'quarantined'

/**
 * Ends a run whose messages are all done. Two workers may come here with the last two messages at once: terminal states
 * are written once, so one of them loses, and that is fine.
 */
export async function finishRun(runId: string | null, ports: RecordPorts): Promise<void> {
  const { ledger, clock, log, words } = ports
  const run = runId === null ? null : await ledger.run(runId)
  if (runId === null || run === null || isTerminal(run)) return
  const kinds = WAITED_KINDS
  const open = await ledger.messages({ runId, kinds, states: ['pending'], limit: 1 })
  if (open.length > 0) return
  const [runSlices, dead] = await Promise.all([
    ledger.runSlices(runId),
    ledger.messages({ runId, kinds, states: ['dead'] }),
  ])
  const disputes = await disputesOf(runSlices, ledger)
  const concluded = conclude({ runSlices, dead, disputes, words: words(run.pipeline) })
  const counts = countSlices(runSlices)
  const failed = await hooksAfterRun(run, { state: concluded.state, counts }, ports)
  const isWorse = failed !== null && concluded.state !== 'failed'
  const { state, reason } = isWorse ? ({ state: 'failed', reason: failed } as const) : concluded
  const finished: Run = { ...run, state, reason, counts, finishedAt: clock.now() }
  if (!(await applied([{ change: 'run', run: finished }], ledger))) return
  log({
    severity: state === 'failed' ? 'ERROR' : state === 'partial' ? 'WARNING' : 'INFO',
    message: `Run ${state}${reason ? `: ${reason.message}` : ''}`,
    ...(reason && { code: reason.code }),
    step: 'record',
    runId,
    pipeline: run.pipeline,
    milliseconds: clock.now() - run.createdAt,
    counts: { ...finished.counts },
  })
}

/** Records that a message will not be tried again, as an incident; it can be replayed with `runs retry`. */
export async function bury(message: Message, error: unknown, ports: RecordPorts): Promise<void> {
  const { code, message: text } = toDaybreakError(error)
  const stored = await ports.ledger.message(message.id)
  if (stored === null || stored.state !== 'pending') return
  const now = ports.clock.now()
  const reason: Reason = { code, message: text }
  const cause = isSourceDown(code) ? incidentCause.source(stored.work.pipeline) : incidentCause.message(stored.work)
  await ports.ledger.apply([
    { change: 'message', message: { ...stored, state: 'dead', reason } },
    { change: 'incident_opened', ...cause, severity: 'error', reason, runId: stored.runId, at: now },
  ])
  ports.log({
    severity: 'ERROR',
    message: `Gave up on ${subjectOfWork(stored.work)}: ${text}`,
    code,
    ...(stored.runId !== null && { runId: stored.runId }),
    pipeline: stored.work.pipeline,
  })
  await finishRun(stored.runId, ports)
}

/**
 * Counts a delivery of a message that was taken over from a worker that died, before the work begins: one that kills its
 * worker never comes to report a failure. False when it did so as often as is allowed, and was given up on. All other
 * messages cost nothing; where a service delivers them, the service counts.
 */
export async function countDelivery(message: Message, limit: number, ports: RecordPorts): Promise<boolean> {
  if (message.attempts === 0) return true
  const stored = await ports.ledger.message(message.id)
  if (stored === null || stored.state !== 'pending') return true
  if (stored.attempts >= limit) {
    const text = `${subjectOfWork(stored.work)} was begun ${stored.attempts} times, and its worker failed or died each time`
    await bury(stored, new DaybreakError('RUN_FAILED', text), ports)
    return false
  }
  await applied([{ change: 'message', message: { ...stored, attempts: stored.attempts + 1 } }], ports.ledger)
  return true
}

/** True for a failure of the whole source: one incident, however many locations meet it. */
function isSourceDown(code: ErrorCode): boolean {
  return breakageOf(code) === 'source'
}

/** Counts of a run: rows that it staged, and not those it only published for an earlier run. */
export function countSlices(runSlices: readonly RunSlice[]): RunCounts {
  const sum = (value: (slice: RunSlice) => number) => runSlices.reduce((total, slice) => total + value(slice), 0)
  return {
    slices: runSlices.length,
    rows: sum(({ outcome, counts }) => (outcome === 'staged' ? (counts?.accepted ?? 0) : 0)),
    rejected: sum(({ outcome, counts }) => (outcome === 'resumed' ? 0 : (counts?.rejected ?? 0))),
    unchanged: runSlices.filter(({ outcome }) => outcome === 'unchanged').length,
  }
}
