import { correlate, type Root } from '../notify/correlate.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import type { Listed, TimePlace } from '../pipeline/people/reads.ts'
import type { IncidentView } from '../pipeline/people/records.ts'
import { wordsOf } from '../pipeline/slice-words.ts'
import { UNRESOLVED } from '../pipeline/views/incidents.ts'
import type { WatchPorts } from './ports.ts'

const PART = 500

type GroupingPorts = Pick<WatchPorts, 'ledger' | 'definitions' | 'clock' | 'modelSources'>

/** Every incident that is not resolved, members included. */
export async function openIncidents({ ledger }: Pick<WatchPorts, 'ledger'>): Promise<readonly IncidentView[]> {
  const all: IncidentView[] = []
  let after: TimePlace | null = null
  for (;;) {
    const part: Listed<IncidentView, TimePlace> = await ledger.reads.incidentPage({
      states: UNRESOLVED,
      of: 'all',
      limit: PART,
      after,
    })
    all.push(...part.rows)
    if (part.next === null) return all
    after = part.next
  }
}

/**
 * Makes one root of the incidents of one cause. A root is an incident itself, so it is opened first and found by its key; a
 * process that dies in between leaves a root without members, which the next pass gives them.
 */
export async function groupIncidents(ports: GroupingPorts): Promise<void> {
  const { ledger, definitions, clock, modelSources } = ports
  const shards = new Map(
    [...definitions].map(([name, definition]) => {
      return [name, { count: definition.shards.length, noun: wordsOf(definition).shard }]
    }),
  )
  const now = clock.now()
  const { opened, joined, resolved } = correlate(await openIncidents(ports), shards, modelSources)
  const roots = [...opened, ...joined]
  if (roots.length > 0) await ledger.apply(roots.map((root) => opening(root, now)))
  if (roots.length > 0) await place(roots, ports)
  if (resolved.length > 0)
    await ledger.apply(resolved.map((key) => ({ change: 'incident_resolved', key, at: now }) as const))
}

function opening({ cause, severity, reason }: Root, at: number): PeopleChange {
  return { change: 'incident_opened', ...cause, severity, reason, runId: null, at }
}

async function place(roots: readonly Root[], ports: Pick<WatchPorts, 'ledger'>): Promise<void> {
  const ids = new Map((await openIncidents(ports)).map(({ key, id }) => [key, id]))
  const changes = roots.flatMap(({ cause, members }): readonly PeopleChange[] => {
    const parentId = ids.get(cause.key)
    return parentId === undefined ? [] : members.map((id) => ({ change: 'incident_placed', id, parentId }) as const)
  })
  await ports.ledger.apply(changes)
}

/** The roots among them: incidents that stand for others, or for themselves. */
export function rootsOf(incidents: readonly IncidentView[]): readonly IncidentView[] {
  return incidents.filter(({ parentId }) => parentId === null)
}
