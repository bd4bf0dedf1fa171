import type { PeopleChange } from '../pipeline/people/changes.ts'
import type { Change } from '../pipeline/ports.ts'
import { addAudit } from './audit.ts'
import { putBackfill } from './backfills.ts'
import { putBuild } from './builds.ts'
import { putChecks } from './checks.ts'
import { putDelivery } from './deliveries.ts'
import { putImportedLocation } from './imported-locations.ts'
import { openIncident, resolveIncidents, setIncidentState } from './incidents.ts'
import { putKeptFile } from './kept-files.ts'
import { addConstants } from './known-constants.ts'
import { addLoad } from './loads.ts'
import { putMark } from './marks.ts'
import { foldMessages, putMessage } from './messages.ts'
import { deleteModelVersion, putModelRelease, putModelVersion } from './model-versions.ts'
import { putPartition } from './partitions.ts'
import { applyPeopleChange } from './people/apply.ts'
import { expireNotices } from './people/changes.ts'
import { dropRunSlices, expireRunSlices, putRunSlice } from './run-slices.ts'
import { putRun } from './runs.ts'
import { putSlice } from './slices.ts'
import { addRunStep, addUsage } from './use.ts'
import { putWindow } from './windows.ts'
import type { Writer } from './writer.ts'

type Resolved = Extract<Change, { change: 'incident_resolved' }>

// Parameters of one statement; every number of them is a text of its own that is kept.
const MOST_KEYS = 100

/**
 * Runs that get a new message and are not written themselves. One that ended in between would say that all is done while this
 * message, and the slices that go in with it, wait.
 */
export function runsWithNews(changes: readonly PeopleChange[]): ReadonlySet<string> {
  const runIds = new Set<string>()
  for (const change of changes)
    if (change.change === 'message' && change.message.version === 0 && change.message.runId !== null)
      runIds.add(change.message.runId)
  for (const change of changes) if (change.change === 'run') runIds.delete(change.run.id)
  return runIds
}

/**
 * Applies changes within a transaction, each after those before it. Incidents that are resolved one after the other are so by
 * two statements: a day of a location says of sixty that they are over, and to a server every statement is a journey.
 */
export async function applyChanges(
  writer: Writer,
  changes: readonly PeopleChange[],
  newId: () => string,
): Promise<void> {
  for (let next = 0; next < changes.length; ) {
    const resolved = resolvedFrom(changes, next)
    const [first] = resolved
    const change = changes[next]
    if (first) {
      await resolveIncidents(writer, resolved, first.at)
    } else if (change) await applyChange(writer, change, newId)
    next += Math.max(1, resolved.length)
  }
}

/** The changes from there on that resolve incidents at one and the same instant. */
function resolvedFrom(changes: readonly PeopleChange[], start: number): readonly Resolved[] {
  const resolved: Resolved[] = []
  for (const change of changes.slice(start, start + MOST_KEYS)) {
    if (change.change !== 'incident_resolved' || change.at !== (resolved[0] ?? change).at) break
    resolved.push(change)
  }
  return resolved
}

function applyChange(writer: Writer, change: PeopleChange, newId: () => string): Promise<void> {
  switch (change.change) {
    case 'slice':
      return putSlice(writer, change.slice)
    case 'partition':
      return putPartition(writer, change.partition)
    case 'partition_loaded':
      return addLoad(writer, change.load)
    case 'build':
      return putBuild(writer, change.build)
    case 'model_version':
      return putModelVersion(writer, change.version)
    case 'model_version_deleted':
      return deleteModelVersion(writer, change)
    case 'model_release':
      return putModelRelease(writer, change.release)
    case 'run':
      return putRun(writer, change.run)
    case 'message':
      return putMessage(writer, change.message)
    case 'messages_folded':
      return foldMessages(writer, change.into)
    case 'backfill':
      return putBackfill(writer, change.backfill)
    case 'delivery':
      return putDelivery(writer, change.delivery)
    case 'kept_file':
      return putKeptFile(writer, change.file)
    case 'run_slice':
      return putRunSlice(writer, change.runSlice, change.at)
    case 'run_slices_unchanged':
      return dropRunSlices(writer, change)
    case 'run_slices_expired':
      return expireRunSlices(writer, change)
    case 'checks':
      return putChecks(writer, change)
    case 'incident_opened':
      return openIncident(writer, change, newId())
    case 'incident_resolved':
      return resolveIncidents(writer, [change], change.at)
    case 'incident_state':
      return setIncidentState(writer, change)
    case 'window':
      return putWindow(writer, change.window)
    case 'mark':
      return putMark(writer, change.mark)
    case 'location_imported':
      return putImportedLocation(writer, change.location)
    case 'constants':
      return addConstants(writer, change)
    case 'audit':
      return addAudit(writer, change.entry, newId())
    case 'run_step':
      return addRunStep(writer, change.step)
    case 'usage':
      return addUsage(writer, change.usage)
    case 'notices_expired':
      return expireNotices(writer, change.before)
    default:
      return applyPeopleChange(writer, change, newId)
  }
}
