import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { DAYS, Day, Id, Instant, Shard } from './values.ts'

const Locations = z
  .union([z.literal('all'), z.array(Shard).min(1).max(1000)])
  .describe('Locations that it concerns, or `all`.')

/** A day that is known to be unusual. */
export const KnownEvent = z
  .object({
    id: Id,
    date: Day,
    name: z.string(),
    locations: Locations,
    origin: z.string().nullable().describe('File of the project that defines it. Null: added here.'),
    addedAt: Instant.nullable(),
    addedBy: z.string().nullable(),
  })
  .meta({ id: 'KnownEvent' })

/** Routes of days that are known to be unusual. */
export const EVENT_ROUTES = {
  'GET /api/events': route({
    summary:
      'Days that are known to be unusual, the newest first: outlier checks pass on them, and compare no day with them.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ ...DAYS }),
    answer: z.object({ events: z.array(KnownEvent) }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'All of them' }],
  }),
  'POST /api/events': route({
    summary: 'Say that a day is known to be unusual. Nights that follow know it; a verdict that was given stays.',
    role: 'operator',
    scope: 'cut',
    body: z.object({
      date: Day,
      name: z.string().trim().min(1).max(100).describe('What it is, e.g. Street closed.'),
      locations: Locations.default('all'),
    }),
    answer: KnownEvent,
    status: 201,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'STATE_CONFLICT', 'KEY_REUSED'],
    examples: [{ title: 'A storm', body: { date: EXAMPLE.window, name: 'Snow storm', locations: [EXAMPLE.shard] } }],
  }),
  'DELETE /api/events/{id}': route({
    summary: 'Remove a day that was added here.',
    role: 'operator',
    scope: 'cut',
    answer: z.null(),
    status: 204,
    errors: ['NOT_FOUND', 'STATE_CONFLICT'],
    examples: [{ title: 'Added by mistake', path: { id: `${EXAMPLE.window}-snow-storm` } }],
  }),
} as const
