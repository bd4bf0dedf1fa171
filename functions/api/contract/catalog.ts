import { z } from 'zod'
import { route } from './route.ts'
import { Count, Instant, ModelEnvironment, Name, Reason, Window } from './values.ts'

const ColumnOf = z.object({ table: z.string(), column: z.string() })

/** A column of a table of the catalog. */
export const CatalogColumn = z.object({
  name: z.string(),
  type: z.string().nullable().describe('Null where an exposure shows a column that has none.'),
  unit: z.string().nullable(),
  description: z.string(),
  isKey: z.boolean(),
  isRequired: z.boolean().describe('True where no row is without a value.'),
  privacy: z
    .enum(['keep', 'mask', 'hash', 'drop'])
    .describe('What is done before a value is stored; a column of a model has that of the columns it passes on.'),
  policyTag: z.string().nullable().describe('Policy tag of BigQuery, as the environment names it for that class.'),
  headers: z.array(z.string()).describe('Headers in the file; empty where the column is computed.'),
  expression: z.string().nullable(),
  values: z.array(z.string()).nullable().describe('Values seen so far.'),
  rules: z.array(z.string()).describe('What every value meets, in words.'),
  isAdditive: z.boolean().nullable().describe('True if a sum over rows means something; null where it is not said.'),
  of: z.array(z.string()).describe('Additive columns that a rate is made of.'),
  from: z
    .array(ColumnOf.extend({ kind: z.enum(['IDENTITY', 'TRANSFORMATION', 'AGGREGATION']) }))
    .describe('Columns that its values are made of.'),
  terms: z.array(z.string()).describe('Terms of the glossary.'),
})

/** A stream, a model, or a page or export that people look at. */
export const CatalogEntry = z.object({
  id: z.string().describe('As in lineage: `toast.order_details`, `models.daily_sales`, `exposure:weekly_flash`.'),
  kind: z.enum(['stream', 'model', 'exposure']),
  form: z
    .string()
    .describe(
      'Format of the file of a stream; of a model `partition`, `view` and so on; of an exposure `page` and so on.',
    ),
  name: z.string(),
  title: z.string().describe('What people call it.'),
  description: z.string(),
  pipeline: Name.nullable(),
  owner: z.string().nullable().describe('Who answers questions about it.'),
  source: z.string().describe('File of the project that declares it.'),
  file: z.string().nullable().describe('Name of the delivered file of a stream.'),
  url: z.string().nullable().describe('Where an exposure is.'),
  version: z
    .string()
    .nullable()
    .describe('Version of the contract, or the first digits of the fingerprint of a model.'),
  tables: z
    .array(z.string())
    .describe('Tables of the warehouse: of a model its view, and the table of the version that the view shows.'),
  isOptional: z.boolean().describe('True for a stream whose absence means nothing.'),
  key: z.array(z.string()),
  partitionBy: z.string().nullable(),
  clusterBy: z.array(z.string()),
  labels: z.record(z.string(), z.string()).describe('Labels of its table in BigQuery.'),
  columns: z.array(CatalogColumn),
  references: z
    .array(z.object({ columns: z.array(z.string()), to: z.string(), effect: z.enum(['warn', 'quarantine']) }))
    .describe('Columns that hold keys of other streams.'),
  checks: z.array(
    z.object({
      name: z.string(),
      rule: z.string().nullable(),
      effect: z.string(),
      description: z.string(),
      failed: Count.nullable().describe('Failures in the newest window; null where it has not run.'),
    }),
  ),
  reads: z.array(z.string()).describe('Ids of what it is made of; files of a stream are left out.'),
  readBy: z.array(z.string()),
  state: z.enum(['current', 'pending', 'held', 'absent']).nullable().describe('Null for an exposure.'),
  reason: Reason.nullable().describe('Why the newest held partition of a model is held.'),
  newestWindow: Window.nullable().describe('Newest window that is loaded or built.'),
  freshAt: Instant.nullable().describe('When its table last changed.'),
  quality: z.string().describe('A sentence on the newest window.'),
})

/** A word of the business, and the columns that it names. */
const Term = z.object({
  term: z.string(),
  meaning: z.string(),
  owner: z.string().nullable(),
  synonyms: z.array(z.string()),
  columns: z.array(ColumnOf),
})

/** Everything that is known of the tables of a project. */
export const CatalogAnswer = z.object({
  version: z.literal(1),
  environment: Name,
  at: Instant.describe('When the ledger was read.'),
  entries: z.array(CatalogEntry).describe('Streams by pipeline, then models after what they read, then exposures.'),
  glossary: z.array(Term),
})
/** Everything that is known of the tables of a project. */
export type Catalog = z.output<typeof CatalogAnswer>

/** Routes of the catalog. */
export const CATALOG_ROUTES = {
  'GET /api/catalog': route({
    summary:
      'Streams, models and exposures: columns, privacy, owners, rules, checks, lineage, freshness, and the glossary.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      id: z.string().max(300).optional().describe('Only this entry.'),
      environment: ModelEnvironment,
    }),
    answer: CatalogAnswer,
    errors: ['NOT_FOUND'],
    examples: [{ title: 'The whole catalog' }, { title: 'One table', query: { id: 'models.daily_sales' } }],
  }),
} as const
