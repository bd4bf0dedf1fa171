import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Count, Day, Decimal, Instant, many, Name, Shard, Window } from './values.ts'

/** One line of a day sheet. */
const DaySheetLine = z.object({
  section: z.string().describe('`sales`, `payments`, `cash`, `deposits` or `gift cards`.'),
  line: z.string(),
  amount: Decimal.nullable().describe('Null where nothing is known, such as card fees that are not settled.'),
  other: Decimal.nullable().describe("The same by a second source, such as Toast's report; null where there is none."),
  difference: Decimal.nullable().describe('amount - other.'),
  lineage: z
    .string()
    .nullable()
    .describe(
      'Path of the route that leads from the amount to files and lines. Null with `asOf`: it leads to the tables of now.',
    ),
})

/** An instant of the past. */
const AsOf = z.union([Day, Instant])

/** Slice of which the tables hold other rows than at an instant. */
const Restatement = z.object({
  stream: Name,
  shard: Shard,
  window: Window,
  change: z
    .enum(['corrected', 'late', 'withdrawn'])
    .describe('`late`: its first file came when the window was over. `withdrawn`: its rows were taken out.'),
  before: Count.describe('Rows then.'),
  now: Count.describe('Rows now.'),
  totals: z.record(z.string(), Decimal).describe('Differences of sums, without those that are zero.'),
})

const RESTATED = {
  since: AsOf.describe('Compare with the beginning of this day, in UTC, or with this instant.'),
  pipeline: Name.optional().describe('Name of the pipeline; needed in a project of several.'),
}
const since = '2026-10-30T16:00:00Z'

/** Routes of the sheet of a day for finance. */
export const DAY_SHEET_ROUTES = {
  'GET /api/day-sheet/{date}': route({
    summary:
      'The sheet of a business date for finance: sales, payments, cash, deposits, gift cards, each next to a second source.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      shard: many(Shard),
      asOf: AsOf.optional().describe(
        'The sheet as it followed from the tables at this instant, or at the end of this day, in UTC. Computed from kept manifests.',
      ),
      format: z.enum(['json', 'csv']).default('json').describe('`csv` gives one line per line of a location.'),
    }),
    answer: z.object({
      date: z.iso.date(),
      pipeline: Name,
      sentence: z.string(),
      asOf: Instant.nullable(),
      release: Count.nullable().describe(
        'With `asOf`: release of the models of then. Null where there was none, or it is no longer kept and the present models stand in.',
      ),
      locations: z.array(
        z.object({
          shard: Shard,
          name: z.string(),
          isComplete: z.boolean().nullable().describe('All files of the date are loaded and agree. Null with `asOf`.'),
          lines: z.array(DaySheetLine),
        }),
      ),
      missing: z.array(Shard).describe('Locations without a sheet: files that it needs are not loaded.'),
    }),
    types: ['text/csv'],
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY', 'QUERY_LIMIT', 'MODEL_FAILED', 'OBJECT_MISSING'],
    examples: [
      { title: 'One date', path: { date: EXAMPLE.window } },
      { title: 'As it was reported', path: { date: EXAMPLE.window }, query: { asOf: '2026-10-30' } },
      {
        title: 'One location, for a spreadsheet',
        path: { date: EXAMPLE.window },
        query: { shard: EXAMPLE.shard, format: 'csv' },
      },
    ],
  }),
  'GET /api/restated': route({
    summary: 'What changed in the tables since an instant: corrected and late files, with their money.',
    role: 'viewer',
    scope: 'cut',
    query: z.object(RESTATED),
    answer: z.object({
      pipeline: Name,
      since: Instant,
      restated: z.array(Restatement),
      unknown: z
        .array(z.object({ stream: Name, window: Window, from: Instant }))
        .describe('Partitions whose history of loads begins later than `since`.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'OBJECT_MISSING'],
    examples: [{ title: 'Since Friday', query: { since } }],
  }),
  'GET /api/restated/rows': route({
    summary: 'The rows that changed since an instant, column by column. At most 10,000. Masked columns stay masked.',
    role: 'analyst',
    scope: 'cut',
    query: z.object(RESTATED),
    answer: z.object({
      rows: z.array(
        z.object({
          stream: Name,
          shard: Shard,
          window: Window,
          change: z.enum(['added', 'removed', 'changed']),
          key: z.record(z.string(), z.string().nullable()),
          column: Name,
          from: z.string().nullable(),
          to: z.string().nullable(),
        }),
      ),
      isWhole: z.boolean().describe('False when there are more rows.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'OBJECT_MISSING'],
    examples: [{ title: 'Since Friday', query: { since } }],
  }),
} as const
