import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Check } from './slices.ts'
import { Count, DAYS, Decimal, Flag, Instant, many, Name, NEXT, PAGE, Shard, Window } from './values.ts'

/** Profile of a column on one day. */
export const ProfilePoint = z
  .object({
    window: Window,
    column: Name,
    type: z.string(),
    files: Count.describe('Files that it is of: one where a location is asked for.'),
    rows: Count,
    nulls: Count,
    distinct: Count.describe(
      'A rough estimate, which can be off by 40 %; of several files that of the file with the most.',
    ),
    min: z.string().nullable().describe('Null for text and private columns.'),
    max: z.string().nullable(),
    sum: z.string().nullable().describe('Exact, as decimal text.'),
    mean: z.number().nullable(),
    lengths: z.object({ min: Count, max: Count, mean: z.number() }).nullable().describe('Characters of text.'),
    spread: z
      .object({ q05: z.number(), q25: z.number(), q50: z.number(), q75: z.number(), q95: z.number() })
      .nullable()
      .describe('Quantiles of one file; null for several.'),
    frequent: z
      .array(z.object({ value: z.string(), rows: Count }))
      .describe('Values in at least five rows of one file, the most frequent first; none of private columns.'),
  })
  .meta({ id: 'ProfilePoint' })

/** Routes of checks, profiles and trends. */
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
  'GET /api/profiles/{stream}': route({
    summary: 'Counted facts about the columns of a stream by window: of all locations together, or of one.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional(),
      ...DAYS,
      shard: Shard.optional().describe('One location: its own files, with quantiles and frequent values.'),
      column: many(Name, 100),
    }),
    answer: z.object({
      stream: Name,
      sentence: z.string(),
      columns: z.array(
        z.object({
          name: Name,
          type: z.string(),
          description: z.string(),
          isShown: z.boolean().describe('`false`: private, so it is counted alone.'),
        }),
      ),
      points: z.array(ProfilePoint).describe('By window, then column.'),
      trends: z
        .array(
          z.object({
            column: Name,
            fact: z.enum(['rows', 'share of empty values', 'distinct values', 'mean']),
            slopeByWeek: z.number(),
            low: z.number().describe('The slope lies between `low` and `high` with 99 %.'),
            high: z.number(),
            days: Count,
            sentence: z.string(),
          }),
        )
        .describe('Facts that surely move over the range; none in fewer than two weeks.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY'],
    examples: [
      { title: 'All columns', path: { stream: EXAMPLE.stream } },
      {
        title: 'One column of one location',
        path: { stream: EXAMPLE.stream },
        query: { shard: EXAMPLE.shard, column: 'amount' },
      },
    ],
  }),
  'GET /api/checks/{stream}/explanation': route({
    summary:
      'Why is a day unlike the days before it? Its difference by the columns of the stream, the largest parts first.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ pipeline: Name.optional(), check: Name, window: Window, shard: Shard }),
    answer: z.object({
      message: z.string().describe('The verdict in words.'),
      sentence: z.string().nullable().describe('The largest parts in words.'),
      dates: z.array(Window).describe('Days that it is compared with, oldest first.'),
      dimensions: z.array(
        z.object({
          dimension: z.string(),
          concentration: z.number().describe('0: all parts moved alike. 1: one part has all of it.'),
          difference: Decimal.describe('Exact sum of the parts, times the number of days.'),
          parts: z.array(
            z.object({
              value: z.string(),
              amount: Decimal,
              before: Decimal.describe('Of all the days it is compared with together.'),
              differenceOfDays: Decimal.describe('Exact: `amount` times the days less `before`.'),
            }),
          ),
        }),
      ),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY'],
    examples: [
      {
        title: 'What is unusual?',
        path: { stream: EXAMPLE.stream },
        query: { check: 'net_sales_as_usual', window: EXAMPLE.window, shard: EXAMPLE.shard },
      },
    ],
  }),
  'GET /api/quality': route({
    summary: 'What is unusual in the models? Days whose measures are unlike earlier days of their location, in words.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({ ...DAYS }),
    answer: z.object({
      sentence: z.string(),
      outliers: z
        .array(
          z.object({
            model: Name,
            check: Name,
            measure: z.string().describe('Column that is added up; `rows` where rows are counted.'),
            shard: Shard,
            shardName: z.string(),
            window: Window,
            value: z.number(),
            usual: z.number().describe('Median of the days that it is compared with.'),
            message: z.string().describe('Value and usual value in words.'),
            sentence: z.string().nullable().describe('The parts that explain most of the difference.'),
            event: z.string().nullable().describe('Name of a known day, which is no surprise.'),
          }),
        )
        .describe('Newest first, 20 at most.'),
    }),
    errors: ['REQUEST_INVALID', 'WAREHOUSE_BUSY'],
    examples: [{ title: 'What is unusual?' }],
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
