import type { DaybreakError } from '../errors.ts'
import { quoteNames } from '../lib/foreign-text.ts'
import type { PipelineDefinition, Readiness } from './definition.ts'
import type { BusinessDate, CheckResult, Instant, Reason, Run } from './model.ts'
import type { Change } from './ports.ts'
import type { SettledItem } from './settle.ts'

interface IncidentInput {
  readonly definition: PipelineDefinition
  readonly location: { readonly id: string }
  readonly date: BusinessDate
  readonly run: Run
  readonly now: Instant
  readonly readiness: Readiness
  readonly checks: { readonly cross: readonly { readonly result: CheckResult; readonly explained: boolean }[] }
}

// Toast keeps seven days; the last two are the time to telephone.
const LAST_DAYS = 2 * 86_400_000

/**
 * Pure: the incidents that one day of one location opens, and those it resolves. One cause is one incident: seven absent
 * files are one missing delivery.
 */
export function incidentsOf(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  return [
    missing(settled, input),
    ...arrived(settled, input),
    ...unreadable(settled, input),
    ...waiting(settled, input),
    ...clock(settled, input),
    ...settled.flatMap((one) => quarantine(one, input)),
    ...settled.flatMap((one) => rejects(one, input)),
    ...settled.flatMap((one) => drift(one, input)),
    ...checks(settled, input),
  ]
}

/** Keys name what the incident is about, from the general to the particular. */
export const incidentKey = {
  missing: (pipeline: string, location: string, date: BusinessDate) => `missing/${pipeline}/${location}/${date}`,
  unreadable: (pipeline: string, location: string, date: BusinessDate) => `unreadable/${pipeline}/${location}/${date}`,
  waiting: (pipeline: string, location: string, date: BusinessDate) => `waiting/${pipeline}/${location}/${date}`,
  archive: (pipeline: string, location: string, date: BusinessDate) => `archive/${pipeline}/${location}/${date}`,
  ahead: (pipeline: string) => `ahead/${pipeline}`,
  clock: (pipeline: string, location: string) => `clock/${pipeline}/${location}`,
  quarantine: (pipeline: string, location: string, date: BusinessDate, stream: string) =>
    `quarantine/${pipeline}/${location}/${date}/${stream}`,
  rejects: (pipeline: string, location: string, date: BusinessDate, stream: string) =>
    `rejects/${pipeline}/${location}/${date}/${stream}`,
  check: (pipeline: string, location: string, date: BusinessDate, check: string) =>
    `check/${pipeline}/${location}/${date}/${check}`,
  drift: (pipeline: string, location: string, stream: string) => `drift/${pipeline}/${location}/${stream}`,
  message: (pipeline: string, subject: string) => `message/${pipeline}/${subject}`,
  source: (pipeline: string) => `source/${pipeline}`,
  arrival: (pipeline: string, location: string, date: BusinessDate) => `arrival/${pipeline}/${location}/${date}`,
  schedule: (pipeline: string) => `schedule/${pipeline}`,
}

function missing(settled: readonly SettledItem[], input: IncidentInput): Change {
  const { definition, location, date, now, readiness } = input
  const key = incidentKey.missing(definition.name, location.id, date)
  const absent = settled.filter(({ slice }) => slice.state === 'missing')
  if (absent.length === 0) return { change: 'incident_resolved', key, at: now }
  const streams = absent.map(({ slice }) => slice.stream).join(', ')
  const left = Math.ceil((readiness.goneAt - now) / 86_400_000)
  const fate = left > 0 ? `the server deletes the day in ${left} d` : 'the server no longer keeps the day'
  const severity = readiness.goneAt - now < LAST_DAYS ? 'error' : 'warning'
  return open(
    key,
    severity,
    { code: 'INCOMPLETE', message: `location ${location.id}, ${date}: missing ${streams}; ${fate}` },
    input,
  )
}

/** What a notice that was lost had announced is here: some file of the day was taken, and none is still waited for. */
function arrived(
  settled: readonly SettledItem[],
  { definition, location, date, now }: IncidentInput,
): readonly Change[] {
  const states = new Set(settled.map(({ slice }) => slice.state))
  const isHere = states.has('staged') || states.has('loaded')
  if (!isHere || states.has('seen') || states.has('landed')) return []
  return [{ change: 'incident_resolved', key: incidentKey.arrival(definition.name, location.id, date), at: now }]
}

/** Files that are listed and cannot be read: one incident for the day, which names each with its reason. */
function unreadable(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  const { definition, location, date, now, run } = input
  const key = incidentKey.unreadable(definition.name, location.id, date)
  const unread = settled.flatMap(({ item: { failure } }) => (failure && isUnreadable(failure, input) ? [failure] : []))
  const [first] = unread
  if (first) {
    const severity = input.readiness.goneAt - now < LAST_DAYS ? 'error' : 'warning'
    const message = `location ${location.id}, ${date}: ${unread.map((failure) => failure.message).join('; ')}`
    return [open(key, severity, { code: first.code, message }, input)]
  }
  // A file that is gone by now was never read, and a look at some streams says nothing about the others.
  const unsolved = settled.some(({ slice }) => slice.reason?.code === 'SOURCE_READ_FAILED')
  return unsolved || run.scope.streams ? [] : [{ change: 'incident_resolved', key, at: now }]
}

/** A file may change while it is read; one that always does is reported once its day is late. */
function isUnreadable({ code }: DaybreakError, { readiness, now }: IncidentInput): boolean {
  return code === 'SOURCE_READ_FAILED' || (code === 'FILE_CHANGED' && now >= readiness.lateAt)
}

/** Files that do not stand still although the day is late, whether they were read all the same or not. */
function waiting(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  const { definition, location, date, now, readiness } = input
  const key = incidentKey.waiting(definition.name, location.id, date)
  const restless = settled.flatMap(({ item, outcome, reason }) => {
    if (now < readiness.lateAt || item.failure !== null) return []
    if (outcome === 'seen') return reason ? [reason] : []
    return item.decision.action === 'fetch' && item.decision.mark ? [item.decision.mark] : []
  })
  const [first] = restless
  if (first) {
    const others = restless.length > 1 ? ` (and ${restless.length - 1} more files)` : ''
    const message = `location ${location.id}, ${date}: ${first.message}${others}`
    return [open(key, 'warning', { code: first.code, message }, input)]
  }
  const wasRestless = settled.some(({ item: { slice } }) => slice.sighting !== null || isRestless(slice.reason))
  return wasRestless ? [{ change: 'incident_resolved', key, at: now }] : []
}

function isRestless(reason: Reason | null): boolean {
  return reason?.code === 'FILE_CHANGED' || reason?.code === 'SOURCE_CLOCK'
}

/** Times that no clock in the right zone gives: one cause, however many files and days it shows in. */
function clock(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  const { definition, location, now } = input
  const key = incidentKey.clock(definition.name, location.id)
  const judged = settled.flatMap(({ item: { decision } }) =>
    decision.action === 'fetch' || decision.action === 'wait' ? [decision.clock] : [],
  )
  const wrong = judged.find((reason) => reason !== null)
  if (wrong) return [open(key, 'warning', wrong, input)]
  return judged.length > 0 ? [{ change: 'incident_resolved', key, at: now }] : []
}

function quarantine({ slice, reason, outcome }: SettledItem, input: IncidentInput): readonly Change[] {
  const key = incidentKey.quarantine(slice.pipeline, slice.location, slice.date, slice.stream)
  if (slice.state !== 'quarantined')
    return outcome === 'staged' ? [{ change: 'incident_resolved', key, at: input.now }] : []
  return reason && outcome === 'quarantined' ? [open(key, 'warning', reason, input)] : []
}

function rejects({ slice, item, outcome }: SettledItem, input: IncidentInput): readonly Change[] {
  const key = incidentKey.rejects(slice.pipeline, slice.location, slice.date, slice.stream)
  if (item.made === null || outcome === 'unchanged') return []
  const { rejected, accepted } = item.made.counts
  if (rejected === 0) return [{ change: 'incident_resolved', key, at: input.now }]
  const message = `${rejected} of ${rejected + accepted} rows of ${slice.stream}, location ${slice.location}, ${slice.date}, were rejected`
  return [open(key, 'warning', { code: 'ROWS_REJECTED', message }, input)]
}

function drift({ slice, item }: SettledItem, input: IncidentInput): readonly Change[] {
  const key = incidentKey.drift(slice.pipeline, slice.location, slice.stream)
  if (item.made === null || item.contract.drift.new_column !== 'warn') return []
  const { newColumns } = item.made.drift
  if (newColumns.length === 0) return [{ change: 'incident_resolved', key, at: input.now }]
  const message = `${item.contract.file} of location ${slice.location} has columns the contract does not know: ${quoteNames(newColumns)}`
  return [open(key, 'warning', { code: 'DRIFT_NEW_COLUMN', message }, input)]
}

function checks(settled: readonly SettledItem[], input: IncidentInput): readonly Change[] {
  const { definition, location, date, now } = input
  const own = settled.flatMap((one) => one.checks ?? [])
  const crossed = input.checks.cross.filter(({ explained }) => !explained).map(({ result }) => result)
  return [...own, ...crossed]
    .filter(({ effect }) => effect !== 'quarantine')
    .map((result): Change => {
      const key = incidentKey.check(definition.name, location.id, date, result.check)
      if (result.state === 'pass') return { change: 'incident_resolved', key, at: now }
      const message = `check ${result.check}, location ${location.id}, ${date}: ${result.message}`
      const code = result.state === 'fail' && result.effect === 'block' ? 'CHECK_BLOCKED' : 'CHECK_FAILED'
      return open(key, result.state === 'error' ? 'error' : 'warning', { code, message }, input)
    })
}

function open(key: string, severity: 'warning' | 'error', reason: Reason, { run, now }: IncidentInput): Change {
  return { change: 'incident_opened', key, severity, reason, runId: run.id, at: now }
}
