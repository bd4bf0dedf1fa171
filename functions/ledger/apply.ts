import type { Change } from '../pipeline/ports.ts'
import { addAudit } from './audit.ts'
import { putBackfill } from './backfills.ts'
import { putChecks } from './checks.ts'
import { putDelivery } from './deliveries.ts'
import { openIncident, resolveIncident, setIncidentState } from './incidents.ts'
import { foldMessages, putMessage } from './messages.ts'
import { putPartition } from './partitions.ts'
import { putRunSlice } from './run-slices.ts'
import { putRun } from './runs.ts'
import { putSlice } from './slices.ts'
import type { Writer } from './writer.ts'

/** Applies one change within a transaction. Changes of one list see those before them. */
export function applyChange(writer: Writer, change: Change, newId: () => string): Promise<void> {
  switch (change.change) {
    case 'slice':
      return putSlice(writer, change.slice)
    case 'partition':
      return putPartition(writer, change.partition)
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
    case 'run_slice':
      return putRunSlice(writer, change.runSlice)
    case 'checks':
      return putChecks(writer, change)
    case 'incident_opened':
      return openIncident(writer, change, newId())
    case 'incident_resolved':
      return resolveIncident(writer, change.key, change.at)
    case 'incident_state':
      return setIncidentState(writer, change)
    case 'audit':
      return addAudit(writer, change.entry, newId())
  }
}
