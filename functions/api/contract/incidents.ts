import { z } from 'zod'
import { WORDS } from '../../pipeline/words.ts'
import { EXAMPLE, route } from './route.ts'
import { Count, Flag, Id, Instant, many, Name, NEXT, PAGE, Reason, Shard, Why, Window } from './values.ts'

/** An incident: one open problem with one cause. */
export const Incident = z
  .object({
    id: Id,
    key: z.string(),
    kind: z.string(),
    state: z.enum(WORDS.incidents.state),
    severity: z.enum(WORDS.incidents.severity),
    title: z.string().describe('One line with the numbers.'),
    reason: Reason,
    pipeline: Name.nullable(),
    stream: Name.nullable(),
    shard: Shard.nullable(),
    shardName: z.string().nullable(),
    window: Window.nullable(),
    runId: Id.nullable(),
    occurrences: Count,
    subjects: z.object({ count: Count, first: z.array(z.string()) }).describe('What it hits now.'),
    members: Count.describe('Incidents of the same cause below this one.'),
    root: Id.nullable().describe('The incident that stands for this one; `null` for a root.'),
    assignee: z.string().nullable(),
    goneAt: Instant.nullable().describe('When the source deletes the first of its files.'),
    openedAt: Instant,
    updatedAt: Instant,
    resolvedAt: Instant.nullable(),
    snoozedUntil: Instant.nullable(),
    ackedUntil: Instant.nullable(),
  })
  .meta({ id: 'Incident' })

/** Entry of the timeline of an incident. */
export const IncidentEvent = z.object({ at: Instant, actor: z.string(), kind: z.string(), text: z.string() })

const path = { id: EXAMPLE.incident }
const Note = z.string().trim().min(1).max(2000)

function act<Body extends z.ZodObject>(summary: string, title: string, body: Body, example: z.input<Body>) {
  return route({
    summary,
    role: 'operator',
    scope: 'cut',
    body,
    answer: Incident,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'STATE_CONFLICT'],
    examples: [{ title, path, body: example }],
  })
}

/** Routes of incidents. */
export const INCIDENT_ROUTES = {
  'GET /api/incidents': route({
    summary: 'Incidents that have no other as their cause, newest first.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional(),
      state: many(z.enum(WORDS.incidents.state)).describe('Unresolved ones if absent.'),
      severity: z.enum(WORDS.incidents.severity).optional(),
      kind: z.string().max(100).optional().describe('Its own, or that of an incident that it groups.'),
      code: z.string().max(100).optional(),
      shard: Shard.optional(),
      stream: Name.optional(),
      window: Window.optional(),
      members: Flag.optional().describe('`true`: also those that have another as their cause.'),
      ...PAGE,
    }),
    answer: z.object({ incidents: z.array(Incident), ...NEXT }),
    errors: ['REQUEST_INVALID'],
    examples: [
      { title: 'What needs me?' },
      { title: 'All of one location', query: { shard: EXAMPLE.shard, state: ['open', 'acknowledged', 'resolved'] } },
    ],
  }),
  'GET /api/incidents/{id}': route({
    summary: 'An incident with its members and its timeline.',
    role: 'viewer',
    scope: 'cut',
    answer: Incident.extend({
      members: z.array(Incident),
      timeline: z.array(IncidentEvent).describe('Oldest first.'),
      onCall: z.string().nullable(),
    }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'One incident', path }],
  }),
  'POST /api/incidents/{id}:ack': act(
    'Say that the caller works on an incident. No other person is told of it meanwhile.',
    'Acknowledge',
    z.object({ note: Note.optional() }),
    { note: 'Looking at it' },
  ),
  'POST /api/incidents/{id}:snooze': act(
    'Keep an incident quiet until an instant.',
    'Until tomorrow',
    z.object({ hours: z.number().min(0.25).max(720), note: Note.optional() }),
    { hours: 24 },
  ),
  'POST /api/incidents/{id}:assign': act(
    'Give an incident to a person.',
    'Assign',
    z.object({ assignee: z.string().trim().min(1).max(200).nullable() }),
    { assignee: 'ana@example.com' },
  ),
  'POST /api/incidents/{id}:note': act('Add a note to the timeline.', 'Note', z.object({ text: Note }), {
    text: 'Toast has a ticket: 4711',
  }),
  'POST /api/incidents/{id}:resolve': act(
    'Close an incident whose cause is settled. The next report of the cause opens a new one.',
    'Resolve',
    z.object({ reason: Why }),
    { reason: 'The file was re-exported' },
  ),
} as const
