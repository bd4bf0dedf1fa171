import { z } from 'zod'
import { ColumnType, Identifier, OUTLIER_RULE } from '../contract/contract.ts'
import { yamlObject } from '../lib/yaml-object.ts'
import type { DateRange } from './compiled.ts'

const Expression = z.string().min(1).max(2_000).describe('An expression over columns: docs/reference/expressions.md.')

const DATES = /^([+-]?\d{1,4})d(?:\.\.([+-]?\d{1,4})d)?$/

/** Days relative to the built date: `-364d`, or `-27d..0d` for a range. */
const Dates = z
  .string()
  .regex(DATES, 'expected days such as -364d, or a range such as -27d..0d')
  .transform((text): DateRange => {
    const [, from = '0', to = from] = DATES.exec(text) ?? []
    return { from: Number(from), to: Number(to) }
  })

const ModelColumn = yamlObject({
  name: Identifier.describe('Column of the table, as the query names it.'),
  type: ColumnType.describe("Type of the column, in BigQuery's words. The query must give it."),
  unit: z.string().optional().describe('USD, seconds, ... for people and the catalog.'),
  additive: z
    .boolean()
    .default(false)
    .describe(
      'True if the sum over rows means something: net sales, and no rate, average or count of distinct guests.',
    ),
  of: z
    .array(Identifier)
    .min(1)
    .optional()
    .describe('Additive columns that a rate or an average is made of, so that a total is computed from them.'),
  description: z.string().min(1).describe('What the values mean; goes into the warehouse and the catalog.'),
})

const Term = yamlObject({
  model: Identifier.optional().describe('The model whose rows are compared; itself or another one.'),
  stream: z
    .string()
    .regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/, 'expected a stream, or pipeline.stream')
    .optional()
    .describe('The stream whose rows are compared, with its pipeline before it where two have a stream of that name.'),
  sum: Expression.optional().describe('What is added up; counted rows if absent.'),
  where: Expression.optional(),
  by: z
    .union([Identifier, z.array(Identifier).min(1)])
    .optional()
    .describe('Compare per value of this column, or of these together; the totals if absent.'),
}).refine(({ model, stream }) => (model === undefined) !== (stream === undefined), {
  message: 'expected either `model` or `stream`',
})
/** One side of a comparison: rows of a model or a stream, filtered, grouped by a key, summed or counted. */
export type Term = z.infer<typeof Term>

const base = {
  name: Identifier.describe('Identifies the check in results and incidents.'),
  rule: z.string().optional().describe('Number of the rule in the facts it comes from, e.g. R9.'),
  description: z.string().optional().describe('What it means when the check fails.'),
  effect: z
    .enum(['warn', 'block'])
    .describe('`warn` publishes the partition and says so. `block` keeps the rows before and opens an incident.'),
}

const within = z.number().min(0).default(0).describe('Largest difference that still passes, in the unit of the values.')

const UniqueCheck = yamlObject({
  ...base,
  name: Identifier.default('unique_key').describe('Identifies the check in results and incidents.'),
  unique: z
    .union([z.literal('key'), z.array(Identifier).min(1)])
    .describe('`key`, or columns: their values together occur once in a partition.'),
})

const RowCheck = yamlObject({
  ...base,
  that: Expression.describe('Must be true of every row. Empty inputs make it unknown, which passes, as in SQL.'),
  within,
})

const EqualCheck = yamlObject({
  ...base,
  equal: z.tuple([Term, Term]).describe('Left equals right, per key of the left side if it has `by`.'),
  or_equal: z.array(Term).min(1).max(3).optional().describe('Other right sides, each as good as the first.'),
  absent_key: z
    .enum(['zero', 'skip'])
    .default('zero')
    .describe('A key that the right side lacks counts as zero there, or is not compared.'),
  within,
})

const ExistsCheck = yamlObject({
  ...base,
  every: Term.describe('Each value of its `by` ...'),
  exists_in: Term.describe('... occurs in `by` of this one.'),
})

const TogetherCheck = yamlObject({
  ...base,
  together: z.tuple([Term, Term]).describe('Both are zero, or neither is.'),
})

const ModelCheck = z.union([UniqueCheck, RowCheck, EqualCheck, ExistsCheck, TogetherCheck])
/** Check of one partition of a model, before it is published. */
export type ModelCheck = z.infer<typeof ModelCheck>

const Outlier = yamlObject({
  name: Identifier.describe('Identifies it in answers.'),
  of: Identifier.optional().describe(
    'An additive column, whose sum by location and date is compared; the rows if absent.',
  ),
  ...OUTLIER_RULE,
})

/** File of config/models: the table that a query, a CSV file or a script becomes. */
export const ModelConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  model: Identifier.describe('Name of the model, of its table and of this file.'),
  description: z.string().min(1).describe('What one row is.'),
  owner: z.string().min(1).optional().describe('Who answers questions about it.'),
  key: z.array(Identifier).min(1).describe('Columns that identify a row.'),
  kind: z
    .enum(['partition', 'view', 'whole'])
    .default('partition')
    .describe(
      '`partition` is built date by date, `view` is a query that readers run, `whole` is a small table that is built entirely. A model with a CSV file is `whole`.',
    ),
  rows_from: z
    .enum(['fiscal', 'dayparts', 'events'])
    .optional()
    .describe(
      'The rows are made from this file of configuration, e.g. config/fiscal.yaml. The model has then no file next to it.',
    ),
  table: yamlObject({
    partition_by: Identifier.optional().describe('Date column of the partitions. Only of `kind: partition`.'),
    cluster_by: z.array(Identifier).max(4).default([]).describe('Columns that rows are sorted by in the warehouse.'),
  })
    .default({ clusterBy: [] })
    .describe('Layout of the table in the warehouse.'),
  reads: z
    .record(
      Identifier,
      yamlObject({ dates: Dates.describe('Days relative to the date that is built, e.g. -364d or -27d..0d.') }),
    )
    .default({})
    .describe(
      'By alias: dates that the query reads of that table. A table that is not named is read for the built date.',
    ),
  needs: z
    .array(Identifier)
    .default([])
    .describe('Streams: a location enters a partition when its slices of all of them are loaded.'),
  columns: z.array(ModelColumn).min(1).describe('Columns of the table, in the order of the query.'),
  checks: z.array(ModelCheck).default([]).describe('What must hold of a partition before readers see it.'),
  outliers: z
    .array(Outlier)
    .default([])
    .describe(
      'Measures whose days are told when they are unlike earlier days of their location. Nothing is held back.',
    ),
})
export type ModelConfig = z.infer<typeof ModelConfig>
