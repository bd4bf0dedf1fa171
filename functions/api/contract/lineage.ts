import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Instant, Name } from './values.ts'

/** A file, stream, table or model. */
const Node = z.object({
  id: z.string().describe('`table:toast.order_details`, `stream:toast/order_details`, `file:toast/OrderDetails.csv`.'),
  kind: z.enum(['source', 'file', 'stream', 'table', 'model', 'exposure']),
  name: z.string(),
  description: z.string(),
  pipeline: Name.nullable(),
  columns: z.array(Name),
  freshAt: Instant.nullable(),
})

/** Routes of lineage. */
export const LINEAGE_ROUTES = {
  'GET /api/lineage': route({
    summary: 'What a table is made of, and what depends on it.',
    role: 'viewer',
    scope: 'none',
    query: z.object({
      node: z.string().max(300).optional().describe('Id of a node; all nodes if absent.'),
      column: Name.optional().describe('Only edges of this column of the node.'),
      direction: z.enum(['upstream', 'downstream', 'both']).default('both'),
      depth: z.coerce.number().int().min(1).max(20).default(20),
    }),
    answer: z.object({
      nodes: z.array(Node),
      edges: z.array(
        z.object({
          from: z.string(),
          to: z.string(),
          columns: z
            .array(z.object({ from: z.string(), to: z.string(), how: z.string().nullable() }))
            .describe('Columns that the edge carries.'),
        }),
      ),
    }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [
      { title: 'Everything' },
      { title: 'One table', query: { node: `table:${EXAMPLE.pipeline}.${EXAMPLE.stream}` } },
    ],
  }),
} as const
