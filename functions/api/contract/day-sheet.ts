import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Decimal, many, Name, Shard } from './values.ts'

/** One line of a day sheet. */
const DaySheetLine = z.object({
  section: z.string().describe('`sales`, `payments`, `cash`, `deposits` or `gift cards`.'),
  line: z.string(),
  amount: Decimal.nullable().describe('Null where nothing is known, such as card fees that are not settled.'),
  other: Decimal.nullable().describe("The same by a second source, such as Toast's report; null where there is none."),
  difference: Decimal.nullable().describe('amount - other.'),
  lineage: z.string().describe('Path of the route that leads from the amount to files and lines.'),
})

/** Routes of the sheet of a day for finance. */
export const DAY_SHEET_ROUTES = {
  'GET /api/day-sheet/{date}': route({
    summary:
      'The sheet of a business date for finance: sales, payments, cash, deposits, gift cards, each next to a second source.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      shard: many(Shard),
      format: z.enum(['json', 'csv']).default('json').describe('`csv` gives one line per line of a location.'),
    }),
    answer: z.object({
      date: z.iso.date(),
      pipeline: Name,
      sentence: z.string(),
      locations: z.array(
        z.object({
          shard: Shard,
          name: z.string(),
          isComplete: z.boolean().describe('All files of the date are loaded and agree.'),
          lines: z.array(DaySheetLine),
        }),
      ),
      missing: z.array(Shard).describe('Locations without a sheet: files that it needs are not loaded.'),
    }),
    types: ['text/csv'],
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY', 'QUERY_LIMIT'],
    examples: [
      { title: 'One date', path: { date: EXAMPLE.window } },
      {
        title: 'One location, for a spreadsheet',
        path: { date: EXAMPLE.window },
        query: { shard: EXAMPLE.shard, format: 'csv' },
      },
    ],
  }),
} as const
