import type { LocationConfig } from '../config/config.ts'
import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import type { DaybreakError } from '../errors.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { ImportedLocation } from '../pipeline/entities.ts'
import { type ShardConfig, toGuest } from '../pipeline/shard.ts'
import { shardsOf } from './shards.ts'
import { isConfigured, sourceConfig } from './sources.ts'

/** Hash key, imported locations and replacements that pipelines are defined with. */
interface DefinitionOptions {
  /** Key of the privacy class `hash`, or why it may not be used. */
  readonly hashKey: Uint8Array | DaybreakError
  /** Takes the place of what the environment says about the source. */
  readonly source?: { readonly root: string; readonly minimumAge: number }
  /** Take the place of those of config/locations.yaml. */
  readonly locations?: readonly LocationConfig[]
  /** Known by the ledger. One that is configured as well is as the configuration says. */
  readonly imported: readonly ImportedLocation[]
}

const DAY = 86_400_000

/** Every pipeline of the project with all that its YAML refers to. */
export async function defineAll(
  project: Project,
  options: DefinitionOptions,
): Promise<ReadonlyMap<string, PipelineDefinition>> {
  const definitions = new Map<string, PipelineDefinition>()
  for (const config of project.pipelines.values()) {
    const source = config.kind === 'table' ? null : sourceConfig(project, config.source)
    const { schedule } = config
    definitions.set(config.pipeline, {
      name: config.pipeline,
      config,
      contracts: project.contracts.get(config.pipeline) ?? new Map(),
      shards: withImported(
        shardsOf(config, options.locations ?? project.locations.locations),
        ownOf(options.imported, config.pipeline),
      ),
      hasSource: options.source !== undefined || source === null || isConfigured(source),
      root: options.source?.root ?? source?.root ?? '/',
      minimumAge: options.source?.minimumAge ?? (source === null ? 0 : toMilliseconds(source.minimumAge)),
      lateAfter: toMilliseconds(schedule.lateAfter),
      sweepEvery: toMilliseconds(schedule.sweepEvery),
      retention: schedule.retention === null ? null : toMilliseconds(schedule.retention),
      lookBackDays: Math.ceil(toMilliseconds(schedule.lookBack) / DAY),
      // A command that only reads the ledger needs no key, and may lack the right to read it.
      get privacyKey() {
        return unlessFailed(options.hashKey)
      },
      events: project.events,
      environment: project.environment.environment,
    })
  }
  return definitions
}

function ownOf(imported: readonly ImportedLocation[], pipeline: string): readonly ImportedLocation[] {
  return imported.filter((location) => location.pipeline === pipeline)
}

function withImported(
  configured: readonly ShardConfig[],
  imported: readonly ImportedLocation[],
): readonly ShardConfig[] {
  const ids = new Set(configured.map(({ id }) => id))
  return [...configured, ...imported.filter(({ id }) => !ids.has(id)).map(toGuest)]
}

function unlessFailed(key: Uint8Array | DaybreakError): Uint8Array {
  if (key instanceof Uint8Array) return key
  throw key
}
