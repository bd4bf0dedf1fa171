import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Count, Flag, Instant, ModelEnvironment, many, Name } from './values.ts'

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

/** Routes of lineage. */
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
      environment: ModelEnvironment,
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
  'GET /api/lineage/events': route({
    summary: 'The whole graph as job and data set events of OpenLineage, for tools that read those.',
    role: 'viewer',
    scope: 'none',
    answer: z.object({
      events: z.array(z.record(z.string(), z.unknown())).describe('Each is valid by OpenLineage 2-0-2.'),
    }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'Everything' }],
  }),
  'GET /api/lineage/value': route({
    summary: 'Files and lines that a value of a model is made of. Values of files are not shown.',
    role: 'analyst',
    scope: 'whole',
    query: z.object({
      model: Name,
      column: Name,
      environment: ModelEnvironment,
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
} as const
