import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { Rows } from './tables.ts'
import { Count, Instant, ModelEnvironment, Name, Reason, Window } from './values.ts'

/** State of a model. */
const ModelState = z
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
  version: z.string().describe('First digits of the fingerprint of the version that is shown.'),
})

/** A version of a model that is kept. */
const ModelVersion = z.object({
  version: z.string(),
  createdAt: Instant.describe('When it was first built.'),
  isShown: z.boolean().describe('True if readers see it.'),
  release: z
    .object({ number: Count, at: Instant, by: z.string() })
    .nullable()
    .describe('First release that showed it; null before it is applied.'),
})

const RANGE = {
  from: z.iso.date().optional().describe('First date. The newest 31 dates if absent.'),
  to: z.iso.date().optional().describe('Last date, included.'),
}
const path = { model: EXAMPLE.model }

/** Routes of models. */
export const MODEL_ROUTES = {
  'GET /api/models': route({
    summary: 'Models, what they read and how far they are built.',
    role: 'viewer',
    scope: 'none',
    query: z.object({ environment: ModelEnvironment }),
    answer: z.object({
      environments: z.array(Name).describe('Environments that show models, `models` first.'),
      models: z.array(ModelRow),
    }),
    errors: ['LEDGER_BUSY', 'NOT_FOUND'],
    examples: [{ title: 'All models' }],
  }),
  'GET /api/models/{model}': route({
    summary: 'A model: columns with their sources, checks, partitions, readers.',
    role: 'viewer',
    scope: 'none',
    query: z.object({ ...RANGE, environment: ModelEnvironment }),
    answer: ModelRow.extend({
      source: z
        .string()
        .describe('Path below config/models, or that of the file of configuration that the rows are made from.'),
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
      checkList: z.array(
        z.object({
          name: z.string(),
          effect: z.enum(['block', 'warn']),
          sql: z.string().describe('Query for offending rows, in the SQL of BigQuery.'),
        }),
      ),
      readers: z.array(z.string()).describe('Models and exposures that read it.'),
      partitions: z.array(ModelBuild),
      versions: z.array(ModelVersion).describe('Newest first.'),
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
  'GET /api/models/{model}/rows': route({
    summary: 'Newest rows of a model, at most 100. Values that are masked in streams stay masked.',
    role: 'analyst',
    scope: 'whole',
    query: z.object({
      date: z.iso.date().optional().describe('Partition. The newest one that is built if absent.'),
      limit: z.coerce.number().int().min(1).max(100).default(20),
      environment: ModelEnvironment,
    }),
    answer: Rows.omit({ masked: true }).extend({ date: z.iso.date().nullable().describe('Null without partitions.') }),
    errors: ['REQUEST_INVALID', 'NOT_FOUND', 'WAREHOUSE_BUSY', 'QUERY_LIMIT'],
    examples: [{ title: 'Five rows', path, query: { limit: '5' } }],
  }),
  'GET /api/models:plan': route({
    summary:
      'Changes from the models that readers see to those of the project, with partitions to build and bytes. Changes nothing; `daybreak model apply` applies them.',
    role: 'analyst',
    scope: 'none',
    answer: z.object({
      changes: z.array(
        z.object({
          model: Name,
          category: z.enum(['new', 'breaking', 'non-breaking', 'indirect', 'text only', 'removed']),
          reasons: z.array(z.string()).describe('Differences in words: `net_sales: expression changed`.'),
          partitions: Count.describe('Partitions that are built anew.'),
          bytes: Count.nullable().describe('Bytes that these would be billed for; null where nothing is billed.'),
          exposures: z.array(z.string()).describe('Pages and exports that read the model.'),
        }),
      ),
    }),
    errors: ['LEDGER_BUSY', 'WAREHOUSE_BUSY'],
    examples: [{ title: 'Compare' }],
  }),
} as const
