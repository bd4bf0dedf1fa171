import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Count, DAYS, Decimal, Instant, Name, Shard, Window } from './values.ts'

/** A figure of the report against its goal. */
const Figure = z.object({
  name: z.string(),
  value: z.string(),
  goal: z.string(),
  isMet: z.boolean().nullable().describe('Null where there is nothing to judge.'),
  note: z.string(),
})

/** A window of a shard that missed the goal, or was closed. */
const Missed = z.object({
  shard: Shard,
  shardName: z.string(),
  window: Window,
  lateSeconds: z.number().nullable().describe('Null when it was never complete, or closed.'),
})

/** Routes of costs, the report of the service level, and digests. */
export const REPORT_ROUTES = {
  'GET /api/costs': route({
    summary: 'What nights and locations cost, against the budget.',
    role: 'viewer',
    scope: 'whole',
    query: z.object({
      pipeline: Name.optional(),
      ...DAYS,
      by: z.enum(['day', 'kind', 'location']).default('day'),
    }),
    answer: z.object({
      currency: z.string(),
      total: Decimal,
      budget: Decimal.nullable().describe('Of a month; null where none is set.'),
      points: z.array(
        z.object({
          key: z.string(),
          name: z.string().describe('For people: the name of a location, else the key.'),
          cost: Decimal,
          bytes: Count.describe('Bytes that were billed; by location the bytes of its files.'),
          rows: Count.describe('Rows that were loaded; 0 by location.'),
        }),
      ),
      note: z.string().describe('How the figures were found.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'By day', query: { by: 'day' } }],
  }),
  'GET /api/sla': route({
    summary: "A month against the owner's five goals, for each pipeline.",
    role: 'viewer',
    scope: 'whole',
    query: z.object({
      month: z
        .string()
        .regex(/^20\d\d-(0[1-9]|1[0-2])$/)
        .optional()
        .describe('`2026-10`; the present month if absent.'),
      format: z.enum(['json', 'csv', 'html']).default('json'),
    }),
    answer: z.object({
      month: z.string(),
      sentence: z.string(),
      lines: z.array(z.string()).describe('The report as text.'),
      reports: z.array(
        z.object({
          pipeline: Name,
          figures: z.array(Figure),
          missed: z.array(Missed),
          closed: z.array(Missed),
        }),
      ),
    }),
    types: ['text/html', 'text/csv'],
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'October', query: { month: '2026-10' } }],
  }),
  'GET /api/digests': route({
    summary: 'Subjects of the digests of the last week, newest first, about the locations of the caller.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ pipeline: Name.optional() }),
    answer: z.object({ digests: z.array(z.object({ date: Window, subject: z.string() })) }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'All digests' }],
  }),
  'GET /api/digests/{date}': route({
    summary: 'The digest of a day as it stands now, about the locations of the caller. HTML for `Accept: text/html`.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ pipeline: Name.optional() }),
    answer: z.object({
      date: Window,
      subject: z.string(),
      text: z.string(),
      title: z.string(),
      lines: z.array(z.string()).describe('The text without its head and links.'),
      madeAt: Instant,
    }),
    types: ['text/html'],
    errors: ['NOT_FOUND'],
    examples: [{ title: 'One day', path: { date: EXAMPLE.window } }],
  }),
  'POST /api/digests/{date}:test': route({
    summary: 'Send the digest of a day to a person now, marked as a test.',
    role: 'admin',
    scope: 'whole',
    body: z.object({ person: Name.describe('A person of the settings, who gets it through the own channel.') }),
    answer: z.object({ ok: z.boolean(), message: z.string() }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'How does it look?', path: { date: EXAMPLE.window }, body: { person: 'ana' } }],
  }),
} as const
