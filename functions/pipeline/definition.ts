import type { LocationConfig, PipelineConfig } from '../config/config.ts'
import type { Contract } from '../contract/contract.ts'
import { contractVersion } from '../contract/version.ts'
import { addDays, instantOf } from '../lib/business-date.ts'
import type { BusinessDate, ImportedLocation, Instant, Location, RunScope } from './entities.ts'

/** A pipeline with everything its YAML refers to, durations in milliseconds. */
export interface PipelineDefinition {
  readonly name: string
  readonly config: PipelineConfig
  /** By stream, in the order of the pipeline's `streams`, then `optional_streams`. */
  readonly contracts: ReadonlyMap<string, Contract>
  /** Those of the configuration, then imported ones. An imported one takes part in no pipeline: no source delivers it. */
  readonly shards: readonly LocationConfig[]
  /** False while the environment names no server: nothing is expected, and files come by `daybreak import`. */
  readonly hasSource: boolean
  /** Folder at the source that holds one folder per location. */
  readonly root: string
  /** How long a file must have been left alone, in milliseconds. */
  readonly minimumAge: number
  readonly lateAfter: number
  readonly sweepEvery: number
  readonly retention: number
  /** Business dates a look-back goes through. */
  readonly lookBackDays: number
  readonly privacyKey: Uint8Array
  /** Starts every job id, so that two environments never share one. */
  readonly environment: string
}

/** An imported location in the words of the configuration: known, and expected from no source. */
export function toGuest({ id, timeZone, closeoutHour }: Omit<ImportedLocation, 'pipeline' | 'at'>): LocationConfig {
  return {
    ...{ id, name: id, time_zone: timeZone, closeout_hour: closeoutHour },
    ...{ pipelines: [], closed: [], streams_off: [] },
  }
}

/** True when a source delivers the location to the pipeline, so that its files are expected. */
export function isDelivered({ name }: Pick<PipelineDefinition, 'name'>, { pipelines }: LocationConfig): boolean {
  return pipelines.includes(name)
}

/** True when work of this scope concerns the location: it names it, reads the archive, or the pipeline expects its files. */
export function isInScope(
  definition: Pick<PipelineDefinition, 'name'>,
  shard: LocationConfig,
  scope: Pick<RunScope, 'shards' | 'fromArchive'>,
): boolean {
  if (scope.shards) return scope.shards.includes(shard.id)
  return scope.fromArchive === true || isDelivered(definition, shard)
}

/** When a day ends, when its files are first looked for, when their absence is a problem, and when the server has deleted them. */
export interface Readiness {
  readonly endsAt: Instant
  readonly dueAt: Instant
  readonly lateAt: Instant
  readonly goneAt: Instant
}

const HALF_AN_HOUR = 1_800_000

/** The location as rows and transforms know it. */
export function toLocation({ id, name, time_zone, closeout_hour }: LocationConfig): Location {
  return { id, name, timeZone: time_zone, closeoutHour: closeout_hour }
}

/**
 * A business date ends at the closeout hour of the next civil day; Toast writes its files within about an hour after that.
 * So the first look is at `first_look` of the next day, but never before half an hour past the closeout.
 */
export function readiness(definition: PipelineDefinition, shard: LocationConfig, window: BusinessDate): Readiness {
  const nextDay = addDays(window, 1)
  const firstLook = instantOf(nextDay, definition.config.schedule.first_look, shard.time_zone)
  const endsAt = instantOf(nextDay, `${String(shard.closeout_hour).padStart(2, '0')}:00`, shard.time_zone)
  const dueAt = Math.max(firstLook, endsAt + HALF_AN_HOUR)
  return { endsAt, dueAt, lateAt: dueAt + definition.lateAfter, goneAt: dueAt + definition.retention }
}

/** Whether the location delivers on that day, is closed, or is not (or no longer) a customer. */
export function standing(shard: LocationConfig, window: BusinessDate): 'open' | 'closed' | 'inactive' {
  if (shard.active_from && window < shard.active_from) return 'inactive'
  if (shard.active_to && window > shard.active_to) return 'inactive'
  return shard.closed.includes(window) ? 'closed' : 'open'
}

/** True when the stream is read where it is delivered, and its absence means nothing. */
export function isOptional({ config }: Pick<PipelineDefinition, 'config'>, stream: string): boolean {
  return config.optional_streams.includes(stream)
}

/** Contracts that read files of the location, in the pipeline's order. */
export function readContracts(definition: PipelineDefinition, shard: LocationConfig): readonly Contract[] {
  return [...definition.contracts.values()].filter(({ stream }) => !shard.streams_off.includes(stream))
}

/** Those of them whose file is expected every day. */
export function expectedContracts(definition: PipelineDefinition, shard: LocationConfig): readonly Contract[] {
  return readContracts(definition, shard).filter(({ stream }) => !isOptional(definition, stream))
}

/** Whatever decides the content of a part beside the raw bytes and the engine, as one short hash. */
export function versionFor(definition: PipelineDefinition, contract: Contract, shard: LocationConfig): string {
  return contractVersion(contract, {
    timeZone: shard.time_zone,
    closeoutHour: shard.closeout_hour,
    privacyKey: definition.privacyKey,
  })
}
