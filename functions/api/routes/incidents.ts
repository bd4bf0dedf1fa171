import { maySee } from '../../access/decide.ts'
import { DaybreakError } from '../../errors.ts'
import type { SignedIn } from '../../http/session.ts'
import type { Incident } from '../../pipeline/entities.ts'
import type { PeopleChange } from '../../pipeline/people/changes.ts'
import type { Listed, TimePlace } from '../../pipeline/people/reads.ts'
import type { IncidentView } from '../../pipeline/people/records.ts'
import { plannerOf } from '../../pipeline/plan/planners.ts'
import { incidentMessage, UNRESOLVED } from '../../pipeline/views/incidents.ts'
import { instantText, nameOfShard, optionalInstant, reasonAnswer, shardFilter, shardsOf } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { INCIDENT_ROUTES } from '../contract/incidents.ts'
import { ByTime, fromPageToken, toPageToken } from '../pages.ts'
import { onCallNow } from './on-call.ts'

const MOST_MEMBERS = 500

/** Handlers of incidents. */
export const INCIDENT_HANDLERS: HandlersOf<typeof INCIDENT_ROUTES> = {
  'GET /api/incidents': async ({ query, principal }, context) => {
    const { pageSize, pageToken, state, severity, kind, pipeline, shard, code, stream, window, members } = query
    const filter = {
      states: state.length > 0 ? state : UNRESOLVED,
      ...(severity !== undefined && { severity }),
      ...(kind !== undefined && { kind }),
      ...(pipeline !== undefined && { pipeline }),
      ...(members === true && { of: 'all' as const }),
      ...shardFilter(principal, shard === undefined ? [] : [shard]),
    }
    const place = [filter, code, stream, window]
    const after = fromPageToken(pageToken, place, ByTime)
    const { rows, next } = await context.ledger.reads.incidentPage({
      ...filter,
      limit: pageSize,
      ...(after && { after }),
    })
    const isMeant = (incident: Incident) =>
      (code === undefined || incident.reason.code === code) &&
      (stream === undefined || incident.stream === stream) &&
      (window === undefined || incident.window === window || incident.subjects.first.includes(window))
    return {
      body: {
        incidents: rows.filter(isMeant).map((incident) => incidentAnswer(incident, context)),
        nextPageToken: toPageToken(next, place),
      },
    }
  },
  'GET /api/incidents/{id}': async ({ path, principal }, context) => {
    const incident = await findIncident(path.id, principal, context)
    const { reads } = context.ledger
    const [members, events] = await Promise.all([
      reads.incidentPage({ of: { parentId: incident.id }, ...shardFilter(principal), limit: MOST_MEMBERS }),
      reads.incidentEvents(incident.id),
    ])
    const opened = { at: incident.openedAt, actor: 'daybreak', kind: 'opened', text: incident.reason.message }
    const isOpened = events.some(({ kind }) => kind === 'opened')
    return {
      body: {
        ...incidentAnswer(incident, context),
        members: members.rows.map((member) => incidentAnswer(member, context)),
        timeline: [...(isOpened ? [] : [opened]), ...events].map(({ at, actor, kind, text }) => ({
          at: instantText(at),
          ...{ actor, kind, text },
        })),
        onCall: await onCallNow(context),
      },
    }
  },
  'POST /api/incidents/{id}:ack': async (call, context) => {
    const text = call.body.note ?? ''
    return await act(call, context, { kind: 'acknowledged', text, state: { state: 'acknowledged' } })
  },
  'POST /api/incidents/{id}:snooze': async (call, context) => {
    const until = context.now() + Math.round(call.body.hours * 3_600_000)
    const text = call.body.note ?? `until ${instantText(until)}`
    return await act(call, context, { kind: 'snoozed', text, state: { state: 'snoozed', until } })
  },
  'POST /api/incidents/{id}:assign': async (call, context) => {
    const { assignee } = call.body
    return await act(call, context, { kind: 'assigned', text: assignee ?? 'no one', assignee })
  },
  'POST /api/incidents/{id}:note': async (call, context) =>
    await act(call, context, { kind: 'note', text: call.body.text }),
  'POST /api/incidents/{id}:resolve': async (call, context) =>
    await act(call, context, { kind: 'resolved', text: call.body.reason, state: { state: 'resolved' } }),
}

interface Act {
  readonly kind: 'acknowledged' | 'snoozed' | 'assigned' | 'note' | 'resolved'
  readonly text: string
  readonly state?: { readonly state: Incident['state']; readonly until?: number }
  readonly assignee?: string | null
}

type ActCall = ApiCall<'POST /api/incidents/{id}:ack'>

/** Changes an incident; the line of its timeline and the audit go into the same transaction. */
async function act(
  { path, principal, settle }: Pick<ActCall, 'path' | 'principal' | 'settle'>,
  context: ApiContext,
  { kind, text, state, assignee }: Act,
) {
  const incident = await findIncident(path.id, principal, context)
  if (incident.state === 'resolved' && kind !== 'note')
    throw new DaybreakError('STATE_CONFLICT', `incident ${incident.id} is resolved already`)
  const at = context.now()
  const others = state?.state === 'resolved' ? await resolvedWith(incident, principal, context) : []
  const changes: readonly PeopleChange[] = [
    ...others.map((id) => ({ change: 'incident_state', id, at, state: 'resolved' }) as const),
    ...(state ? [{ change: 'incident_state', id: incident.id, at, ...state } as const] : []),
    ...(assignee === undefined ? [] : [{ change: 'incident_placed', id: incident.id, assignee } as const]),
    { change: 'incident_event', event: { incidentId: incident.id, at, actor: principal.name, kind, text } },
  ]
  const before = { state: incident.state, assignee: incident.assignee }
  const after = {
    state: state?.state ?? incident.state,
    assignee: assignee === undefined ? incident.assignee : assignee,
  }
  const now = {
    ...{ ...incident, ...after },
    ...(state && {
      updatedAt: at,
      snoozedUntil: state.state === 'snoozed' ? (state.until ?? null) : null,
      resolvedAt: state.state === 'resolved' ? at : incident.resolvedAt,
    }),
  }
  const entry = { action: `incident.${kind}`, subject: incident.id, details: text, before, after }
  return await settle(entry, { body: incidentAnswer(now, context) }, changes)
}

/**
 * Ids of incidents that end with this one: the members of a root, and a root whose last member it is.
 * @throws {DaybreakError} FORBIDDEN for a root with members of shards that the principal may not see.
 */
async function resolvedWith(
  { id, parentId }: IncidentView,
  principal: SignedIn,
  { ledger }: ApiContext,
): Promise<readonly string[]> {
  const ids: string[] = []
  const of = { parentId: parentId ?? id }
  for (let after: TimePlace | null = null; ; ) {
    const part: Listed<IncidentView, TimePlace> = await ledger.reads.incidentPage({
      ...{ of, states: UNRESOLVED, limit: MOST_MEMBERS, after },
    })
    ids.push(...part.rows.map((row) => row.id))
    if (parentId === null && part.rows.some(({ shard }) => shard !== null && !maySee(principal, shard)))
      throw new DaybreakError(
        'FORBIDDEN',
        `incident ${id} also stands for locations that ${principal.name} does not see`,
      )
    if (part.next === null) break
    after = part.next
  }
  if (parentId === null) return ids
  return ids.every((other) => other === id) ? [parentId] : []
}

/** @throws {DaybreakError} NOT_FOUND, also for one of a shard that the principal may not see. */
async function findIncident(id: string, principal: SignedIn, { ledger }: ApiContext): Promise<IncidentView> {
  const incident = await ledger.reads.incident(id)
  if (incident && (incident.shard === null || maySee(principal, incident.shard))) return incident
  throw new DaybreakError('NOT_FOUND', `there is no incident ${JSON.stringify(id)}`)
}

function incidentAnswer(incident: IncidentView, { definitions }: ApiContext) {
  const { id, key, kind, state, severity, reason, pipeline, stream, shard, window, runId, occurrences } = incident
  const names = shardsOf(definitions.get(pipeline ?? '') ?? { shards: [] })
  return {
    ...{ id, key, kind, state, severity, pipeline, stream, shard, window, runId, occurrences },
    title: incidentMessage(incident),
    reason: reasonAnswer(reason),
    shardName: shard === null ? null : nameOfShard(names, shard),
    subjects: { count: incident.subjects.count, first: [...incident.subjects.first] },
    members: incident.members,
    root: incident.parentId,
    assignee: incident.assignee,
    goneAt: optionalInstant(goneAtOf(incident, definitions)),
    openedAt: instantText(incident.openedAt),
    updatedAt: instantText(incident.updatedAt),
    resolvedAt: optionalInstant(incident.resolvedAt),
    snoozedUntil: optionalInstant(incident.snoozedUntil),
    ackedUntil: optionalInstant(incident.ackedUntil),
  }
}

// Of these the source still has the only copy of the file.
const UNARCHIVED: readonly string[] = ['missing', 'unreadable', 'waiting']

/** When the source deletes the first file of an incident; null where files are archived, or not of one shard and day. */
function goneAtOf({ kind, pipeline, shard, subjects }: IncidentView, definitions: ApiContext['definitions']) {
  const definition = definitions.get(pipeline ?? '')
  const place = definition?.shards.find(({ id }) => id === shard)
  const [window] = subjects.first.flatMap((subject) => /^\d{4}-\d{2}-\d{2}/.exec(subject)?.[0] ?? []).toSorted()
  if (!definition || !place || window === undefined || !UNARCHIVED.includes(kind)) return null
  return plannerOf(definition).readiness(place, window).goneAt
}
