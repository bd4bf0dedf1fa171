import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Check } from './slices.ts'
import { Count, DAYS, Flag, Instant, Name, NEXT, PAGE, Shard, Window } from './values.ts'

/** Routes of checks and trends. */
export const QUALITY_ROUTES = {
  'GET /api/checks/{stream}': route({
    summary: 'Results of checks over the slices of a stream, newest window first.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional(),
      ...DAYS,
      check: z.string().max(100).optional(),
      failed: Flag.default(true).describe('`false` lists those that passed as well.'),
      ...PAGE,
    }),
    answer: z.object({
      checks: z.array(Check.extend({ window: Window, shard: Shard, shardName: z.string(), at: Instant })),
      ...NEXT,
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'What failed?', path: { stream: EXAMPLE.stream } }],
  }),
  'GET /api/quality/{stream}': route({
    summary:
      'Is it getting worse? Rows and rejects per thousand by window, against the same weekday; and the checks that failed.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ pipeline: Name.optional(), ...DAYS }),
    answer: z.object({
      stream: Name,
      sentence: z.string(),
      points: z.array(
        z.object({
          window: Window,
          rows: Count,
          rejected: Count,
          rejectedPerThousand: z.number(),
          failedChecks: Count.describe('Checks that a file of the window did not pass, each once per file.'),
          usualRows: z.number().nullable().describe('Median of the same weekday in the eight weeks before.'),
        }),
      ),
      checks: z.array(z.object({ check: z.string(), rule: z.string().nullable(), failed: Count, lastFailed: Window })),
      failures: z
        .array(
          z.object({ window: Window, check: z.string(), rule: z.string().nullable(), slices: Count, failed: Count }),
        )
        .describe('Checks that were not passed, by window: slices, and rows that failed.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'Trend of a stream', path: { stream: EXAMPLE.stream } }],
  }),
} as const
