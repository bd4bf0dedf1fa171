import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Count, Decimal, Instant, Name, RANGE, Shard, Window } from './values.ts'

/** A figure of the report against its goal. */
const Figure = z.object({
  name: z.enum(['complete', 'succeeded', 'file_to_table', 'rejected', 'cost', 'resolved']),
  label: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  goal: z.number(),
  isMet: z.boolean().nullable(),
  missed: z.array(z.object({ what: z.string(), link: z.string() })),
})

/** Routes of costs, the report of the service level, and digests. */
export const REPORT_ROUTES = {
  'GET /api/costs': route({
    summary: 'What nights and locations cost, against the budget.',
    role: 'viewer',
    scope: 'whole',
    query: z.object({
      pipeline: Name.optional(),
      ...RANGE,
      by: z.enum(['day', 'kind', 'location']).default('day'),
    }),
    answer: z.object({
      currency: z.string(),
      total: Decimal,
      budget: Decimal.nullable().describe('Of a month; null where none is set.'),
      points: z.array(z.object({ key: z.string(), cost: Decimal, bytes: Count, rows: Count })),
      note: z.string().describe('How the figures were found.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'By day', query: { by: 'day' } }],
  }),
  'GET /api/sla': route({
    summary: "A month against the owner's five goals.",
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional(),
      month: z
        .string()
        .regex(/^\d{4}-(0[1-9]|1[0-2])$/)
        .optional()
        .describe('`2026-10`; the present month if absent.'),
    }),
    answer: z.object({
      month: z.string(),
      sentence: z.string(),
      figures: z.array(Figure),
      waived: z.array(z.object({ shard: Shard, window: Window })),
    }),
    types: ['text/html', 'text/csv'],
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'October', query: { month: '2026-10' } }],
  }),
  'GET /api/digests': route({
    summary: 'Morning digests, newest first.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ pipeline: Name.optional() }),
    answer: z.object({ digests: z.array(z.object({ date: Window, subject: z.string() })) }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'All digests' }],
  }),
  'GET /api/digests/{date}': route({
    summary: 'The digest of a day, as it is sent.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ pipeline: Name.optional() }),
    answer: z.object({ date: Window, subject: z.string(), text: z.string(), madeAt: Instant }),
    types: ['text/html'],
    errors: ['NOT_FOUND'],
    examples: [{ title: 'One day', path: { date: EXAMPLE.window } }],
  }),
} as const
