import type { CompiledModel } from '../../models/compiled.ts'
import type { BuiltModel, ModelSet } from '../../models/model-set.ts'
import type { Span } from '../../models/narrow.ts'
import { MODELS } from '../../models/order.ts'
import type { Table, TableName } from '../destination.ts'
import type { Build, BusinessDate, HeldBuild, IdleBuild, Message, PendingBuild } from '../entities.ts'
import type { Ports } from '../ports.ts'

/** The ports that a build touches. */
export type BuildPorts = Pick<Ports, 'ledger' | 'destination' | 'clock' | 'log' | 'scripts'> & {
  /** Messages to record with the end of a build, and where they are published; absent where none follow. */
  readonly ended?: BuildFollowUps
}

/** Gives the messages that follow from a build that is over, and publishes them once they are on record. */
interface BuildFollowUps {
  messagesOf(ended: IdleBuild | HeldBuild, pending: PendingBuild): readonly Message[]
  publish(messages: readonly Message[]): Promise<void>
}

/** A partition of a model that is to be made equal to its inputs. */
export interface BuildTask {
  readonly model: BuiltModel
  /** Date of the partition; `all` for a model that is one table. */
  readonly window: string
  /** The models that it reads are of this set. */
  readonly set: ModelSet
  /** Starts every job id, so that two environments never share one. */
  readonly environment: string
  /** Build again although inputs are as they were: a partition that is held, or one that is built. */
  readonly force?: boolean
  /** True for a partition that `buildTogether` has worked on: its answer is `built`, and `force` is over. */
  readonly isBegun?: boolean
  /** Milliseconds to wait for a job before the work is put back. */
  readonly budget?: number
  /** Ends the waiting as well. */
  readonly signal?: AbortSignal
}

/** One look at everything that decides what a partition should hold. */
export interface SeenBuild {
  /** Read before the inputs: an input that changes after it makes `wanted` another one. Null for a partition that was never built. */
  readonly build: Build | null
  /** Name of what the partition should hold. */
  readonly wanted: string
  /** The same name under earlier versions whose partitions count as built. */
  readonly accepted: readonly string[]
  readonly span: Span
  /** Locations of the date that are left out. */
  readonly missing: readonly string[]
  /** True when there is nothing on this date that the model could show. */
  readonly isEmpty: boolean
  /** A model that it reads and whose partition is held or under way, e.g. `daily_sales of 2026-01-05`; null when there is none. */
  readonly blockedBy: string | null
}

/** Answer about a partition. */
export type Ensured =
  | { readonly outcome: 'built' | 'unchanged'; readonly build: IdleBuild }
  /** Its check or its query failed: the table holds what it held before. */
  | { readonly outcome: 'held'; readonly build: HeldBuild }
  /** A job still runs: the next delivery brings it to its end. */
  | { readonly outcome: 'pending'; readonly build: PendingBuild }
  /** A model that it reads is held or under way. */
  | { readonly outcome: 'blocked'; readonly by: string }
  /** There is nothing to build, and nothing was built before. */
  | { readonly outcome: 'empty' }

/** A pending build with the look that it was found by. */
export interface Helped {
  readonly build: PendingBuild
  readonly seen: SeenBuild
  readonly task: BuildTask
}

/** Datasets that Daybreak keeps models in. */
export const DATASETS = { data: 'models_data', staging: 'models_staging', views: MODELS } as const

/** The table of a version of a model. */
export function tableOfModel({ name, compiled, table }: BuiltModel): Table {
  const columns = compiled.columns.map((column) => ({
    name: column.name,
    type: column.type,
    description: column.description,
  }))
  return {
    schema: DATASETS.data,
    name: `${name}__${table}`,
    description: compiled.description,
    columns,
    clusterBy: compiled.clusterBy,
    totals: [],
    rawColumn: null,
    shardColumn: null,
    partitionColumn: compiled.partitionBy,
  }
}

/** The staging table of a job: like the table of its model, under the job's name. */
export function stagingOf(model: BuiltModel, jobId: string): Table {
  return { ...tableOfModel(model), ...stagingName(jobId) }
}

/** Name of the staging table of a job. */
export function stagingName(jobId: string): TableName {
  return { schema: DATASETS.staging, name: jobId.replaceAll('-', '_') }
}

/** Date of a window; null for a model that is one table. */
export function dateOf({ partitionBy }: Pick<CompiledModel, 'partitionBy'>, window: string): BusinessDate | null {
  return partitionBy === null ? null : window
}
