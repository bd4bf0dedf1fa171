import { join } from 'node:path'
import { fileOf } from '../../contract/contract.ts'
import { windowOfParts } from '../../lib/window-parts.ts'
import { dayOfWindow } from '../../lib/window-unit.ts'
import { cutOf, discoveredShard, isDiscovered, type PipelineDefinition } from '../definition.ts'
import type { BusinessDate, RunScope, SliceKey } from '../entities.ts'
import type { Ports, Source } from '../ports.ts'
import { type Bound, bind, type Layout } from './path-pattern.ts'

/** Days that are looked for, both ends included. */
interface Days {
  readonly from: BusinessDate
  readonly to: BusinessDate
}

interface Looking {
  readonly scope: Pick<RunScope, 'fromArchive'>
  readonly days: Days
  /** Slices of these days that the ledger has. */
  readonly slices: readonly Pick<SliceKey, 'shard' | 'window'>[]
}

/**
 * The pipeline with the shards that its source has now, and those that the ledger knows, each with its windows. A pipeline that
 * lists its shards is given back as it is.
 * @throws {DaybreakError} as `Source.listFolders`.
 */
export async function withShards(
  definition: PipelineDefinition,
  { scope, days, slices }: Looking,
  ports: Pick<Ports, 'source'>,
): Promise<PipelineDefinition> {
  if (!isDiscovered(definition) || !definition.hasSource || scope.fromArchive === true)
    return withKnownShards(definition, slices)
  const source = await ports.source(definition.name).connect()
  const found = await findSlices(definition, days, source).finally(() => source.close())
  return withKnownShards(definition, [...slices, ...found])
}

/**
 * Pure: the pipeline with the shards of these slices, each with its windows. A pipeline that lists its shards is given back as
 * it is.
 */
export function withKnownShards(definition: PipelineDefinition, slices: Looking['slices']): PipelineDefinition {
  const { config } = definition
  if (!isDiscovered(definition) || config.kind !== 'files') return definition
  const shards = [...Map.groupBy(slices, ({ shard }) => shard)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, own]) => ({
      ...discoveredShard(id, config),
      found: [...new Set(own.map(({ window }) => window))].toSorted(),
    }))
  return { ...definition, shards }
}

/** The pipeline with the shards that the ledger knows in these days. One that lists its shards asks the ledger nothing. */
export async function withLedgerShards(
  definition: PipelineDefinition,
  days: Days,
  ledger: Pick<Ports['ledger'], 'sliceLooks'>,
): Promise<PipelineDefinition> {
  if (!isDiscovered(definition)) return definition
  return withKnownShards(definition, await ledger.sliceLooks({ pipeline: definition.name, ...days }))
}

/** Shards and days for which a source has folders or files. None for a pipeline that lists its shards. */
export async function findSlices(
  { config, contracts, root }: Pick<PipelineDefinition, 'config' | 'contracts' | 'root'>,
  days: Days,
  source: Source,
): Promise<Looking['slices']> {
  if (config.kind !== 'files') return []
  const found: Pick<SliceKey, 'shard' | 'window'>[] = []
  const add = (shard: string, window: BusinessDate) => void found.push({ shard, window })
  const walk = { source, files: [...contracts.values()].map(fileOf), cut: cutOf({ config }), days, add }
  await walkPath(config.path.split('/'), { folder: root, bound: {} }, walk)
  return found
}

interface Walk extends Pick<Layout, 'files' | 'cut'> {
  readonly source: Source
  readonly days: Days
  readonly add: (shard: string, window: BusinessDate) => void
}

interface Place {
  readonly folder: string
  readonly bound: Bound
}

/** Follows the segments of a path through the folders that fit, until shard and window are known. */
async function walkPath([template, ...rest]: readonly string[], { folder, bound }: Place, walk: Walk): Promise<void> {
  const found = windowOfParts(bound, walk.cut)
  if (found.found === 'window') {
    const { window } = found
    if (window < walk.days.from || dayOfWindow(window) > walk.days.to) return
    if (bound.shard !== undefined) return walk.add(bound.shard, window)
  }
  if (template === undefined) return
  for (const name of await namesIn(folder, rest.length === 0, walk)) {
    const next = bind(template, name, { ...walk, bound })
    if (next) await walkPath(rest, { folder: join(folder, name), bound: next }, walk)
  }
}

async function namesIn(folder: string, isLast: boolean, { source }: Walk): Promise<readonly string[]> {
  if (!isLast) return (await source.listFolders(folder)) ?? []
  return ((await source.listFiles(folder))?.files ?? []).map(({ name }) => name)
}
