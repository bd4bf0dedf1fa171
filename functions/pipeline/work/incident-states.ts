import type { Incident, IncidentState, Instant } from '../entities.ts'
import type { Change, Ports } from '../ports.ts'

/** The state that incidents take, and who says so. */
export interface IncidentTarget {
  readonly state: IncidentState
  /** When a snoozed incident opens again. */
  readonly until?: Instant
  /** Person or program, for the audit. */
  readonly by: string
}

/** Changes all of the incidents or none, each with its entry in the audit. */
export async function setIncidentStates(
  incidents: readonly Incident[],
  { by, ...target }: IncidentTarget,
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<void> {
  const at = clock.now()
  const changes = incidents.flatMap(({ id, key }): readonly Change[] => [
    { change: 'incident_state', id, at, ...target },
    { change: 'audit', entry: { at, actor: by, action: `incident.${target.state}`, subject: id, details: key } },
  ])
  await ledger.apply(changes)
}
