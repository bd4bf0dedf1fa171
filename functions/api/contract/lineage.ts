import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Count, Flag, Instant, many, Name, Reason, Window } from './values.ts'

/** A column of a node by name. */
const ColumnOf = z.object({ node: z.string(), column: z.string() })

/** A file, the table of a stream, a model, or a page or export that people look at. */
const Node = z.object({
  id: z
    .string()
    .describe(
      '`toast.order_details` of a stream, `models.daily_sales`, `file:toast/OrderDetails.csv`, `exposure:weekly_flash`.',
    ),
  kind: z.enum(['file', 'stream', 'model', 'exposure']),
  name: z.string(),
  description: z.string(),
  pipeline: Name.nullable(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string().nullable().describe('Null for a header of a file.'),
      privacy: z.enum(['keep', 'mask', 'hash', 'drop']),
      description: z.string(),
    }),
  ),
  state: z
    .enum(['current', 'pending', 'held', 'absent'])
    .nullable()
    .describe('Of the newest windows; null for a file and an exposure.'),
  freshAt: Instant.nullable().describe('When its table last changed.'),
})

/** State of a model. */
export const ModelState = z
  .enum(['current', 'pending', 'held', 'absent'])
  .describe('`held` and `pending` if any partition is; `absent` before the first build of this version.')

/** One partition of a model. */
const ModelBuild = z.object({
  window: Window.describe('`all` for a model that is one table.'),
  state: z.enum(['idle', 'pending', 'held']),
  reason: Reason.nullable(),
  rows: Count,
  bytes: Count.nullable().describe('Bytes that the last build was billed for.'),
  missing: z.array(z.string()).describe('Locations that are left out.'),
  checks: z.array(z.object({ name: z.string(), effect: z.enum(['block', 'warn']), failed: Count })),
  updatedAt: Instant,
})

/** A model in a list. */
const ModelRow = z.object({
  model: Name,
  kind: z.enum(['partition', 'view', 'whole', 'script', 'seed']),
  description: z.string(),
  state: ModelState,
  reason: Reason.nullable().describe('Why its newest held partition is held.'),
  newestWindow: Window.nullable().describe('Newest partition that is built.'),
  builtAt: Instant.nullable(),
  held: Count.describe('Partitions that are held.'),
  columns: Count,
  checks: Count,
  reads: z.array(z.string()),
})

const RANGE = {
  from: z.iso.date().optional().describe('First date. The newest 31 dates if absent.'),
  to: z.iso.date().optional().describe('Last date, included.'),
}
const path = { model: EXAMPLE.model }

/** Routes of lineage and models. */
export const LINEAGE_ROUTES = {
  'GET /api/lineage': route({
    summary: 'What a table or a column is made of, and what depends on it.',
    role: 'viewer',
    scope: 'none',
    query: z.object({
      node: z.string().max(300).optional().describe('Id of a node; all nodes if absent.'),
      column: z.string().max(300).optional().describe('Column of the node.'),
      direction: z.enum(['upstream', 'downstream', 'both']).default('both'),
      depth: z.coerce.number().int().min(1).max(20).default(20).describe('Most edges between two nodes of a path.'),
      columns: Flag.default(false).describe(
        '`true` gives the columns of edges and the influences also without `column`.',
      ),
    }),
    answer: z.object({
      nodes: z.array(Node),
      edges: z.array(
        z.object({
          from: z.string(),
          to: z.string(),
          isKnown: z.boolean().describe('False where it is not known which columns are read.'),
          columns: z
            .array(
              z.object({
                from: z.string(),
                to: z.string(),
                kind: z.enum(['IDENTITY', 'TRANSFORMATION', 'AGGREGATION']),
                expression: z.string().nullable().describe('How a contract reads or computes the value.'),
              }),
            )
            .describe('Columns whose values become those of others.'),
        }),
      ),
      influences: z
        .array(
          z.object({
            from: ColumnOf,
            to: z.string(),
            kind: z.enum(['FILTER', 'JOIN', 'GROUP_BY', 'WINDOW', 'SORT']),
          }),
        )
        .describe('Columns that decide which rows a node has.'),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [
      { title: 'Everything' },
      { title: 'One table', query: { node: `${EXAMPLE.pipeline}.${EXAMPLE.stream}` } },
      {
        title: 'One column, back to the headers of files',
        query: { node: `models.${EXAMPLE.model}`, column: 'net_sales', direction: 'upstream' },
      },
    ],
  }),
  'GET /api/lineage/value': route({
    summary: 'Files and lines that a value of a model is made of. Values of files are not shown.',
    role: 'analyst',
    scope: 'whole',
    query: z.object({
      model: Name,
      column: Name,
      key: many(z.string().max(300)).describe(
        '`column=value`, repeated: the key of a row, or a part of it. A model with partitions needs its date.',
      ),
    }),
    answer: z.object({
      model: Name,
      column: Name,
      values: z.array(z.string().nullable()).describe('Different values of the column in the rows of that key.'),
      sources: z.array(
        z.object({
          table: z.string(),
          file: z.string().describe('Path of the file at the source.'),
          sha256: z.string(),
          lines: z.array(Count).describe('First line of each record, at most 1,000 of a file.'),
          isWhole: z.boolean().describe('False when there are more.'),
          narrowedBy: z.array(z.string()).describe('Columns that these lines have in common with the row.'),
          columns: z
            .array(
              z.object({ column: z.string(), header: z.string(), privacy: z.enum(['keep', 'mask', 'hash', 'drop']) }),
            )
            .describe('Columns of the file that the value is made of; none if they only decide which rows there are.'),
        }),
      ),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY', 'QUERY_LIMIT'],
    examples: [
      {
        title: 'First hour of dinner',
        query: { model: 'dayparts', column: 'from_hour', key: ['daypart=Dinner'] },
      },
    ],
  }),
  'GET /api/models': route({
    summary: 'Models, what they read and how far they are built.',
    role: 'viewer',
    scope: 'none',
    answer: z.object({ models: z.array(ModelRow) }),
    errors: ['LEDGER_BUSY'],
    examples: [{ title: 'All models' }],
  }),
  'GET /api/models/{model}': route({
    summary: 'A model: columns with their sources, checks, partitions, readers.',
    role: 'viewer',
    scope: 'none',
    query: z.object(RANGE),
    answer: ModelRow.extend({
      source: z.string().describe('Path below config/models.'),
      sql: z.string().nullable().describe('Query in the SQL of BigQuery, with the names of its tables.'),
      fingerprint: z.string(),
      key: z.array(Name),
      columnList: z.array(
        z.object({
          name: Name,
          type: z.string(),
          unit: z.string().nullable(),
          isAdditive: z.boolean().describe('True if a sum over rows means something.'),
          of: z.array(Name).describe('Additive columns that a rate is made of.'),
          description: z.string(),
          from: z.array(
            z.object({
              table: z.string(),
              column: z.string(),
              kind: z.enum(['IDENTITY', 'TRANSFORMATION', 'AGGREGATION']),
            }),
          ),
        }),
      ),
      checkList: z.array(z.object({ name: z.string(), effect: z.enum(['block', 'warn']) })),
      readers: z.array(z.string()).describe('Models and exposures that read it.'),
      partitions: z.array(ModelBuild),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'One model', path }],
  }),
  'POST /api/models/{model}:build': route({
    summary:
      'Build a model for some dates, with the models that depend on the same dates. Partitions whose inputs are as they were stay as they are.',
    role: 'operator',
    scope: 'whole',
    status: 202,
    body: z.object({ from: z.iso.date(), to: z.iso.date() }),
    answer: z.object({ model: Name, windows: z.array(Window).describe('Dates that are queued.') }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [{ title: 'One date', path, body: { from: EXAMPLE.window, to: EXAMPLE.window } }],
  }),
} as const
