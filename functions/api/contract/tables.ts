import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Count, Day, Instant, many, Name, Shard, Window } from './values.ts'

/** Column of a table, with its meaning. */
export const TableColumn = z.object({
  name: Name,
  type: z.string(),
  from: z.array(z.string()).describe('Headers in the file; empty for a column that is computed.'),
  required: z.boolean(),
  privacy: z.enum(['keep', 'mask', 'hash', 'drop']),
  unit: z.string().nullable(),
  values: z.array(z.string()).nullable(),
  expression: z.string().nullable(),
  description: z.string(),
})

/** Stream in a list. */
export const ContractRow = z.object({
  pipeline: Name,
  stream: Name,
  description: z.string(),
  file: z.string(),
  format: z.string(),
  optional: z.boolean(),
  columns: Count,
  checks: Count,
  newestWindow: Window.nullable().describe('Newest window with rows.'),
  loadedAt: Instant.nullable().describe('When its newest partition was loaded.'),
})

/** Rows of a table as text. */
export const Rows = z
  .object({
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    rows: z.array(z.array(z.string().nullable())),
    isWhole: z.boolean().describe('False when there are more rows.'),
    masked: z.array(Name).describe('Columns whose values are masked, hashed or dropped before they are stored.'),
  })
  .meta({ id: 'Rows' })

const PIPELINE = { pipeline: Name.optional().describe('Name of a pipeline. Needed where several have the stream.') }
const path = { stream: EXAMPLE.stream }

/** Routes of contracts and rows. */
export const TABLE_ROUTES = {
  'GET /api/tables': route({
    summary: 'Tables that streams are loaded into, with their rows and dates, counted now.',
    role: 'analyst',
    scope: 'whole',
    query: z.object({ pipeline: Name.optional().describe('Name of a pipeline. All if absent.') }),
    answer: z.object({
      tables: z.array(
        z.object({
          table: z.string().describe('Pipeline and name, as a query names it.'),
          rows: Count,
          from: Window.nullable().describe('First date; null without rows or dates.'),
          to: Window.nullable(),
          columns: Count,
          description: z.string(),
        }),
      ),
    }),
    errors: ['NOT_FOUND', 'USAGE_INVALID', 'WAREHOUSE_BUSY', 'QUERY_LIMIT'],
    examples: [{ title: 'How much is there?' }],
  }),
  'GET /api/contracts': route({
    summary: 'Streams, what they mean and how fresh they are.',
    role: 'viewer',
    scope: 'none',
    query: z.object(PIPELINE),
    answer: z.object({ contracts: z.array(ContractRow) }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'All streams' }],
  }),
  'GET /api/contracts/{stream}': route({
    summary: 'A stream: columns with meaning and privacy, checks, table.',
    role: 'viewer',
    scope: 'none',
    query: z.object(PIPELINE),
    answer: ContractRow.extend({
      key: z.array(Name),
      partitionColumn: Name.nullable(),
      columnList: z.array(TableColumn),
      checkList: z.array(
        z.object({ check: z.string(), rule: z.string().nullable(), effect: z.string(), description: z.string() }),
      ),
      yaml: z.string(),
    }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'What does this column mean?', path }],
  }),
  'GET /api/contracts/{stream}/sample': route({
    summary: 'Newest rows of a stream, at most 100. Masked columns stay masked.',
    role: 'analyst',
    scope: 'cut',
    query: z.object({ ...PIPELINE, limit: z.coerce.number().int().min(1).max(100).default(20) }),
    answer: Rows,
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY', 'QUERY_LIMIT'],
    examples: [{ title: 'Five rows', path, query: { limit: '5' } }],
  }),
  'POST /api/query:preview': route({
    summary:
      'Ask the tables of a pipeline: one SELECT, at most 1,000 rows, 30 seconds and 1 GiB of tables in BigQuery, which also wants a condition on the column that a table is partitioned by. Audited.',
    role: 'analyst',
    scope: 'whole',
    body: z.object({ ...PIPELINE, sql: z.string().min(1).max(20_000) }),
    answer: Rows.extend({ seconds: z.number() }),
    errors: ['REQUEST_INVALID', 'USAGE_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY', 'QUERY_LIMIT'],
    examples: [
      {
        title: 'How many orders?',
        body: {
          sql: 'select count(*) as orders from toast.order_details',
        },
      },
    ],
  }),
  'GET /api/tables/{stream}/rows': route({
    summary:
      'All rows of some windows of a stream, as CSV, Parquet or JSON lines. Masked columns stay masked. Audited.',
    role: 'analyst',
    scope: 'whole',
    query: z.object({
      ...PIPELINE,
      from: Day,
      to: Day,
      shard: many(Shard),
      format: z.enum(['csv', 'parquet']).default('csv'),
    }),
    answer: z.string(),
    types: ['text/csv', 'application/vnd.apache.parquet'],
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY', 'QUERY_LIMIT'],
    examples: [{ title: 'A day as CSV', path, query: { from: EXAMPLE.window, to: EXAMPLE.window, format: 'csv' } }],
  }),
} as const
