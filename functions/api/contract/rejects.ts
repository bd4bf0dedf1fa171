import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Count, DAYS, Id, many, Name, NEXT, PAGE, Shard, Why, Window } from './values.ts'

/** A rejected row. Personal values are masked. */
export const Reject = z
  .object({
    window: Window.nullable(),
    shard: Shard.nullable(),
    stream: Name,
    file: z.string().nullable(),
    line: Count.nullable(),
    column: z.string().nullable(),
    rule: z.string().nullable(),
    value: z.string().nullable(),
    message: z.string().nullable(),
    row: z.record(z.string(), z.string().nullable()).describe('All columns of the table of rejects.'),
  })
  .meta({ id: 'Reject' })

/** Rejects of one cause. */
export const RejectGroup = z.object({
  key: z.record(z.string(), z.string()).describe('What the group has in common, e.g. stream, rule and column.'),
  count: Count,
  slices: Count,
  firstSeen: Window.nullable(),
  lastSeen: Window.nullable(),
  trend: z.array(z.object({ window: Window, count: Count })).describe('Oldest first.'),
  sample: Reject.nullable(),
})

const FILTER = { pipeline: Name.optional(), ...DAYS, window: many(Window), shard: many(Shard), stream: many(Name) }

/** Routes of rejected rows. */
export const REJECT_ROUTES = {
  'GET /api/rejects': route({
    summary: 'Rejected rows, newest window first: file, line, column, value, rule.',
    role: 'analyst',
    scope: 'cut',
    query: z.object({
      ...FILTER,
      rule: z.string().max(200).optional(),
      column: z.string().max(200).optional(),
      ...PAGE,
    }),
    answer: z.object({ rejects: z.array(Reject), ...NEXT }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY'],
    examples: [{ title: 'One stream', query: { stream: EXAMPLE.stream } }],
  }),
  'GET /api/rejects/groups': route({
    summary: 'Rejected rows by cause, the most frequent first.',
    role: 'analyst',
    scope: 'cut',
    query: z.object({
      ...FILTER,
      by: z
        .enum(['rule', 'column', 'stream', 'location'])
        .default('rule')
        .describe('`rule` is stream, rule and column.'),
    }),
    answer: z.object({ groups: z.array(RejectGroup) }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY'],
    examples: [{ title: 'Why do rows fall out?', query: { by: 'rule' } }],
  }),
  'POST /api/rejects:replay': route({
    summary: 'Transform the archived files of rejected rows again, after a contract was corrected.',
    role: 'operator',
    scope: 'cut',
    body: z.object({
      pipeline: Name.optional(),
      windows: z.array(Window).max(400).default([]).describe('Empty for all.'),
      shards: z.array(Shard).max(1000).default([]),
      streams: z.array(Name).max(200).default([]),
      reason: Why,
    }),
    answer: z.object({ runId: Id.nullable().describe('Null when nothing has rejects.'), slices: Count }),
    status: 202,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'KEY_REUSED'],
    examples: [{ title: 'After a correction', body: { streams: [EXAMPLE.stream], reason: 'Times may hold seconds' } }],
  }),
} as const
