import { z } from 'zod'
import { ColumnType } from '../contract/contract.ts'

const TOKEN = /\{\{|\{(\d+)\}/g

/** Days relative to the date that is built, both included: `{ from: -27, to: 0 }` are the last four weeks. */
export const DateRange = z.strictObject({ from: z.int(), to: z.int() })
export type DateRange = z.infer<typeof DateRange>

const referenceBase = {
  /** Number of the hole in the text. */
  hole: z.int().min(0),
  /** `toast.order_details` or `models.daily_sales`. */
  table: z.string(),
  alias: z.string(),
  /** Columns that the query uses, sorted. */
  columns: z.array(z.string()),
  /** Types of these columns, for a table that does not exist yet. */
  types: z.array(ColumnType).exactOptional(),
}

/** One table that a query reads, at one place of its text. */
export const Reference = z.discriminatedUnion('isPartitioned', [
  z.strictObject({
    ...referenceBase,
    isPartitioned: z.literal(true),
    /** Partitions that one partition of the model reads. */
    dates: DateRange,
    /** Column with the date of the partition. */
    dateColumn: z.string(),
    /** Column that names the location of a row; null where the rows carry none. */
    locationColumn: z.string().nullable(),
  }),
  z.strictObject({
    ...referenceBase,
    isPartitioned: z.literal(false),
    /** Column with the date of the partition, of a table with partitions that is read whole. */
    dateColumn: z.string().exactOptional(),
  }),
])
export type Reference = z.infer<typeof Reference>

/** One query in the SQL of each engine. `{0}` is the hole of the first reference, `{{` a brace; `fillHoles` fills them. */
export const QueryText = z.strictObject({ bigquery: z.string(), duckdb: z.string() })
export type QueryText = z.infer<typeof QueryText>

/** A check: a query that gives one row for each offence, and none if the check passes. */
export const CompiledCheck = z.strictObject({
  name: z.string(),
  /** Number of the rule in the facts that the check comes from. */
  rule: z.string().exactOptional(),
  /** Meaning of a failure. */
  description: z.string().exactOptional(),
  effect: z.enum(['block', 'warn']),
  references: z.array(Reference),
  sql: QueryText,
})
export type CompiledCheck = z.infer<typeof CompiledCheck>

const LineageKind = z.enum(['IDENTITY', 'TRANSFORMATION', 'AGGREGATION'])
const InfluenceKind = z.enum(['FILTER', 'JOIN', 'GROUP_BY', 'WINDOW', 'SORT'])

/** Source columns of each output column, and those that decide which rows there are. */
export const Lineage = z.strictObject({
  columns: z.record(z.string(), z.array(z.strictObject({ table: z.string(), column: z.string(), kind: LineageKind }))),
  rows: z.array(z.strictObject({ table: z.string(), column: z.string(), kind: InfluenceKind })),
  /** Columns of tables whose rows take part only where they equal the output column. Absent: none is known. */
  links: z.record(z.string(), z.array(z.strictObject({ table: z.string(), column: z.string() }))).optional(),
})
export type Lineage = z.infer<typeof Lineage>

const CompiledOutlier = z.strictObject({
  name: z.string(),
  /** Additive column whose sum by location and date is compared; the rows if absent. */
  of: z.string().exactOptional(),
  weeks: z.int(),
  at: z.number(),
  least: z.number(),
})
/** Measure of a model whose days are compared with earlier days of their location. */
export type CompiledOutlier = z.infer<typeof CompiledOutlier>

const modelBase = {
  description: z.string(),
  /** Mail address of the person or team that answers questions about the model. */
  owner: z.string().exactOptional(),
  /** Source below config/models; of rows that are made from configuration its file below the project. */
  source: z.string(),
  /** SHA-256 of the text of the source files. Another one means that the model was changed after it was compiled. */
  digest: z.string(),
  /** SHA-256 of what the model computes. Formatting, comments and descriptions do not count. */
  fingerprint: z.string(),
  /** Fingerprint of the set of rows: filters, joins, grouping. */
  rows: z.string(),
  /** Fingerprint of each column: its expression over source columns. */
  columnFingerprints: z.record(z.string(), z.string()),
  columns: z.array(
    z.strictObject({
      name: z.string(),
      type: ColumnType,
      unit: z.string().optional(),
      isAdditive: z.boolean(),
      of: z.array(z.string()),
      description: z.string(),
    }),
  ),
  key: z.array(z.string()),
  /** Date column of the partitions; null where the model is one table. */
  partitionBy: z.string().nullable(),
  clusterBy: z.array(z.string()),
  /** Streams whose slices must be loaded before a location enters. */
  needs: z.array(z.string()),
  references: z.array(Reference),
  checks: z.array(CompiledCheck),
  outliers: z.array(CompiledOutlier).exactOptional(),
  lineage: Lineage,
}

/** One compiled model: all that a build needs, without an analyser. */
export const CompiledModel = z.discriminatedUnion('kind', [
  z.strictObject({ ...modelBase, kind: z.enum(['partition', 'view', 'whole', 'seed']), sql: QueryText }),
  z.strictObject({
    ...modelBase,
    kind: z.literal('script'),
    /** JavaScript of the script and of all that it imports. */
    script: z.strictObject({ entry: z.string(), modules: z.record(z.string(), z.string()) }),
  }),
])
export type CompiledModel = z.infer<typeof CompiledModel>

/** File config/models/compiled.json: every model by its name. */
export const CompiledModels = z.strictObject({ version: z.literal(1), models: z.record(z.string(), CompiledModel) })
export type CompiledModels = z.infer<typeof CompiledModels>

/** Path of the file from the folder of the project. */
export const COMPILED = 'config/models/compiled.json'

/** The file as text: models and members in a fixed order, so that equal sources give equal bytes. */
export function compiledText({ version, models }: CompiledModels): string {
  const sorted = Object.fromEntries(Object.entries(models).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return `${JSON.stringify({ version, models: sorted }, null, 2)}\n`
}

/** Text of a query that stands around holes: a brace of its own is doubled, so that no literal is taken for a hole. */
export function aroundHoles(sql: string): string {
  return sql.replaceAll('{', '{{')
}

/** The hole of a number, for the table that a build puts there. */
export function hole(number: number): string {
  return `{${number}}`
}

/** A compiled query with a table, or a subquery in parentheses, in each hole. */
export function fillHoles(text: string, tableOf: (hole: number) => string): string {
  return text.replaceAll(TOKEN, (_, number: string | undefined) =>
    number === undefined ? '{' : tableOf(Number(number)),
  )
}
