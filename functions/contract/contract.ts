import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'
import { FILE_NAME } from './file-name.ts'

/** Names of streams, columns, checks, locations' pipelines: what may stand unquoted in every SQL dialect we speak. */
export const Identifier = z
  .string()
  .regex(/^(?!__proto__$)[a-z_][a-z0-9_]{0,62}$/, 'expected snake_case: a-z, 0-9 and _, at most 63 characters')

/** Type of a column, in BigQuery's words. */
export const ColumnType = z
  .enum(['string', 'int64', 'numeric', 'float64', 'bool', 'date', 'time', 'datetime', 'timestamp'])
  .describe('BigQuery names. `datetime` is local wall clock; `timestamp` is UTC and only derived.')
export type ColumnType = z.infer<typeof ColumnType>

/** Effect of a failed check. */
export const Effect = z
  .enum(['warn', 'dispute', 'quarantine', 'hold', 'block'])
  .describe(
    [
      'What a failure does, weakest first. `warn` records it. `dispute` loads everything and marks the day as disputed.',
      '`quarantine` turns the row into a reject. `hold` keeps this version of the file waiting until a person releases it or',
      'the same bytes arrive again; the rows before stay. `block` refuses the file: correct it or force it.',
    ].join(' '),
  )
export type Effect = z.infer<typeof Effect>

/** Privacy class of a column. */
export const Privacy = z
  .enum(['keep', 'mask', 'hash', 'drop'])
  .describe(
    'Applied before anything is staged. `mask` keeps the last two characters, `hash` is a keyed HMAC-SHA-256, `drop` leaves NULL.',
  )
export type Privacy = z.infer<typeof Privacy>

const Expression = z.string().min(1).max(2_000).describe('An expression over columns: docs/reference/expressions.md.')

const Bound = z.union([z.number(), z.string().min(1)])

/** Column of a contract that is read from the file. */
export const Column = yamlObject({
  name: Identifier.describe('Column in the table.'),
  from: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe(
      'Header of the column in the file; a list gives alternatives, the first one present is taken. In JSON a path of keys from the row, from an object around it by the name of its step (`menu.name`) or from the nearest (`parent.guid`).',
    ),
  type: ColumnType.exclude(['timestamp']).describe(
    "Type in the table, in BigQuery's words. `datetime` is local wall clock.",
  ),
  format: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe('Pattern letters of date, time and datetime columns, e.g. `M/d/yy h:mm a`; a list is tried in order.'),
  scale: z
    .int()
    .min(0)
    .max(9)
    .default(9)
    .describe('Decimal places of a numeric column. A value with more is rejected, never rounded.'),
  unit: z.string().optional().describe('USD, seconds, ... for people and the catalog.'),
  required: z.boolean().default(false).describe('An empty value makes the row a reject; a missing column is drift.'),
  optional: z
    .boolean()
    .default(false)
    .describe('The column may be absent from the file. Neither optional nor required: its absence is a warning.'),
  privacy: Privacy.default('keep'),
  pattern: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'What a text must look like from its first to its last character, e.g. `-?[0-9]{1,20}` for an id; blanks around it are cut off, and another value makes the row a reject. Letters, digits, classes, groups, `|` and counts: what JavaScript and RE2 read alike.',
    ),
  allow: z
    .enum(['lines', 'control'])
    .optional()
    .describe(
      'Characters that a text may hold in addition to visible ones: `lines` for tabs and line breaks, `control` for anything. Without it a control or invisible character makes the row a reject.',
    ),
  values: z
    .array(z.string())
    .optional()
    .describe('Values seen so far. Unless `closed`, the list is open: another value is a warning.'),
  closed: z
    .boolean()
    .optional()
    .describe('True where `values` are all there are: another value makes the row a reject.'),
  min: Bound.optional().describe(
    'Least value of a number, or first day of a date as `2026-01-31`. A smaller one makes the row a reject.',
  ),
  max: Bound.optional().describe(
    'Greatest value of a number, or last day of a date. A greater one makes the row a reject.',
  ),
  min_length: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('Fewest characters of a text, in code points. A shorter one makes the row a reject.'),
  max_length: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('Most characters of a text, in code points. A longer one makes the row a reject.'),
  legacy_name: Identifier.optional().describe('What the script before Daybreak called it.'),
  description: z.string().min(1).describe('What the values mean; goes into the warehouse and the reference.'),
})
export type Column = z.infer<typeof Column>

/** Column of a contract that is computed from others. */
export const DerivedColumn = yamlObject({
  name: Identifier.describe('Column in the table.'),
  type: ColumnType,
  from: Identifier.optional().describe('Source column of `parse` (its name in the table).'),
  parse: z
    .enum(['signed_clock_duration', 'prose_duration', 'utc'])
    .optional()
    .describe(
      '`utc` turns a local datetime into a UTC timestamp with the zone of the location; of files with `schedule.time_zone` of the pipeline.',
    ),
  expression: Expression.optional(),
  scale: z.int().min(0).max(9).default(9).describe('Decimal places of a numeric column.'),
  unit: z.string().optional().describe('USD, seconds, ... for people and the catalog.'),
  description: z.string().min(1).describe('What the values mean; goes into the warehouse and the reference.'),
})
export type DerivedColumn = z.infer<typeof DerivedColumn>

/** One side of a comparison: rows of a stream, filtered, grouped by a key, summed or counted. */
export const Term = yamlObject({
  stream: Identifier.optional().describe('Default: the stream of the contract the check stands in.'),
  sum: Expression.optional().describe('What is added up; counted rows if absent.'),
  where: Expression.optional(),
  by: Identifier.optional().describe('Compare per value of this column; the totals if absent.'),
  split: z
    .string()
    .min(1)
    .optional()
    .describe(
      '`by` of the left side holds a list joined with this text, e.g. `, `: its value equals the sum over the listed keys on the right.',
    ),
})
export type Term = z.infer<typeof Term>

const checkBase = {
  name: Identifier.describe('Identifies the check in results, incidents and rejects.'),
  rule: z.string().optional().describe('Number of the rule in the facts it comes from, e.g. R1.'),
  description: z.string().optional().describe('What it means when the check fails.'),
  effect: Effect,
}

const share = z.number().min(0).max(1).optional().describe('Share of the rows or keys that fail, e.g. 0.1.')
const rows = z
  .int()
  .min(1)
  .optional()
  .describe('Failed rows or keys from which on `share` counts: one of two rows is half a file and says little.')

const AboveShare = yamlObject({ share, rows })
  .optional()
  .describe('The effect applies only above this; a smaller failure warns. Absent: every failure has the effect.')

const Above = yamlObject({
  difference: z
    .number()
    .min(0)
    .optional()
    .describe('Sum of all differences beyond `within`, in the unit of the values, e.g. 1.00 for a dollar.'),
  share,
  rows,
})
  .optional()
  .describe(
    'The effect applies only above one of these; a smaller failure warns. Absent: every failure has the effect.',
  )
/** From where on a failure has its effect; a smaller one only warns. */
export type Above = NonNullable<z.infer<typeof Above>>

const within = z.number().min(0).default(0).describe('Largest difference that still passes, in the unit of the values.')

/** Check of each row. */
export const RowCheck = yamlObject({
  ...checkBase,
  that: Expression.describe('Must be true of every row. Empty inputs make it unknown, which passes, as in SQL.'),
  within,
  above: AboveShare,
})
export type RowCheck = z.infer<typeof RowCheck>

/** Check that the values of columns occur once in a slice. */
export const UniqueCheck = yamlObject({
  ...checkBase,
  name: Identifier.default('unique_key').describe('Identifies the check in results, incidents and rejects.'),
  unique: z
    .array(Identifier)
    .min(1)
    .describe('Columns whose values together occur once in a slice. A row in which one of them is empty repeats none.'),
  empty_counts: z
    .boolean()
    .optional()
    .describe(
      'True where an empty value is one like any other, so that rows with the same empty one repeat each other.',
    ),
})
export type UniqueCheck = z.infer<typeof UniqueCheck>

const AggregateEffect = Effect.exclude(['quarantine']).describe(
  '`warn` records it, `dispute` marks the day, `hold` keeps this version of the file waiting, `block` refuses it.',
)

/** Check that two terms are equal. */
export const EqualCheck = yamlObject({
  ...checkBase,
  effect: AggregateEffect,
  equal: z
    .tuple([Term, Term])
    .describe('Left equals right, per key of the left side if it has `by`. A check with a missing slice is not run.'),
  or_equal: z
    .array(Term)
    .min(1)
    .max(3)
    .optional()
    .describe('Other right sides, each as good as the first: the difference is that to the nearest.'),
  absent_key: z
    .enum(['zero', 'skip'])
    .optional()
    .describe('A key that the right side lacks counts as zero there, or is not compared. Default: zero.'),
  within,
  above: Above,
})
export type EqualCheck = z.infer<typeof EqualCheck>

/** Check that each key of one term occurs in another. */
export const ExistsCheck = yamlObject({
  ...checkBase,
  effect: AggregateEffect,
  every: Term.describe('Each value of its `by` ...'),
  exists_in: Term.describe(
    '... occurs in `by` of this one. With `sum` on the first side, `difference` is that of the missing.',
  ),
  above: Above,
})
export type ExistsCheck = z.infer<typeof ExistsCheck>

/** Check that two terms are zero together. */
export const TogetherCheck = yamlObject({
  ...checkBase,
  effect: AggregateEffect,
  together: z.tuple([Term, Term]).describe('Both are zero, or neither is.'),
})
export type TogetherCheck = z.infer<typeof TogetherCheck>

/** Keys of the YAML that say how unlike earlier days a day must be to be told. */
export const OUTLIER_RULE = {
  weeks: z.int().min(4).max(26).default(8).describe('Number of earlier days of the same weekday to compare with.'),
  at: z
    .number()
    .min(1)
    .max(20)
    .default(3.5)
    .describe('Distance from the usual that is told, in scales: the usual spread of this location.'),
  least: z.number().min(0).default(0).describe('Smallest difference that is told, in the unit of the values.'),
}

/** Check of a day against earlier days of its location. */
export const OutlierCheck = yamlObject({
  ...checkBase,
  effect: z.literal('warn').default('warn').describe('An unusual day may be a good one, so such a check only warns.'),
  outlier: yamlObject({
    of: Identifier.optional().describe(
      'A numeric column of the stream, whose sum is compared; the row count if absent.',
    ),
    ...OUTLIER_RULE,
  }).describe('A row count or total that is unlike that of earlier days. Days of config/events.yaml pass.'),
})
export type OutlierCheck = z.infer<typeof OutlierCheck>

/** Check that the bytes are of no other location or date. */
export const NewFileCheck = yamlObject({
  ...checkBase,
  effect: AggregateEffect,
  new_file: z
    .literal(true)
    .describe(
      'The bytes were never delivered for another location or business date. Files without rows, or whose money is all zero, are alike on many days and pass.',
    ),
})
export type NewFileCheck = z.infer<typeof NewFileCheck>

/** Check that a column keeps the values of its location. */
export const ConstantCheck = yamlObject({
  ...checkBase,
  effect: AggregateEffect,
  constant: Identifier.describe(
    'A text column whose values a location keeps, such as its name. A location without history passes.',
  ),
})
export type ConstantCheck = z.infer<typeof ConstantCheck>

/** Check that a new version loses no rows and no money. */
export const LossCheck = yamlObject({
  ...checkBase,
  effect: AggregateEffect,
  loss: yamlObject({
    share: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe('Share of the rows, or of a total, that a new version may lose.'),
    totals: z.array(Identifier).default([]).describe('Money columns of the file that are compared, too.'),
  }).describe('A new version of a file that is published loses no more than this. Growth passes.'),
})
export type LossCheck = z.infer<typeof LossCheck>

/** Checks that compare a file with what was delivered before. */
export const HistoryCheck = z.union([OutlierCheck, NewFileCheck, ConstantCheck, LossCheck])
export type HistoryCheck = z.infer<typeof HistoryCheck>

/** Checks that one file answers by itself. */
export type FileCheck = RowCheck | UniqueCheck | CrossCheck

/** Checks of one slice, as they stand in a contract. */
export const Check = z.union([
  RowCheck,
  UniqueCheck,
  EqualCheck,
  ExistsCheck,
  TogetherCheck,
  OutlierCheck,
  NewFileCheck,
  ConstantCheck,
  LossCheck,
])
export type Check = z.infer<typeof Check>

/** True for a check that needs what was delivered before, and that the engine cannot answer. */
export function isHistoryCheck(check: Check): check is HistoryCheck {
  return 'outlier' in check || 'newFile' in check || 'constant' in check || 'loss' in check
}

/** Checks that join several streams of one location and day, as they stand in a pipeline. */
export const CrossCheck = z.union([EqualCheck, ExistsCheck, TogetherCheck])
export type CrossCheck = z.infer<typeof CrossCheck>

export const RowStep = yamlObject({
  list: z
    .string()
    .min(1)
    .optional()
    .describe('Key of a list of objects. Absent in the first step of a file that is a list itself.'),
  as: Identifier.optional().describe(
    'Name of these objects, for `from` of columns: `menu.name`. Steps may share one; then the texts are joined with ` > `.',
  ),
  nested: z
    .boolean()
    .default(false)
    .describe('These objects may hold the same list again, to any depth; an object without it is taken as well.'),
})
/** One level on the way from the whole of a JSON file to the objects that become rows. */
export type RowStep = z.infer<typeof RowStep>

/** A column whose values are keys of another stream. */
export const Reference = yamlObject({
  columns: z.array(Identifier).length(1).describe('Column of the file.'),
  to: Identifier.describe(
    'Stream of the pipeline whose key it holds: one column in addition to those of shard and window, of the same location and day.',
  ),
  effect: z
    .enum(['warn', 'quarantine'])
    .describe('Effect of a value that the other stream lacks: `warn` records it, `quarantine` blocks both files.'),
})
export type Reference = z.infer<typeof Reference>

/** File of config/contracts. */
export const Contract = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  stream: Identifier.describe('Name of the stream, of its table and of this file.'),
  contract_version: z
    .string()
    .regex(/^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/, 'expected three numbers such as 1.4.0')
    .optional()
    .describe(
      'Version for the readers of the table, as semantic versioning has it: `daybreak contract release` raises it.',
    ),
  acknowledged: yamlObject({
    version: z.string().min(1).describe('The `contract_version` whose change breaks readers.'),
    name: z.string().min(1).describe('Person who answers for the break.'),
    reason: z.string().min(1).describe('Why readers must change.'),
  })
    .optional()
    .describe(
      'The latest change that broke readers, and who answers for it. `daybreak contract lint --against` asks for it.',
    ),
  description: z.string().min(1).describe('What one row is.'),
  file: z
    .string()
    .regex(FILE_NAME, 'expected a file name of letters, digits, `_`, `.` and `-`, with one `*` at most')
    .optional()
    .describe(
      'Exact name of the file in a day folder. One `*` stands for a part that differs, as in `MenuExport_*.json`; of several such files the newest is taken. Absent where the pipeline finds files in another way.',
    ),
  format: z
    .enum(['csv', 'json', 'jsonl', 'parquet'])
    .optional()
    .describe(
      '`csv`, the default; `json`: one JSON text, whose objects become rows as `rows` says; `jsonl`: one JSON object per line; `parquet`: columns by name, nested ones as JSON text.',
    ),
  rows: z
    .array(RowStep)
    .min(1)
    .max(10)
    .optional()
    .describe('Only with `format: json`: the lists from the outermost to that of the objects that become rows.'),
  key: z.array(Identifier).min(1).describe('Columns that identify a row.'),
  references: z
    .array(Reference)
    .min(1)
    .optional()
    .describe('Columns that hold keys of other streams: checks of the pipeline, and foreign keys of declared tables.'),
  dated_by: z
    .array(Identifier)
    .min(1)
    .max(2)
    .optional()
    .describe(
      'Columns that place a row in its business date: a datetime, or a date and a time. `daybreak import` splits a download of several days by them; without them a file is one day.',
    ),
  table: yamlObject({
    partition_by: Identifier.optional().describe(
      'Date column that holds the window: a load replaces the rows with the date of its window. Default: the column that carries the window. Where there is none, a load replaces the table.',
    ),
    cluster_by: z.array(Identifier).max(4).default([]).describe('Columns that queries filter by, the coarsest first.'),
  })
    .prefault({})
    .describe('How the table is laid out.'),
  carries: yamlObject({
    shard: Identifier.optional().describe('Column that names the shard of the row, e.g. a branch. Absent: no column.'),
    window: Identifier.optional().describe('Date column that names the window of the row. Absent: no column.'),
    hour: Identifier.optional().describe(
      'Datetime column that names the window of the row, in place of `window`, where windows are hours.',
    ),
  })
    .optional()
    .describe(
      'Columns that every row gets from its slice. Absent in contracts of restaurants, whose rows carry the location and the business date.',
    ),
  provenance: z
    .enum(['full', 'none'])
    .optional()
    .describe(
      'Columns of the table that say where a row comes from: file, line, hash of the file, run and time of the load. `full`, the default, or `none`.',
    ),
  variants: z
    .array(
      yamlObject({
        name: Identifier.describe('Of the variant, e.g. `web_download`.'),
        description: z.string().min(1).describe('What it is, as in "This may be ...": a download from Toast Web.'),
        lacks: z.array(Identifier).describe('Columns that such a file may not have.'),
      }),
    )
    .optional()
    .describe(
      'Kinds of the file other than the nightly one, and the columns that each may lack. The refusal of a file without a required column names the columns to tick; other columns are not missed.',
    ),
  columns: z.array(Column).min(1).max(500).describe('Columns of the file, in any order.'),
  derived: z.array(DerivedColumn).prefault([]).describe('Columns that are computed from others.'),
  checks: z.array(Check).prefault([]).describe('Rules over the rows of one file.'),
  drift: yamlObject({
    new_column: z
      .enum(['accept', 'warn', 'quarantine'])
      .default('warn')
      .describe('What a header that the contract does not know leads to.'),
    missing_optional: z.enum(['accept', 'warn']).default('accept').describe('What an absent optional column leads to.'),
    missing_required: z
      .literal('quarantine')
      .default('quarantine')
      .describe('An absent required column always holds the file back.'),
  })
    .prefault({})
    .describe('What happens when the header differs from the contract.'),
  reject_budget: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of rejected rows above which the slice is held back. Default: that of the pipeline.'),
  odcs: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'Members of the document of the Open Data Contract Standard that the contract was imported from, and that have no key here. `daybreak contract export odcs` writes them back.',
    ),
})
export type Contract = z.infer<typeof Contract>

/** The file of a contract as messages and objects name it: its stream where the contract names no file. */
export function fileOf({ file, stream }: Pick<Contract, 'file' | 'stream'>): string {
  return file ?? stream
}

/** Columns that say where a row of a part comes from, in the order of the part; they follow the carried ones. */
export const PROVENANCE_COLUMNS = [
  { name: '_source_file', type: 'string', description: 'Path of the file at the source.' },
  {
    name: '_row_number',
    type: 'int64',
    description: 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  },
  { name: '_raw_sha256', type: 'string', description: 'SHA-256 of the raw file, in hexadecimal.' },
] as const satisfies readonly { name: string; type: ColumnType; description: string }[]

/** Columns that the warehouse adds when it loads a part, so that a part stays a pure function of its inputs. */
export const LOAD_COLUMNS = [
  { name: '_run_id', type: 'string', description: 'Run that loaded the row.' },
  { name: '_loaded_at', type: 'timestamp', description: 'When the row was loaded, UTC.' },
] as const satisfies readonly { name: string; type: ColumnType; description: string }[]
