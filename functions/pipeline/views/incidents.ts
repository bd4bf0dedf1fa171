import type { Incident, IncidentState } from '../entities.ts'

/** States of an incident whose cause is not settled. */
export const UNRESOLVED: readonly IncidentState[] = ['open', 'acknowledged', 'snoozed']

/** Pure: the text of the newest report, and the other subjects of the same cause. */
export function incidentMessage({ reason: { message }, subjects: { count, first } }: Incident): string {
  if (count < 2) return message
  const more = count > first.length ? ` and ${count - first.length} more` : ''
  return `${message} (${count} in all: ${first.join(', ')}${more})`
}
