import { catalogOf } from '../../catalog/catalog.ts'
import type { TableFacts } from '../../catalog/entry.ts'
import { DaybreakError } from '../../errors.ts'
import type { SignedIn } from '../../http/session.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import { modelNode } from '../../models/lineage/models.ts'
import type { BuiltModel } from '../../models/model-set.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { Build, HeldBuild, SliceLook } from '../../pipeline/entities.ts'
import type { CheckGroup } from '../../pipeline/people/reads.ts'
import { wordsOf } from '../../pipeline/slice-words.ts'
import { instantText, shardFilter, sharedReason } from '../answers.ts'
import type { HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { CATALOG_ROUTES } from '../contract/catalog.ts'
import { newestBuilds, newestPartitions, ofBuilds, ofPartitions } from './freshness.ts'

type Seeing = Pick<SignedIn, 'shards'>

/** Handlers of the catalog. */
export const CATALOG_HANDLERS: HandlersOf<typeof CATALOG_ROUTES> = {
  'GET /api/catalog': async ({ query: { id, environment }, principal }, context) => {
    const { project } = context
    const models = (await context.models(environment)) ?? new Map<string, BuiltModel>()
    const ofStreams = [...context.definitions.values()].map((definition) => streamFacts(definition, principal, context))
    const catalog = catalogOf({
      ...{ project, environment: project.environment.environment, models },
      ...(await context.catalogFiles()),
      graph: await context.lineage(environment),
      policyTags: project.environment.catalog?.policyTags ?? {},
      facts: new Map([...(await Promise.all(ofStreams)).flat(), ...(await modelFacts(models, principal, context))]),
      at: instantText(context.now()),
    })
    if (id === undefined) return { body: catalog }
    const entries = catalog.entries.filter((entry) => entry.id === id)
    if (entries.length > 0) return { body: { ...catalog, entries } }
    const known = catalog.entries.map((entry) => entry.id)
    throw new DaybreakError('NOT_FOUND', `the catalog has no ${JSON.stringify(id)}.${didYouMean(id, known)}`)
  },
}

type Facts = readonly (readonly [string, TableFacts])[]

/** Facts of the streams of a pipeline: their newest partitions, and the files and checks of the newest window. */
async function streamFacts(definition: PipelineDefinition, principal: Seeing, context: ApiContext): Promise<Facts> {
  const { ledger } = context
  const { name: pipeline, contracts } = definition
  const [window] = await ledger.newestWindows(pipeline, 1)
  if (window === undefined) return []
  const range = { pipeline, from: window, to: window, ...shardFilter(principal) }
  const [newest, looks, groups] = await Promise.all([
    newestPartitions(pipeline, context),
    ledger.sliceLooks({ pipeline, windows: [window], ...shardFilter(principal) }),
    ledger.reads.checkGroups(range),
  ])
  const slices = Map.groupBy(looks, ({ stream }) => stream)
  const checks = Map.groupBy(groups, ({ stream }) => stream)
  return [...contracts.keys()].map((stream) => {
    const partitions = newest.get(stream) ?? []
    const loaded = partitions.filter((each) => each.loaded > 0).map((each) => each.window)
    const own = checks.get(stream) ?? []
    const facts = {
      ...ofPartitions(partitions),
      reason: null,
      newestWindow: loaded.toSorted().at(-1) ?? null,
      failed: new Map(own.map(({ check, failed }) => [check, failed])),
      quality: streamQuality({ definition, window, slices: slices.get(stream) ?? [], checks: own }),
    }
    return [`${pipeline}.${stream}`, facts]
  })
}

interface StreamWindow {
  readonly definition: PipelineDefinition
  readonly window: string
  readonly slices: readonly SliceLook[]
  readonly checks: readonly CheckGroup[]
}

/** Pure: `2026-10-29: 11 of 12 locations loaded, 1 held; 2 checks failed.` */
export function streamQuality({ definition, window, slices, checks }: StreamWindow): string {
  const { shard } = wordsOf(definition)
  const due = slices.filter(({ state }) => state !== 'waived')
  if (due.length === 0) return `${window}: no file is expected.`
  const counts = Map.groupBy(due, ({ state }) => state)
  const others = [...counts].filter(([state]) => state !== 'loaded').map(([state, all]) => `${all.length} ${state}`)
  const noun = due.length === 1 ? shard.one : shard.many
  const loaded = `${counts.get('loaded')?.length ?? 0} of ${due.length} ${noun} loaded`
  const failed = new Set(checks.map(({ check }) => check)).size
  return `${window}: ${[loaded, ...others.toSorted()].join(', ')}; ${checksText(failed)}.`
}

function checksText(failed: number): string {
  if (failed === 0) return 'no check failed'
  return failed === 1 ? '1 check failed' : `${failed} checks failed`
}

/** Facts of models: their newest builds. */
async function modelFacts(
  models: ReadonlyMap<string, BuiltModel>,
  principal: Seeing,
  context: ApiContext,
): Promise<Facts> {
  const builds = models.size === 0 ? new Map<string, readonly Build[]>() : await newestBuilds(models, context)
  return [...models.keys()].map((name) => {
    const own = (builds.get(name) ?? []).toSorted((a, b) => (a.window < b.window ? -1 : 1))
    const built = own.filter((build) => build.built !== '').at(-1)
    const held = own.findLast((build): build is HeldBuild => build.state === 'held')
    const facts = {
      ...ofBuilds(own),
      reason: sharedReason(held?.reason ?? null, principal),
      newestWindow: built?.window ?? null,
      failed: new Map((own.at(-1)?.checks ?? []).map((check) => [check.name, check.failed])),
      quality: modelQuality(own),
    }
    return [modelNode(name), facts]
  })
}

/** Pure: `2026-10-29: built, 1 location left out; no check failed. 2 partitions are held.` */
export function modelQuality(builds: readonly Build[]): string {
  const newest = builds.at(-1)
  if (newest === undefined) return 'Nothing is built yet.'
  const { window, state, missing, checks } = newest
  const what = state === 'idle' ? 'built' : state
  const left = missing.length === 0 ? '' : `, ${missing.length} location${missing.length === 1 ? '' : 's'} left out`
  const failed = checks.filter((check) => check.failed > 0).length
  const held = builds.filter((build) => build.state === 'held').length
  const others = held === 0 ? '' : ` ${held} partition${held === 1 ? ' is' : 's are'} held.`
  return `${window}: ${what}${left}; ${checksText(failed)}.${others}`
}
