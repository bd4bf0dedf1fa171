import type { Incident, IncidentState } from '../entities.ts'
import type { Ledger } from '../ports.ts'

/** States of an incident whose cause is not settled. */
export const UNRESOLVED: readonly IncidentState[] = ['open', 'acknowledged', 'snoozed']

/** Names incidents. Absent members match all. */
interface IncidentChoice {
  readonly id?: string | undefined
  readonly code?: string | undefined
  readonly shard?: string | undefined
  readonly check?: string | undefined
}

/** Unresolved incidents that a filter matches. */
export async function findIncidents(
  { id, code, shard, check }: IncidentChoice,
  ledger: Pick<Ledger, 'incidents'>,
): Promise<readonly Incident[]> {
  const all = await ledger.incidents({ states: UNRESOLVED })
  return all.filter(
    (one) =>
      (id === undefined || one.id === id) &&
      (code === undefined || one.reason.code === code) &&
      (shard === undefined || one.shard === shard) &&
      (check === undefined || one.key.endsWith(`/${check}`)),
  )
}

/** Pure: the text of the newest report, and the other subjects of the same cause. */
export function incidentMessage({ reason: { message }, subjects: { count, first } }: Incident): string {
  if (count < 2) return message
  const more = count > first.length ? ` and ${count - first.length} more` : ''
  return `${message} (${count} in all: ${first.join(', ')}${more})`
}

/** An incident as one row. */
export interface IncidentRow {
  readonly id: string
  readonly severity: Incident['severity']
  readonly state: IncidentState
  readonly occurrences: number
  readonly subjects: number
  /** ISO text. */
  readonly opened: string
  readonly code: string
  readonly message: string
}

/** Pure: an incident as one row, for lists. */
export function incidentRow(incident: Incident): IncidentRow {
  const { id, severity, state, occurrences, subjects, openedAt, reason } = incident
  return {
    id,
    severity,
    state,
    occurrences,
    subjects: subjects.count,
    opened: new Date(openedAt).toISOString(),
    code: reason.code,
    message: incidentMessage(incident),
  }
}
