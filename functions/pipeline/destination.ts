import type { Typed } from '../contract/sql-type.ts'
import { DaybreakError } from '../errors.ts'
import { sumTotals } from '../lib/decimal.ts'
import type { Dialect } from '../sql/dialect.ts'
import type { Total, ValueColumn } from '../sql/value.ts'
import type { Preference, Strategy } from '../sql/write.ts'
import type { BusinessDate, Instant, ManifestEntry, PartObject, ShardTotals, Totals } from './entities.ts'

/** A column with the type of its contract; each destination maps it to one of its own. */
export interface TableColumn extends Typed {
  readonly name: string
  readonly description: string
}

/** The table of a stream. */
export interface Table {
  /** Schema (DuckDB) or dataset (BigQuery). */
  readonly schema: string
  readonly name: string
  readonly description: string
  readonly columns: readonly TableColumn[]
  readonly clusterBy: readonly string[]
  /** Columns whose exact sums a load reports. */
  readonly totals: readonly string[]
  /** Column with the hash of the raw file that a row is from; null where the table has none. */
  readonly rawColumn: string | null
  /** Column that names the shard of a row; null where rows carry none. */
  readonly shardColumn: string | null
  /** Date column whose value is the window of a load; null where a load replaces the whole table. */
  readonly partitionColumn: string | null
  /** Set for a table that is copied from another system: a load then writes by strategy, and columns and totals are these. */
  readonly writing?: Writing
}

/** How a load writes the window of a table that is copied from another system. */
export interface Writing {
  readonly pipeline: string
  readonly stream: string
  /** Number of the window among those of its stream, from 1. An older window never follows a newer one. */
  readonly number: number
  readonly strategy: Strategy
  /** Columns that identify a row; empty only for `replace` and `append`. */
  readonly key: readonly string[]
  /** In the order of the parts. */
  readonly columns: readonly WrittenColumn[]
  /** True where parts hold the text of a source of the same kind. */
  readonly asText: boolean
  readonly totals: readonly Total[]
  /** Makes the table, and adds columns that it lacks. */
  readonly create: { readonly table: boolean; readonly columns: boolean }
  /** Column that gets the instant of the window; null for none. */
  readonly stamp: { readonly column: string; readonly at: Instant } | null
  /** Statements of hooks in the transaction of the rows, before and after them. Absent where there are none. */
  readonly within?: Within
}

/** Statements around the rows of a window, in their transaction. */
export interface Within {
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** A column of the parts of a window, as the table has it. */
export interface WrittenColumn extends ValueColumn {
  readonly prefer: Preference
  /** Labels of an enumeration that a system of the same kind is to make; null for another type. */
  readonly labels: readonly string[] | null
}

/** The changes that a destination would make before it takes a window of a table that is copied. */
export interface TargetPlan {
  /** False where the table is there already. */
  readonly isNew: boolean
  /** Type of each column of the window, as the destination writes it, in the order of the window. */
  readonly types: readonly string[]
  /** Statements that make or alter the table, in the order in which they run. */
  readonly statements: readonly string[]
  /** Reasons for which the window would be refused, each with what to do. */
  readonly refusals: readonly string[]
}

/** Where a table is. */
export type TableName = Pick<Table, 'schema' | 'name'>

/** A table as a destination has it, which may be other than its contract says. */
export interface DescribedTable {
  /** In the order of the table; also those that no contract names. */
  readonly columns: readonly DescribedColumn[]
  /** Null for a table without partitions. */
  readonly partitioning: Partitioning | null
}

/** A column as a destination has it. */
export interface DescribedColumn {
  readonly name: string
  /** As the SQL of the destination writes it, e.g. `DECIMAL(18,2)`: `Dialect.type` gives the same text for a column of a contract. */
  readonly type: string
  /** Null where none was given. */
  readonly description: string | null
}

/** A table that was found, as a destination without partitions describes it; null for none. */
export function describedTable(
  found: { readonly columns: readonly { readonly name: string; readonly native: string | null }[] } | null | undefined,
): { readonly columns: readonly DescribedColumn[]; readonly partitioning: null } | null {
  if (!found) return null
  const columns = found.columns.map(({ name, native }) => ({ name, type: native ?? '', description: null }))
  return { columns, partitioning: null }
}

/** Partitions of a table: one per value of a column, or per range of values. */
export interface Partitioning {
  readonly unit: 'hour' | 'day' | 'month' | 'year' | 'range'
  /** Null for the time at which a row arrived. */
  readonly column: string | null
}

/** A job, and the partition it loads. */
export interface JobReference {
  /** Used once, ever: a second job with the same id is the first one. functions/lib/job-id.ts makes it. */
  readonly id: string
  readonly table: Table
  readonly window: BusinessDate
}

/** A part as a destination finds it. A manifest has its name in the object store instead. */
interface PartFile extends Omit<PartObject, 'object'> {
  /** A local path or a `gs://` URI: what `ObjectStore.uri` gives for the name. */
  readonly uri: string
}

/** A line of a manifest, as a load job carries it. */
export interface LoadEntry extends Omit<ManifestEntry, 'part'> {
  readonly part: PartFile
}

/** Names of a load as its record has them. */
export type LoadName = Pick<LoadJob, 'id' | 'table' | 'window' | 'content'>

/** The replacing of one partition by the rows of some parts. */
export interface LoadJob extends JobReference {
  /** Hash of what the job loads: two jobs with one id and different hashes are a JOB_CONFLICT. */
  readonly content: string
  readonly entries: readonly LoadEntry[]
  /** Goes into `_run_id`. */
  readonly runId: string
}

/** Content of a partition, counted in the destination. */
export interface PartitionContent {
  readonly rows: number
  readonly totals: Totals
  /**
   * Rows by shard and raw file, sorted. A correction that changes text only shows here, and nowhere else. Null where rows do
   * not say their shard or their raw file.
   */
  readonly sources: readonly SourceRows[] | null
  /** Bytes that counting was billed for. Absent where it costs nothing. */
  readonly bytesBilled?: number
}

/** Rows of one raw file of a shard. */
export interface SourceRows {
  readonly shard: string
  readonly rawSha256: string
  readonly rows: number
}

/** Content of a partition without rows. */
export function nothingIn({ totals, shardColumn, rawColumn }: Table): PartitionContent {
  const sources = shardColumn === null || rawColumn === null ? null : []
  return { rows: 0, totals: Object.fromEntries(totals.map((name) => [name, '0'])), sources }
}

/** Content of a partition from the counts of each shard and raw file, in their order. */
export function contentOf(
  table: Table,
  counted: readonly (SourceRows & Pick<PartitionContent, 'totals'>)[],
): PartitionContent {
  return {
    rows: counted.reduce((sum, { rows }) => sum + rows, 0),
    totals: sumTotals([nothingIn(table).totals, ...counted.map(({ totals }) => totals)]),
    sources: counted.map(({ shard, rawSha256, rows }) => ({ shard, rawSha256, rows })),
  }
}

/** The knowledge that a destination has of a partition by itself, without the ledger. */
export interface SurveyedPartition {
  readonly stream: string
  readonly window: BusinessDate
  /** Largest epoch among its jobs; 0 when no job is known. */
  readonly epoch: number
  /** Rows it holds; null where counting them costs a scan. */
  readonly rows: number | null
}

/** The state of a load. */
export type LoadStatus =
  | { readonly state: 'running' }
  /** With what the partition holds now, which is what the job wrote unless another job came after it. */
  | ({ readonly state: 'done' } & PartitionContent)
  /** `permanent` is false for a failure of the destination's own, which a new job id may survive. */
  | {
      readonly state: 'failed'
      readonly permanent: boolean
      readonly message: string
      /** Set when a part was not in object storage. */
      readonly code?: 'OBJECT_MISSING'
    }

/** `created` is true when the call made the job, false when the id was used before, by this work or by other work. */
export interface Started {
  readonly created: boolean
}

/** Abilities of a destination, as data: a caller asks before it calls. */
interface Capabilities {
  /** Replaces a whole partition in one step. */
  readonly replace: boolean
  /** Changes single rows by their key. */
  readonly merge: boolean
  /** Commits the id of a load and its rows together. */
  readonly transaction: boolean
  /** Makes tables and columns. Otherwise they must be there, and `ensureTable` compares only. */
  readonly ddl: boolean
  /** Remembers the ids of all its jobs. If it knows nothing of a loaded partition, its file was lost. */
  readonly remembersJobs: boolean
  /** Answers queries: it is a `Warehouse`. */
  readonly query: boolean
  /** Builds tables from queries: it is a `ModelWarehouse`. Absent where it does not. */
  readonly build?: true
}

/** Limits and prices of a destination. */
export interface Terms {
  /** US dollars for 2^40 bytes that are billed. */
  readonly dollarsPerTib: number
  /** Most loads of one table a day. */
  readonly loadsPerTableAndDay: number
}

/** A place that tables are loaded into. */
export interface Destination {
  readonly can: Capabilities
  /** Limits and prices of a system that has them, for plans. */
  readonly terms?: Terms
  /** Creates the table, or adds the columns it lacks. @throws {DaybreakError} LOAD_REJECTED when a column has another type. */
  ensureTable(table: Table): Promise<void>
  /** Changes nothing: what `ensureTable` would do for a table with `writing`. Absent where such tables are not written. */
  planTable?(table: Table): Promise<TargetPlan>
  /** The table as it is now; null when it does not exist. */
  describeTable(table: TableName): Promise<DescribedTable | null>
  /**
   * Starts replacing one partition by the rows of the parts, atomically: readers see all of the old or all of the new.
   * A job id that was used before starts nothing, and is not an error. Zero entries empty the partition.
   * @throws {DaybreakError} JOB_CONFLICT when the id was used for something else; WAREHOUSE_QUOTA when the destination takes no
   * more jobs for a while; WAREHOUSE_DENIED, WAREHOUSE_FAILED.
   */
  startLoad(job: LoadJob): Promise<Started>
  /** The state of a job; null when the id was never used. */
  loadStatus(job: JobReference): Promise<LoadStatus | null>
  /** True while the job of this id may still change a table. */
  isRunning(jobId: string): Promise<boolean>
  /** The present content of the partition, counted in the destination. Nothing where the table does not exist. */
  partitionTotals(table: Table, window: BusinessDate): Promise<PartitionContent>
  /** Rows and totals by shard, sorted, for the reconciliation sheet. Null where rows do not say their shard. */
  shardTotals(table: Table, window: BusinessDate): Promise<readonly ShardTotals[] | null>
  /**
   * The knowledge that the destination itself has of these tables in these windows. One that `remembersJobs` answers for every
   * partition that was asked for; another leaves out those it knows nothing of.
   */
  survey(tables: readonly Table[], windows: readonly BusinessDate[]): Promise<readonly SurveyedPartition[]>
  /** Windows of a stream that went into its table, as the destination itself has them on record, by their numbers. For tables with `writing`. */
  recordedWindows?(table: Table): Promise<readonly RecordedWindow[]>
  /** Deletes rows whose key is not among those of the source, in one transaction that goes on record by its id. Absent where rows have no keys. */
  compareKeys?(comparison: KeyComparison): Promise<KeyOutcome>
  close(): Promise<void>
}

/** The keys that a source has, and what becomes of rows of a table that have none of them. */
export interface KeyComparison {
  /** Used once, ever. */
  readonly id: string
  /** Its `writing` has the columns of the key alone, and the number of the newest window that was loaded before the keys were read. */
  readonly table: Table
  readonly window: BusinessDate
  /** The keys as a part on this disk. */
  readonly part: { readonly uri: string; readonly rows: number }
  /** `hard`: the row goes. `soft`: `column` gets the instant, and NULL when the key is there again. */
  readonly effect: 'soft' | 'hard'
  readonly column: string
  /** Share of the rows above which nothing is deleted. */
  readonly most: number
  readonly at: Instant
}

/** Outcome of a comparison of keys. */
export type KeyOutcome =
  | { readonly is: 'done'; readonly rows: number; readonly deleted: number; readonly revived: number }
  /** A newer window was loaded since the keys were read. */
  | { readonly is: 'moved' }
  /** The id was used before. */
  | { readonly is: 'used' }
  | { readonly is: 'refused'; readonly rows: number; readonly deleted: number; readonly most: number }

/** True where so many rows would be deleted that nothing is. */
export function isTooMuch({ most }: Pick<KeyComparison, 'most'>, rows: number, deleted: number): boolean {
  return deleted > rows * most
}

/** A window of a table that is copied, as the record of its load names it. */
export interface RecordedWindow {
  readonly window: string
  readonly number: number
}

/** A destination that answers queries. */
export interface Warehouse extends Destination {
  readonly can: Capabilities & { readonly query: true }
  /** Whose SQL `query` takes. */
  readonly dialect: Dialect
  /** Runs a query of Daybreak's own that only reads. Values come back as text, null stays null. SQL of people goes to a `Reader`. */
  query(sql: string): Promise<{ readonly columns: readonly string[]; readonly rows: readonly (string | null)[][] }>
}

/** True for a destination that answers queries. */
export function isWarehouse(destination: Destination): destination is Warehouse {
  return destination.can.query
}

/** A query whose rows become a staging table, which nothing reads but checks and one publication. */
export interface BuildJob {
  /** Used once, ever: a second job with the same id is the first one. */
  readonly id: string
  /** Staging table. Its columns are those of the query, with exactly their types. It is deleted after a day. */
  readonly into: Table
  /** Date that all rows must have; null for a table without partitions. Other rows fail the job for good. */
  readonly window: BusinessDate | null
  /** In the SQL of the warehouse. */
  readonly sql: string
  readonly labels: Readonly<Record<string, string>>
}

/** The replacing of one partition of a table by all rows of a staging table. */
export interface Publication {
  /** Used once, ever. */
  readonly id: string
  readonly from: TableName
  /** Made if it does not exist. */
  readonly to: Table
  /** Date of the partition; null for a table that is replaced whole. */
  readonly window: BusinessDate | null
  /** Rows of the staging table. */
  readonly rows: number
  readonly labels: Readonly<Record<string, string>>
}

/** One query for the staging tables of several partitions of one model. */
export interface BuildsTogether {
  /** One for each partition, as if it were built alone. */
  readonly jobs: readonly BuildJob[]
  /** The rows of all partitions, in the SQL of the warehouse. */
  readonly sql: string
}

/** Answer to the beginning of several jobs: all are done, or none was started and each is to be started alone. */
export type StartedTogether =
  | { readonly created: false }
  /** With the rows of each job, in their order. */
  | { readonly created: true; readonly rows: readonly number[] }

/** State of a build job or a publication. */
export type BuildStatus =
  | { readonly state: 'running' }
  /** `bytesBilled` is null where the warehouse bills none. */
  | { readonly state: 'done'; readonly rows: number; readonly bytesBilled: number | null }
  /** `isGone`: a table that it reads does not exist, such as a staging table that has expired. */
  | { readonly state: 'failed'; readonly permanent: boolean; readonly message: string; readonly isGone: boolean }

/** A view for people and programs. */
export interface View extends TableName {
  readonly description: string
  readonly columns: readonly Pick<TableColumn, 'name' | 'description'>[]
  /** In the SQL of the warehouse. */
  readonly sql: string
}

/** A warehouse that makes tables from queries. */
export interface ModelWarehouse extends Warehouse {
  readonly can: Warehouse['can'] & { readonly build: true }
  /**
   * Starts a query into a staging table. An id that was used before starts nothing, and is not an error.
   * @throws {DaybreakError} WAREHOUSE_QUOTA, WAREHOUSE_DENIED, WAREHOUSE_FAILED.
   */
  startBuild(job: BuildJob): Promise<Started>
  /**
   * Starts replacing a partition by a staging table, atomically: readers see all of the old or all of the new. An id that was
   * used before starts nothing, and is not an error. Throws as `startBuild` does.
   */
  publishPartition(publication: Publication): Promise<Started>
  /**
   * Makes the staging tables of several partitions by one query, all of them or none. Nothing is started when an id was used before
   * or the query fails. Absent in a warehouse whose jobs have one table each. Throws as `startBuild` does.
   */
  startBuilds?(builds: BuildsTogether): Promise<StartedTogether>
  /** Replaces several partitions of one table, all of them or none. Absent where `startBuilds` is. Throws as `startBuild` does. */
  publishPartitions?(publications: readonly Publication[]): Promise<Started>
  /** The state of either; null when the id was never used. */
  buildStatus(id: string): Promise<BuildStatus | null>
  /** Makes the table of a model, or adds the columns it lacks, which are NULL in the rows it has. */
  prepareTable(table: Table): Promise<void>
  /** Bytes that a query would be billed for; null where the warehouse bills none. @throws {DaybreakError} USAGE_INVALID for SQL that is wrong. */
  estimate(sql: string): Promise<number | null>
  /** Makes a view, or replaces the one of that name, in one step. */
  setView(view: View): Promise<void>
  /** Deletes a table or view. Nothing if there is none. */
  drop(table: TableName): Promise<void>
}

/** True for a destination that makes tables from queries. */
export function buildsModels(destination: Destination): destination is ModelWarehouse {
  return destination.can.build === true
}

/** The destination of a pipeline, for a query. @throws {DaybreakError} USAGE_INVALID when it answers none. */
export function warehouseOf(ports: DestinationPorts, pipeline: string): Warehouse {
  const destination = ports.destination(pipeline)
  if (isWarehouse(destination)) return destination
  const message = `the destination of the pipeline ${pipeline} answers no queries; expected one of a kind that does, such as duckdb`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak doctor' } })
}

/** The ports, as far as they lead to tables. */
export interface DestinationPorts {
  /** Where the tables of a pipeline are, by the pipeline's name. Pipelines may share one. */
  readonly destination: (pipeline: string) => Destination
}

/** A row of `_daybreak_loads`, as its server writes it. */
type LoadRow = Readonly<Partial<Record<string, string | null>>>

/** A load that happened or failed for good, with the hash of its content. */
export interface StoredLoad {
  readonly content: string
  readonly status: LoadStatus
}

/** The load that a row with state, row_count, totals, message and manifest_sha256 records. */
export function storedLoad({ state, row_count, totals, message, manifest_sha256 }: LoadRow): StoredLoad {
  const status: LoadStatus =
    state === 'done'
      ? { state: 'done', rows: Number(row_count ?? 0), totals: toTotals(JSON.parse(totals ?? '{}')), sources: null }
      : { state: 'failed', permanent: true, message: message ?? '' }
  return { content: manifest_sha256 ?? '', status }
}

function toTotals(value: unknown): Totals {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, sum]) => [name, String(sum)]))
}

/** How a table is written. No other table has a place in a system of other people. @throws {DaybreakError} LOAD_REJECTED. */
export function expectWriting({ writing, schema, name }: Table, system: string): Writing {
  if (writing) return writing
  throw new DaybreakError(
    'LOAD_REJECTED',
    `${schema}.${name} is the table of a pipeline of files; ${system} takes tables of pipelines of the kind \`table\``,
  )
}
