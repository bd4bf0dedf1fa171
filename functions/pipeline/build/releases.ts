import { CompiledModel } from '../../models/compiled.ts'
import { type BuiltModel, type ModelSet, modelSet } from '../../models/model-set.ts'
import { type Models, readModels } from '../../models/order.ts'
import { applied } from '../apply.ts'
import type { Json, ModelRelease, ModelVersion } from '../entities.ts'
import type { Change } from '../ports.ts'
import { type BuildPorts, DATASETS } from './task.ts'

type ReleasePorts = Pick<BuildPorts, 'ledger' | 'clock'>

/** The newest release of an environment, and the versions that it shows. */
export interface Shown {
  readonly environment: string
  readonly release: ModelRelease | null
  readonly set: ModelSet
}

/** A release of an environment: the newest one unless a number is told. */
interface ReleaseKey {
  /** Dataset of the views. */
  readonly environment: string
  readonly number?: number
}

/** The versions of a release. A version that is compiled in the project has its text and checks. */
export async function readShown(
  compiled: Models,
  { environment, number }: ReleaseKey,
  { ledger }: Pick<ReleasePorts, 'ledger'>,
): Promise<Shown> {
  const releases = await ledger.modelReleases({ environment, ...(number === undefined && { limit: 1 }) })
  const release = releases.find((each) => number === undefined || each.number === number) ?? null
  if (release === null) return { environment, release, set: new Map() }
  const versions = await ledger.modelVersions()
  const current = modelSet(compiled)
  const set = Object.entries(release.versions).flatMap(([name, fingerprint]): [string, BuiltModel][] => {
    const version = versions.find((each) => each.model === name && each.fingerprint === fingerprint)
    if (!version) return []
    const own = current.get(name)
    const definition = own?.fingerprint === fingerprint ? own.compiled : CompiledModel.parse(version.definition)
    return [[name, { name, compiled: definition, fingerprint, table: version.table, accepts: version.accepts }]]
  })
  return { environment, release, set: new Map(set) }
}

/** The newest release of every environment that shows some model, by environment. */
export async function newestReleases({ ledger }: Pick<ReleasePorts, 'ledger'>): Promise<readonly ModelRelease[]> {
  const newest = new Map<string, ModelRelease>()
  for (const release of await ledger.modelReleases({}))
    if (!newest.has(release.environment)) newest.set(release.environment, release)
  return [...newest.values()].filter(({ versions }) => Object.keys(versions).length > 0)
}

/**
 * The versions that views show, after models that nothing shows yet were taken in: no reader of theirs can be surprised. A model
 * that reads a changed version of another one waits for `daybreak model apply`, as that one does.
 */
export async function adopt(compiled: Models, ports: ReleasePorts): Promise<ModelSet> {
  for (;;) {
    const shown = await readShown(compiled, { environment: DATASETS.views }, ports)
    const fresh = freshModels(shown.set, modelSet(compiled))
    if (fresh.length === 0) return shown.set
    const set = new Map([...shown.set, ...fresh.map((model) => [model.name, model] as const)])
    // Another worker takes in the same models at this moment.
    if (await recordRelease(set, { by: 'daybreak', after: shown }, ports)) return set
  }
}

function freshModels(shown: ModelSet, current: ModelSet): readonly BuiltModel[] {
  const isSame = (name: string) => {
    const [old, now] = [shown.get(name), current.get(name)]
    return old === undefined || old.fingerprint === now?.fingerprint
  }
  return [...current.values()].filter(
    ({ name, compiled }) => !shown.has(name) && readModels(name, compiled).every((read) => isSame(read)),
  )
}

/** Author of a release, and the release before it. */
interface Recording {
  readonly by: string
  readonly after: Pick<Shown, 'environment' | 'release'>
  /** Entries that stand in the audit if the release does. */
  readonly audit?: readonly Change[]
}

/** Records a set as the next release of an environment. False when another worker has recorded one since. */
export async function recordRelease(
  set: ModelSet,
  { by, after, audit = [] }: Recording,
  ports: ReleasePorts,
): Promise<boolean> {
  const at = ports.clock.now()
  const versions = Object.fromEntries([...set].map(([name, { fingerprint }]) => [name, fingerprint]))
  const { environment } = after
  const release: ModelRelease = { environment, number: (after.release?.number ?? 0) + 1, versions, by, at }
  return await applied([...versionChanges(set, at), { change: 'model_release', release }, ...audit], ports.ledger)
}

/** Changes that remember every version of a set. */
export function versionChanges(set: ModelSet, at: number): readonly Change[] {
  return [...set.values()].map(({ name, compiled, fingerprint, table, accepts }) => {
    const definition: Json = JSON.parse(JSON.stringify(compiled))
    return { change: 'model_version', version: { model: name, fingerprint, table, accepts, definition, createdAt: at } }
  })
}

const KEPT = 14 * 86_400_000

/** Pure: versions that no view of any environment has shown for two weeks. A release ends when the next one of its environment begins. */
export function expiredVersions(
  versions: readonly ModelVersion[],
  releases: readonly ModelRelease[],
  now: number,
): readonly ModelVersion[] {
  const shownUntil = new Map<string, number>()
  releases.forEach((release, place) => {
    // The newest release of an environment comes first: each is shown until the one before it in the list.
    const next = releases[place - 1]
    const until = next?.environment === release.environment ? next.at : Number.POSITIVE_INFINITY
    for (const [model, fingerprint] of Object.entries(release.versions)) {
      const key = `${model}/${fingerprint}`
      shownUntil.set(key, Math.max(shownUntil.get(key) ?? 0, until))
    }
  })
  return versions.filter(
    ({ model, fingerprint, createdAt }) =>
      Math.max(createdAt, shownUntil.get(`${model}/${fingerprint}`) ?? 0) < now - KEPT,
  )
}
