import { fileOf } from '../../contract/contract.ts'
import { type DaybreakError, ERRORS, type ErrorCode } from '../../errors.ts'
import { quoteNames } from '../../lib/foreign-text.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, CheckResult, IncidentCause, Instant, Reason, Run, Slice } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Readiness } from '../plan/planner.ts'
import type { Change } from '../ports.ts'
import { dayNamed, flagsOf, shardNamed, type Words, wordsOf } from '../slice-words.ts'
import type { CrossResult } from './cross-check.ts'
import type { SettledItem } from './item.ts'

interface IncidentInput {
  readonly definition: PipelineDefinition
  readonly shard: { readonly id: string }
  readonly window: BusinessDate
  readonly run: Run
  readonly now: Instant
  readonly readiness: Readiness
  readonly checks: { readonly cross: readonly CrossResult[] }
}

// Toast keeps seven days; the last two are the time to telephone.
const LAST_DAYS = 2 * 86_400_000
// Files of a day that a folder has under another name or as something else, in the text of one incident.
const SHOWN = 5

/**
 * Pure: the incidents that one day of one location opens, and those it resolves. One cause at one location is one incident,
 * however many days it hits: its subjects are the days, or the files, and it is resolved with the last of them.
 */
export function incidentsOf(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  return [
    missing(settled, input),
    ...arrived(settled, input),
    ...unreadable(settled, input),
    ...waiting(settled, input),
    ...clock(settled, input),
    ...settled.flatMap((one) => refused(one, input)),
    ...settled.flatMap((one) => rejects(one, input)),
    ...settled.flatMap((one) => drift(one, input)),
    ...checks(settled, input),
  ]
}

function missing(settled: readonly SettledItem[], input: IncidentInput): Change {
  const { definition, shard, window, now, readiness } = input
  const cause = incidentCause.missing(definition.name, shard.id)
  const absent = settled.filter(({ slice }) => slice.state === 'missing')
  if (absent.length === 0) return { change: 'incident_resolved', key: cause.key, subject: window, at: now }
  const streams = absent.map(({ slice }) => slice.stream).join(', ')
  const severity = severityOf(readiness, now)
  const beside = absent.flatMap(({ item: { decision } }) =>
    decision.action === 'absent' && decision.state === 'missing' && decision.beside !== '' ? [decision.beside] : [],
  )
  const found = beside.slice(0, SHOWN).map((text) => `; ${text}`)
  const message = `${dayOf(input)}: missing ${streams}${fateOf(readiness, now)}${found.join('')}`
  return open({ cause, severity, reason: { code: 'INCOMPLETE', message } }, input)
}

/** An error if the source deletes the files within days. */
function severityOf({ goneAt }: Readiness, now: Instant): 'error' | 'warning' {
  return goneAt !== null && goneAt - now < LAST_DAYS ? 'error' : 'warning'
}

function fateOf({ goneAt }: Readiness, now: Instant): string {
  if (goneAt === null) return ''
  const left = Math.ceil((goneAt - now) / 86_400_000)
  return left > 0 ? `; the server deletes the day in ${left} d` : '; the server no longer keeps the day'
}

/** True when the files of a lost notice are here: some file of the day was taken, and none is still waited for. */
function arrived(
  settled: readonly SettledItem[],
  { definition, shard, window, now }: IncidentInput,
): readonly Change[] {
  const states = new Set(settled.map(({ slice }) => slice.state))
  const isHere = states.has('staged') || states.has('loaded')
  if (!isHere || states.has('seen') || states.has('landed')) return []
  return [{ change: 'incident_resolved', key: incidentCause.arrival(definition.name, shard.id, window).key, at: now }]
}

/** Files that are listed and cannot be read: one incident for the day, which names each with its reason. */
function unreadable(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  const { definition, shard, window, now, run } = input
  const cause = incidentCause.unreadable(definition.name, shard.id)
  const unread = settled.flatMap(({ item }) =>
    item.result === 'failed' && isUnreadable(item.failure, input) ? [item.failure] : [],
  )
  const [first] = unread
  if (first) {
    const severity = severityOf(input.readiness, now)
    const message = `${dayOf(input)}: ${unread.map((failure) => failure.message).join('; ')}`
    return [open({ cause, severity, reason: { code: first.code, message } }, input)]
  }
  // A file that is gone by now was never read, and a look at some streams says nothing about the others.
  const unsolved = settled.some(({ slice }) => slice.reason?.code === 'SOURCE_READ_FAILED')
  return unsolved || run.scope.streams
    ? []
    : [{ change: 'incident_resolved', key: cause.key, subject: window, at: now }]
}

/** A file may change while it is read; one that always does is reported once its day is late. */
function isUnreadable({ code }: DaybreakError, { readiness, now }: IncidentInput): boolean {
  return code === 'SOURCE_READ_FAILED' || (code === 'FILE_CHANGED' && now >= readiness.lateAt)
}

/** Files that do not stand still although the day is late, whether they were read all the same or not. */
function waiting(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  const { definition, shard, window, now, readiness } = input
  const cause = incidentCause.waiting(definition.name, shard.id)
  const restless = settled.flatMap(({ item, outcome, reason }) => {
    if (now < readiness.lateAt || item.result === 'failed') return []
    if (outcome === 'seen') return reason ? [reason] : []
    return item.decision.action === 'fetch' && item.decision.mark ? [item.decision.mark] : []
  })
  const [first] = restless
  if (first) {
    const others = restless.length > 1 ? ` (and ${restless.length - 1} more files)` : ''
    const message = `${dayOf(input)}: ${first.message}${others}`
    return [open({ cause, severity: 'warning', reason: { code: first.code, message } }, input)]
  }
  const wasRestless = settled.some(({ item: { slice } }) => slice.sighting !== null || isRestless(slice.reason))
  return wasRestless ? [{ change: 'incident_resolved', key: cause.key, subject: window, at: now }] : []
}

function isRestless(reason: Reason | null): boolean {
  return reason?.code === 'FILE_CHANGED' || reason?.code === 'SOURCE_CLOCK'
}

/** Times that no clock in the right zone gives: one cause, however many files and days it shows in. */
function clock(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  const { definition, shard, now } = input
  const cause = incidentCause.clock(definition.name, shard.id)
  const judged = settled.flatMap(({ item: { decision } }) =>
    decision.action === 'fetch' || decision.action === 'wait' ? [decision.clock] : [],
  )
  const wrong = judged.find((reason) => reason !== null)
  if (wrong)
    return [{ change: 'incident_opened', ...cause, severity: 'warning', reason: wrong, runId: input.run.id, at: now }]
  return judged.length > 0 ? [{ change: 'incident_resolved', key: cause.key, at: now }] : []
}

/** One incident per cause: a month of files that one check holds is one, and so is a week of half-written ones. */
function refused({ slice, reason, outcome, item, override }: SettledItem, input: IncidentInput): readonly Change[] {
  const subject = `${slice.window} ${slice.stream}`
  const cause = (code: ErrorCode) => incidentCause.refused(slice.pipeline, slice.shard, code)
  const resolve = (codes: readonly ErrorCode[]) =>
    codes.map((code): Change => ({ change: 'incident_resolved', key: cause(code).key, subject, at: input.now }))
  if (outcome === 'quarantined' || outcome === 'held') {
    if (!reason) return []
    const others = wasRefused(item.slice) ? REFUSALS.filter((code) => code !== reason.code) : []
    const opened = open(
      {
        cause: cause(reason.code),
        severity: 'warning',
        reason: refusalMessage(slice, reason, wordsOf(input.definition)),
        subject,
      },
      input,
    )
    return [...resolve(others), opened]
  }
  const isPublished = outcome === 'staged' || (outcome === 'unchanged' && override !== undefined)
  return isPublished && wasRefused(item.slice) ? resolve(REFUSALS) : []
}

/** Codes that a refused file may have had. */
const REFUSALS = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ['data', 'drift'].includes(ERRORS[code].kind))

/** Only a slice with bytes that are not published may have an incident of its own. */
function wasRefused({ raw, state }: Slice): boolean {
  return raw !== null && state !== 'loaded' && state !== 'staged'
}

function refusalMessage(slice: Slice, { code, message }: Reason, words: Words): Reason {
  const place = `${slice.stream} of ${dayNamed(slice, words)}`
  const release = `\`daybreak slices release ${flagsOf(slice, words)}\` publishes it`
  if (code === 'DAY_CLOSED') return { code, message: `${place}, waits as a proposal: ${message}; ${release}` }
  return { code, message: code === 'FILE_HELD' ? `${place}, is held: ${message}; ${release}` : `${place}: ${message}` }
}

function rejects({ slice, item, outcome }: SettledItem, input: IncidentInput): readonly Change[] {
  const cause = incidentCause.rejects(slice.pipeline, slice.shard, slice.stream)
  if (item.result !== 'made' || outcome === 'unchanged' || outcome === 'held') return []
  const { rejected, accepted } = item.made.counts
  if (rejected === 0) return [{ change: 'incident_resolved', key: cause.key, subject: slice.window, at: input.now }]
  const message = `${rejected} of ${rejected + accepted} rows of ${slice.stream}, ${dayOf(input)}, were rejected`
  return [open({ cause, severity: 'warning', reason: { code: 'ROWS_REJECTED', message } }, input)]
}

function drift({ slice, item }: SettledItem, input: IncidentInput): readonly Change[] {
  const cause = incidentCause.drift(slice.pipeline, slice.shard, slice.stream)
  if (item.result !== 'made' || item.contract.drift.newColumn !== 'warn') return []
  const { newColumns } = item.made.drift
  if (newColumns.length === 0) return [{ change: 'incident_resolved', key: cause.key, at: input.now }]
  const message = `${fileOf(item.contract)} of ${shardNamed(slice.shard, wordsOf(input.definition))} has columns the contract does not know: ${quoteNames(newColumns)}`
  const reason: Reason = { code: 'DRIFT_NEW_COLUMN', message }
  return [{ change: 'incident_opened', ...cause, severity: 'warning', reason, runId: input.run.id, at: input.now }]
}

function checks(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  const { definition, shard, window, now } = input
  // What a refused file says of itself is in its own incident; what force published is in the audit.
  const own = settled.flatMap((one) =>
    isRefused(one) ? [] : (one.checks ?? []).map((result) => withOverride(result, one)),
  )
  const crossed = input.checks.cross.flatMap(({ result, explained }) =>
    explained && result.state !== 'fail' ? [] : [result],
  )
  return [...own, ...crossed]
    .filter(({ effect }) => effect !== 'quarantine')
    .map((result): Change => {
      const cause = incidentCause.check(definition.name, shard.id, result.check)
      if (result.state === 'pass') return { change: 'incident_resolved', key: cause.key, subject: window, at: now }
      const message = `check ${result.check}, ${dayOf(input)}: ${result.message}`
      const severity = result.state === 'error' ? 'error' : 'warning'
      return open({ cause, severity, reason: { code: codeOf(result), message } }, input)
    })
}

/** The day that is settled, in the words of its pipeline. */
function dayOf({ definition, shard, window }: IncidentInput): string {
  return dayNamed({ shard: shard.id, window }, wordsOf(definition))
}

const isRefused = ({ outcome }: SettledItem): boolean => outcome === 'held' || outcome === 'quarantined'

/** A hold or a block that was overridden is settled: the slice, its sheet and the audit say by whom. */
function withOverride(result: CheckResult, { override, slice }: SettledItem): CheckResult {
  const isPublished = override !== undefined || slice.delivery?.override !== undefined
  const isRefusal = result.effect === 'hold' || result.effect === 'block'
  return isPublished && isRefusal ? { ...result, state: 'pass' } : result
}

function codeOf({ state, effect }: CheckResult): ErrorCode {
  if (state !== 'fail') return 'CHECK_FAILED'
  return effect === 'dispute' ? 'DAY_DISPUTED' : effect === 'block' ? 'CHECK_BLOCKED' : 'CHECK_FAILED'
}

interface Opened {
  readonly cause: IncidentCause
  readonly severity: 'warning' | 'error'
  readonly reason: Reason
  /** The business date unless it is said. */
  readonly subject?: string
}

function open({ cause, severity, reason, subject }: Opened, { run, now, window }: IncidentInput): Change {
  return { change: 'incident_opened', ...cause, subject: subject ?? window, severity, reason, runId: run.id, at: now }
}
