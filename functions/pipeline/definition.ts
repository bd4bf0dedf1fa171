import type { PipelineConfig } from '../config/config.ts'
import type { EventConfig } from '../config/events-config.ts'
import type { Contract } from '../contract/contract.ts'
import { tableOf } from '../contract/table.ts'
import { contractVersion } from '../contract/version.ts'
import { profilesTable } from '../engine/profiles/profiles.ts'
import { rejectsTable } from '../engine/rejects/rejects.ts'
import { DaybreakError } from '../errors.ts'
import { type Cut, DAYS, isShown, windowsWithin } from '../lib/window-unit.ts'
import type { Table } from './destination.ts'
import type { BusinessDate, RunScope } from './entities.ts'
import { REJECTS } from './manifest.ts'
import { PROFILES } from './names.ts'
import { isDelivered, type ShardConfig } from './shard.ts'

/** A pipeline with everything its YAML refers to, durations in milliseconds. */
export interface PipelineDefinition {
  readonly name: string
  readonly config: PipelineConfig
  /** By stream, in the order of the pipeline's `streams`, then `optional_streams`. */
  readonly contracts: ReadonlyMap<string, Contract>
  /** Those of the configuration, then imported ones. An imported one takes part in no pipeline: no source delivers it. */
  readonly shards: readonly ShardConfig[]
  /** False while the environment names no server: nothing is expected, and files come by `daybreak import`. */
  readonly hasSource: boolean
  /** Folder at the source that holds one folder per location. */
  readonly root: string
  /** How long a file must have been left alone, in milliseconds. */
  readonly minimumAge: number
  readonly lateAfter: number
  readonly sweepEvery: number
  /** How long the source keeps the files of a window; null where it deletes none. */
  readonly retention: number | null
  /** Business dates a look-back goes through. */
  readonly lookBackDays: number
  readonly privacyKey: Uint8Array
  /** Days that are known to be unusual. */
  readonly events: readonly EventConfig[]
  /** Starts every job id, so that two environments never share one. */
  readonly environment: string
}

/** True when work of this scope concerns the location: it names it, reads the archive, or the pipeline expects its files. */
export function isInScope(shard: ShardConfig, scope: Pick<RunScope, 'shards' | 'fromArchive'>): boolean {
  if (scope.shards) return scope.shards.includes(shard.id)
  return scope.fromArchive === true || isDelivered(shard)
}

/** True when the stream is read where it is delivered, and its absence means nothing. */
export function isOptional({ config }: Pick<PipelineDefinition, 'config'>, stream: string): boolean {
  return config.optionalStreams.includes(stream)
}

/** Streams of a pipeline in its order: those with contracts, or the tables that it copies. */
export function streamsOf({ config, contracts }: Pick<PipelineDefinition, 'config' | 'contracts'>): readonly string[] {
  return config.kind === 'table' ? config.streams : [...contracts.keys()]
}

/** How the windows of a pipeline are cut out of the calendar. */
export function cutOf({ config }: Pick<PipelineDefinition, 'config'>): Cut {
  return config.kind === 'files' ? config.schedule.cut : DAYS
}

/** Windows of a pipeline that begin within a range of days or windows, both ends included. */
export function windowsIn(
  { config }: Pick<PipelineDefinition, 'config'>,
  range: { readonly from: BusinessDate; readonly to: BusinessDate },
): readonly BusinessDate[] {
  const windows = windowsWithin(range, cutOf({ config }))
  return config.kind === 'files' ? windows.filter((window) => isShown(window, config.schedule.timeZone)) : windows
}

/** True where the source says which shards there are. */
export function isDiscovered({ config }: Pick<PipelineDefinition, 'config'>): boolean {
  return config.kind === 'table' || (config.kind === 'files' && config.shards === 'discover')
}

/** The shard of that name. Where shards are discovered, every name is one. */
export function shardOf(
  { config, shards }: Pick<PipelineDefinition, 'config' | 'shards'>,
  id: string,
): ShardConfig | undefined {
  const known = shards.find((shard) => shard.id === id)
  if (known || !isDiscovered({ config })) return known
  if (config.kind === 'files') return discoveredShard(id, config)
  return config.kind === 'table' ? discoveredShard(id, { schedule: { timeZone: 'UTC' } }) : known
}

/** A shard that no configuration lists. */
export function discoveredShard(
  id: string,
  { schedule: { timeZone, cut = DAYS } }: { readonly schedule: Pick<ShardConfig, 'timeZone' | 'cut'> },
): ShardConfig {
  return { id, name: id, timeZone, cut, closeoutHour: null, delivery: 'source', closed: [], streamsOff: [] }
}

/** Contracts that read files of the location, in the pipeline's order. */
export function readContracts(definition: PipelineDefinition, shard: ShardConfig): readonly Contract[] {
  return [...definition.contracts.values()].filter(({ stream }) => !shard.streamsOff.includes(stream))
}

/** Those of them whose file is expected every day. */
export function expectedContracts(definition: PipelineDefinition, shard: ShardConfig): readonly Contract[] {
  return readContracts(definition, shard).filter(({ stream }) => !isOptional(definition, stream))
}

/** Everything that decides the content of a part, other than the raw bytes and the engine, as one short hash. */
export function versionFor(definition: PipelineDefinition, contract: Contract, shard: ShardConfig): string {
  return contractVersion(contract, {
    timeZone: shard.timeZone,
    closeoutHour: shard.closeoutHour,
    privacyKey: definition.privacyKey,
  })
}

/** The table of a stream. `rejects` and `profiles` are those that a pipeline has in addition to those of its contracts. */
export function tableFor(definition: PipelineDefinition, stream: string): Table {
  if (stream === REJECTS) return rejectsTable(definition.name, definition.contracts.values())
  if (stream === PROFILES) return profilesTable(definition.name, definition.contracts.values())
  const contract = definition.contracts.get(stream)
  if (!contract)
    throw new DaybreakError(
      'CONFIG_MISSING',
      `pipeline ${definition.name} has no contract for the stream ${JSON.stringify(stream)}`,
    )
  return tableOf(contract, definition.name)
}
