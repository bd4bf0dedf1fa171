import { WHOLE } from '../../models/affected.ts'
import { modelNode } from '../../models/lineage/models.ts'
import { compiledOf, type ModelSet } from '../../models/model-set.ts'
import { streamPipelines } from '../../models/order.ts'
import type { Build, Partition } from '../../pipeline/entities.ts'
import { instantText } from '../answers.ts'
import type { ApiContext } from '../context.ts'

// A month of windows: what is older than that says nothing of today.
const NEWEST = 31

/** State of a table in the newest windows, and when it last changed. */
export interface Freshness {
  readonly state: 'current' | 'pending' | 'held' | 'absent'
  readonly freshAt: string | null
}

type Reading = Pick<ApiContext, 'definitions' | 'ports' | 'models'>

/** Pure: the gravest state of some builds. */
export function stateOf(builds: readonly Pick<Build, 'state' | 'built'>[]): Freshness['state'] {
  if (builds.some(({ state }) => state === 'held')) return 'held'
  if (builds.some(({ state }) => state === 'pending')) return 'pending'
  return builds.some(({ built }) => built !== '') ? 'current' : 'absent'
}

/** Freshness of the tables of streams and models, by the ids of their nodes; of the models that an environment shows. */
export async function freshnessOf(context: Reading, environment?: string): Promise<ReadonlyMap<string, Freshness>> {
  const { definitions } = context
  const models = await context.models(environment)
  const streams = await Promise.all(
    [...definitions.values()].map(async ({ name, contracts }) => {
      const newest = await newestPartitions(name, context)
      return [...contracts.keys()].map(
        (stream) => [`${name}.${stream}`, ofPartitions(newest.get(stream) ?? [])] as const,
      )
    }),
  )
  const builds = models === null ? new Map<string, readonly Build[]>() : await newestBuilds(models, context)
  const ofModels = [...(models?.keys() ?? [])].map(
    (name) => [modelNode(name), ofBuilds(builds.get(name) ?? [])] as const,
  )
  return new Map([...streams.flat(), ...ofModels])
}

/** Partitions of the newest windows of a pipeline, by stream. */
export async function newestPartitions(pipeline: string, { ports: { ledger } }: Pick<ApiContext, 'ports'>) {
  const windows = await ledger.newestWindows(pipeline, NEWEST)
  const [to, from] = [windows[0], windows.at(-1)]
  if (to === undefined || from === undefined) return new Map<string, Partition[]>()
  return Map.groupBy(await ledger.partitions({ pipeline, from, to }), ({ stream }) => stream)
}

/** The newest dates of the streams that the models read, oldest first. */
export async function newestDates(models: ModelSet, { ports: { ledger } }: Pick<ApiContext, 'ports'>) {
  const pipelines = streamPipelines(compiledOf(models))
  const windows = await Promise.all(pipelines.map((pipeline) => ledger.newestWindows(pipeline, NEWEST)))
  return [...new Set(windows.flat())].toSorted().slice(-NEWEST)
}

/** Builds of the newest windows, and all that are held or under way, of the versions in use, by model. */
export async function newestBuilds(models: ModelSet, context: Pick<ApiContext, 'ports'>) {
  const { ledger } = context.ports
  const windows = [...(await newestDates(models, context)), WHOLE]
  const open = await ledger.builds({ states: ['held', 'pending'] })
  const newest = await ledger.builds({ windows })
  const unique = new Map(
    [...open, ...newest].map((build) => [`${build.model}/${build.fingerprint}/${build.window}`, build]),
  )
  const used = [...unique.values()].filter(({ model, fingerprint }) => models.get(model)?.table === fingerprint)
  return Map.groupBy(used, ({ model }) => model)
}

/** Pure: freshness of the table of a stream, from its newest partitions. */
export function ofPartitions(partitions: readonly Partition[]): Freshness {
  const times = partitions.filter(({ loaded }) => loaded > 0).map(({ updatedAt }) => updatedAt)
  const states = new Set(partitions.map(({ state }) => state))
  const settled = times.length > 0 ? 'current' : 'absent'
  const state = states.has('quarantined') ? 'held' : states.has('pending') ? 'pending' : settled
  return { state, freshAt: newestText(times) }
}

/** Pure: freshness of a model, from its newest builds. */
export function ofBuilds(builds: readonly Build[]): Freshness {
  const times = builds.filter(({ built }) => built !== '').map(({ updatedAt }) => updatedAt)
  return { state: stateOf(builds), freshAt: newestText(times) }
}

function newestText(times: readonly number[]): string | null {
  return times.length === 0 ? null : instantText(Math.max(...times))
}
