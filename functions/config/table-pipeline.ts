import { z } from 'zod'
import { type CrossCheck, Identifier } from '../contract/contract.ts'
import { yamlObject } from '../lib/yaml-object.ts'
import { LEVELS, VALUE_TYPES } from '../sql/value.ts'
import { PipelineHooks, StreamHooks } from './hooks-config.ts'
import { Duration } from './scalars.ts'

const ColumnName = z.string().min(1).max(128)

const Mode = z
  .enum(['full', 'incremental', 'snapshot', 'append'])
  .describe(
    'Rows that a run reads. `full`: all. `incremental`: those that changed since the last window, by `cursor`. `snapshot`: all, and adds them to those of earlier runs. `append`: those after the last window, which are said never to change.',
  )

const OnConflict = z
  .enum(['fail', 'skip', 'overwrite', 'merge', 'replace'])
  .describe(
    'What happens to a row whose key the table has. `fail`: nothing of the window is written. `skip`: the row of the table stays. `overwrite`: each column that is mapped becomes that of the source. `merge`: the same, unless the source has NULL. `replace`: the table becomes what was read; only with `mode: full`.',
  )

const common = {
  mode: Mode.optional(),
  on_conflict: OnConflict.optional(),
  reconcile: z
    .enum(LEVELS)
    .optional()
    .describe(
      'What is compared between source and destination. `count`: rows. `sums`: exact sums of numbers too. `totals`, the default: sums over every column. `content`: a hash of every row.',
    ),
  workers: z.int().min(1).max(16).optional().describe('Most shards of a window that are read at a time. Default: 1.'),
  batch: yamlObject({
    rows: z.int().min(1).default(1_000_000).describe('Rows of a shard, about.'),
  })
    .optional()
    .describe('Size of shards.'),
}

const Cursor = yamlObject({
  column: ColumnName.describe('Column that grows with every change of a row, e.g. `updated_at`.'),
  lag: Duration.default('0s').describe(
    'A window ends so long before the clock of the server, so that transactions that are open commit before it is read.',
  ),
  overlap: Duration.default('10m').describe(
    'A window begins so long before the end of the last one, so that rows that were committed late are found. Of cursors that are times.',
  ),
  nulls: z
    .enum(['include', 'reject'])
    .optional()
    .describe('Rows without a cursor: read by every window, or left out. Must be said where there are any.'),
})

const Column = yamlObject({
  from: z
    .union([ColumnName, z.array(ColumnName).min(1)])
    .optional()
    .describe('Name at the source; a list gives alternatives. Default: the same name.'),
  type: z.enum(VALUE_TYPES).optional().describe('Type at the destination. Default: that of the source.'),
  precision: z.int().min(1).max(38).optional().describe('Digits of a numeric in all.'),
  scale: z
    .int()
    .min(0)
    .max(38)
    .optional()
    .describe('Digits of a numeric after the point. A value with more is rejected.'),
  parse: z
    .literal('money')
    .optional()
    .describe(
      'Of files: an amount as people write it, with a currency, marks of thousands, brackets or a minus behind it.',
    ),
  locale: z
    .string()
    .min(2)
    .optional()
    .describe('With `parse: money`, whose decimal mark the amounts have, e.g. `de-DE`. Default: `en-US`.'),
  format: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe(
      'Of files: patterns of a date, time or datetime, such as `dd.MM.yyyy`; the first that a text has counts.',
    ),
  required: z.boolean().optional().describe('A row without a value is rejected.'),
  prefer: z
    .enum(['source', 'destination', 'greatest', 'least'])
    .optional()
    .describe('With `on_conflict: merge`, whose value stays. Default: `source`.'),
})

const Deletes = yamlObject({
  compare_keys: z
    .enum(['daily', 'every_run'])
    .describe('When all keys of the source are read, and rows of the table deleted that have none of them.'),
  effect: z
    .enum(['soft', 'hard'])
    .default('soft')
    .describe('`soft`: the row stays, and `column` says when it was found gone. `hard`: the row is deleted.'),
  column: ColumnName.default('_deleted_at').describe(
    'Instant at which a row was found gone, of a soft deletion; NULL when its key is there again. Added to the table where it lacks it.',
  ),
  most: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Share of the rows of the table above which nothing is deleted.'),
})

/** One table of a pipeline. */
const TableStream = yamlObject({
  from: z.string().min(1).describe('Table at the source, e.g. `public.orders`.'),
  into: z
    .string()
    .min(1)
    .optional()
    .describe('Table at the destination, with or without its schema. Default: the name of the stream.'),
  where: z.string().min(1).optional().describe('Condition in the SQL of the source; other rows are not read.'),
  key: z
    .array(ColumnName)
    .min(1)
    .optional()
    .describe('Columns that identify a row. Default: the primary key of the source.'),
  cursor: Cursor.optional().describe('Needed by `incremental` and `append`.'),
  deletes: Deletes.optional().describe('Rows that are deleted at the source. Absent: they stay.'),
  columns: z
    .record(ColumnName, Column)
    .optional()
    .describe('Columns at the destination. Those that are not named here are mapped by their names.'),
  only: z.boolean().default(false).describe('True: no columns but those of `columns`.'),
  ignore: z.array(ColumnName).default([]).describe('Columns of the source that are left out.'),
  create: yamlObject({
    table: z.boolean().default(true).describe('Makes the table where there is none.'),
    columns: z.enum(['add', 'never']).default('never').describe('What happens with columns that the table lacks.'),
  })
    .prefault({})
    .describe('What the pipeline may change at the destination.'),
  hooks: StreamHooks.prefault({}).describe('Hooks of this stream, after those that the pipeline has for all.'),
  ...common,
})
type TableStream = z.infer<typeof TableStream>

const TablePipelineFile = yamlObject({
  kind: z.literal('table').default('table').describe('Tables of a database; this kind where `streams` is a mapping.'),
  version: z.literal(1).describe('Schema version. Must be 1.'),
  pipeline: Identifier.describe('Name in the command line, the API and the ledger.'),
  description: z.string().min(1).describe('One sentence for people.'),
  owner: z.string().min(1).optional().describe('Who answers questions about its streams.'),
  source: z.string().min(1).describe('Name of a connection that tables are read from.'),
  destination: z.string().min(1).describe('Name of a connection that tables are written to.'),
  schedule: yamlObject({
    every: Duration.default('1d').describe('A run begins so often.'),
    late_after: Duration.default('1d').describe('A window that is not loaded for so long is late.'),
  })
    .prefault({})
    .describe('When tables are read.'),
  reject_budget: z
    .number()
    .min(0)
    .max(1)
    .default(0.001)
    .describe('Share of rejected rows above which a window is held back.'),
  hooks: PipelineHooks.prefault({}).describe('Statements, requests and scripts before and after the steps of a run.'),
  defaults: yamlObject(common).prefault({}).describe('Members that every stream has unless it says them itself.'),
  streams: z.record(Identifier, TableStream).describe('Tables by the name of their stream.'),
})

/** Members of pipelines of files that one of tables has empty. */
interface Shared {
  readonly optionalStreams: string[]
  readonly checks: CrossCheck[]
  readonly headline?: { stream: string; sum: string; label: string } | undefined
  readonly rejectAllowance: number
  readonly signedDays: 'hold' | 'load'
  readonly profiles: boolean
}

const shared = (): Shared => ({
  optionalStreams: [],
  checks: [],
  rejectAllowance: 0,
  signedDays: 'hold',
  profiles: false,
})

/** A pipeline that copies tables, with the members that every pipeline has. */
export const TablePipeline = TablePipelineFile.transform(({ streams, defaults, schedule, ...rest }) => ({
  ...rest,
  schedule: { ...schedule, sweepEvery: schedule.every, lookBack: '1d', retention: '3650d' },
  streams: Object.keys(streams),
  ...shared(),
  tables: Object.fromEntries(Object.entries(streams).map(([name, stream]) => [name, withDefaults(stream, defaults)])),
}))
export type TablePipeline = z.infer<typeof TablePipeline>

/** A stream with the defaults of its pipeline. */
export type TableConfig = TableStream & ReturnType<typeof settingsOf>

function withDefaults(stream: TableStream, defaults: z.infer<typeof TablePipelineFile>['defaults']): TableConfig {
  const own = Object.fromEntries(Object.entries(stream).filter(([, value]) => value !== undefined))
  return { ...stream, ...settingsOf({ ...defaults, ...own }) }
}

const DEFAULT_STRATEGY = {
  full: 'replace',
  incremental: 'overwrite',
  snapshot: 'overwrite',
  append: 'overwrite',
} as const

function settingsOf(common: z.infer<typeof TablePipelineFile>['defaults']) {
  const { mode = 'full', onConflict, reconcile = 'totals', workers = 1, batch = { rows: 1_000_000 } } = common
  return { mode, onConflict: onConflict ?? DEFAULT_STRATEGY[mode], reconcile, workers, batch }
}
