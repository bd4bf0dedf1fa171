import { DaybreakError } from '../../errors.ts'
import { partitionsOn, WHOLE } from '../../models/affected.ts'
import { type BuiltModel, compiledOf, type ModelSet, modelSet } from '../../models/model-set.ts'
import { streamPipelines } from '../../models/order.ts'
import {
  changedColumns,
  isTakenElsewhere,
  type ModelChange,
  planModels,
  type TargetOptions,
  targetSet,
} from '../../models/plan.ts'
import type { Columns } from '../../models/reach.ts'
import { modelWarehouse } from '../build/job.ts'
import { type ModelProject, ownedIn, type SetInUse } from '../build/project.ts'
import {
  expiredVersions,
  newestReleases,
  readShown,
  recordRelease,
  type Shown,
  versionChanges,
} from '../build/releases.ts'
import { querySql } from '../build/sql.ts'
import { type BuildPorts, DATASETS, dateOf } from '../build/task.ts'
import type { BusinessDate, ModelRelease } from '../entities.ts'
import type { Change, Ports } from '../ports.ts'
import { ensurePartitions } from './build.ts'
import { refuseSigned, signedChanges } from './signed-models.ts'
import type { Worker } from './worker.ts'

type ModelWorker = Pick<Worker, 'models' | 'ports' | 'signal' | 'deadline'>
type ApplyWorker = ModelWorker & Pick<Worker, 'definitions'>

/** A change with the partitions that it builds. */
interface PlannedChange extends ModelChange {
  readonly partitions: number
  /** Bytes that these would be billed for, by a dry run of the newest one; null where the warehouse bills none. */
  readonly bytes: number | null
}

/** Changes that apply would make to what views show. Changes nothing. */
export async function planApply(
  worker: ModelWorker,
  { rebuild = false }: { readonly rebuild?: boolean } = {},
): Promise<readonly PlannedChange[]> {
  const { models, ports } = worker
  if (!models) return []
  const shown = await startOf(models, ports)
  const changes = planModels(shown.set, models.compiled)
  const set = await targetOf(shown, { changes, rebuild }, { models, ports })
  const dates = await datesOf(set, ports)
  return await Promise.all(
    changes.map(async (change) => {
      const partitions = await partitionsToBuild(set.get(change.model), dates, { shown, ports })
      const bytes = partitions === 0 ? null : await estimate(change.model, { set, date: dates.at(-1) }, ports)
      return { ...change, partitions, bytes: bytes === null ? null : bytes * partitions }
    }),
  )
}

/** Columns whose values apply would change or take away in what views show, by table. */
export async function planColumns({ models, ports }: ModelWorker): Promise<Columns> {
  if (!models) return new Map()
  return changedColumns((await startOf(models, ports)).set, models.compiled)
}

/** Partitions of a version that no environment has built. */
async function partitionsToBuild(
  model: BuiltModel | undefined,
  dates: readonly BusinessDate[],
  { shown, ports }: { readonly shown: Shown; readonly ports: Pick<Ports, 'ledger'> },
): Promise<number> {
  if (!model || model.compiled.kind === 'view' || model.table === shown.set.get(model.name)?.table) return 0
  const built = await ports.ledger.builds({ model: model.name, fingerprint: model.table })
  const windows = new Set(built.map(({ window }) => window))
  const all = model.compiled.partitionBy === null ? [WHOLE] : dates
  return all.filter((window) => !windows.has(window)).length
}

/** Versions that an environment shows; one that shows nothing yet begins with what `models` shows. */
async function startOf(models: ModelProject, ports: Pick<Ports, 'ledger'>): Promise<Shown> {
  const own = await readShown(models.compiled, { environment: models.views }, ports)
  if (own.set.size > 0 || models.views === DATASETS.views) return own
  const { set } = await readShown(models.compiled, { environment: DATASETS.views }, ports)
  return { ...own, set }
}

/** The versions of the project with the tables that they have or get. */
async function targetOf(
  { set: shown }: Shown,
  options: Pick<TargetOptions, 'changes' | 'rebuild'>,
  { models, ports }: { readonly models: ModelProject; readonly ports: Pick<Ports, 'ledger'> },
): Promise<ModelSet> {
  const known = (await ports.ledger.modelVersions()).map(({ model, ...version }) => ({ name: model, ...version }))
  const elsewhere = await shownElsewhere(models, ports)
  return targetSet(shown, modelSet(models.compiled), { ...options, known, elsewhere })
}

/** Versions that other environments show. */
async function shownElsewhere(
  { compiled, views }: ModelProject,
  ports: Pick<Ports, 'ledger'>,
): Promise<readonly BuiltModel[]> {
  const releases = (await newestReleases(ports)).filter(({ environment }) => environment !== views)
  const sets = await Promise.all(releases.map((release) => readShown(compiled, release, ports)))
  return sets.flatMap(({ set }) => [...set.values()])
}

/** An estimate asks the tables that are there; a model that reads a new table cannot be estimated. */
async function estimate(
  name: string,
  { set, date = '' }: { readonly set: ModelSet; readonly date: BusinessDate | undefined },
  ports: BuildPorts,
): Promise<number | null> {
  const model = set.get(name)
  if (!model || model.compiled.kind === 'script') return null
  const warehouse = modelWarehouse(ports)
  const span = { date: dateOf(model.compiled, date), locations: null }
  const task = { model, set, window: date, environment: '' }
  const sql = querySql(model.compiled.sql, { task, span, dialect: warehouse.dialect })
  return await warehouse.estimate(sql).catch((error: unknown) => {
    if (error instanceof DaybreakError && error.code === 'USAGE_INVALID') return null
    throw error
  })
}

/** How an apply ended. */
interface Applied {
  /** Number of the release that views show now; null when partitions are held and nothing was swapped. */
  readonly release: number | null
  /** Partitions that were built. */
  readonly built: number
  /** Partitions that are held, or wait for others: `daily_sales of 2026-01-05`. */
  readonly held: readonly string[]
}

/** Request of a person. */
interface ApplyRequest {
  readonly by: string
  /** Builds all partitions of a model that only got columns. */
  readonly rebuild?: boolean
  /** Goes back to the versions of a release. */
  readonly release?: number
  /** Why days that were signed may show other rows; it goes into the audit. */
  readonly accept?: string
}

// New loads may come while partitions are built; each pass builds only what they changed.
const MOST_PASSES = 5

/**
 * Builds the versions of the project, or of an earlier release, next to those that views show, and swaps the views at the end. A
 * worker that dies before that leaves readers on the old versions; what it built counts at the next try. The release is recorded
 * before the first view is swapped, so whichever worker builds next swaps the rest. @throws {DaybreakError} DAY_CLOSED where days that
 * were signed would show other rows and no person accepts that.
 */
export async function applyModels(worker: ApplyWorker, request: ApplyRequest): Promise<Applied> {
  const { models, ports } = worker
  if (!models) throw new DaybreakError('USAGE_INVALID', 'the project has no compiled models; nothing can be applied')
  const shown = await startOf(models, ports)
  const set = await wantedSet({ ...worker, models }, shown, request)
  await ports.ledger.apply(versionChanges(set, ports.clock.now()))
  const wanted = { set, owned: await ownedBy(set, { models, ports }) }
  let built = 0
  for (let pass = 1; ; pass++) {
    const ended = await buildAll(wanted, worker)
    built += ended.built
    if (ended.held.length > 0) return { release: null, built, held: ended.held }
    if (ended.built === 0 || pass === MOST_PASSES) break
  }
  const audit = await acceptSigned({ set, shown }, request, { ...worker, models })
  if (!(await recordRelease(set, { by: request.by, after: shown, audit }, ports)))
    throw new DaybreakError('LEDGER_CONFLICT', 'another release of models was recorded meanwhile; nothing was swapped')
  await models.show({ set, views: models.views }, ports)
  await dropViews(
    [...shown.set.keys()].filter((name) => !set.has(name)),
    models.views,
    ports,
  )
  const last = await buildAll(wanted, worker)
  return { release: (shown.release?.number ?? 0) + 1, built: built + last.built, held: last.held }
}

/**
 * Finance reports what `models` shows: other rows of signed days need a person who accepts them. Gives the entry of the audit.
 * @throws {DaybreakError} DAY_CLOSED.
 */
async function acceptSigned(
  { set, shown }: { readonly set: ModelSet; readonly shown: Shown },
  { by, accept }: ApplyRequest,
  { models, ...worker }: ApplyWorker & { readonly models: ModelProject },
): Promise<readonly Change[]> {
  if (models.views !== DATASETS.views) return []
  const changes = await signedChanges({ shown: shown.set, set }, worker)
  if (changes.length === 0) return []
  if (accept === undefined) refuseSigned(changes)
  const { clock } = worker.ports
  const subject = changes.map(({ model, dates }) => `${model} ${dates.join(' ')}`.trim()).join('; ')
  const entry = { at: clock.now(), actor: by, action: 'models.accept', subject, details: accept }
  return [{ change: 'audit', entry }]
}

async function dropViews(names: readonly string[], schema: string, ports: BuildPorts): Promise<void> {
  for (const name of names) await modelWarehouse(ports).drop({ schema, name })
}

/**
 * Removes the views of an environment of models. Versions that no other environment shows are deleted two weeks later, with their
 * tables. Returns the names of the views.
 */
export async function removeEnvironment({ models, ports }: ModelWorker, by: string): Promise<readonly string[]> {
  if (!models || models.views === DATASETS.views)
    throw new DaybreakError('USAGE_INVALID', 'the views of `models` are what everybody reads; they are not removed')
  const shown = await readShown(models.compiled, { environment: models.views }, ports)
  // The release first: a worker that dies here leaves views that nothing builds, and the next call removes them.
  if (shown.set.size > 0 && !(await recordRelease(new Map(), { by, after: shown }, ports)))
    throw new DaybreakError('LEDGER_CONFLICT', 'another release was recorded meanwhile; nothing was removed')
  const releases = await ports.ledger.modelReleases({ environment: models.views })
  const names = [...new Set(releases.flatMap(({ versions }) => Object.keys(versions)))].toSorted()
  await dropViews(names, models.views, ports)
  return names
}

/** An environment that shows models, and the models that no other environment shows in its version. */
interface ShownEnvironment {
  readonly release: ModelRelease
  readonly models: number
  readonly own: readonly string[]
}

/** Environments that show models, by name. */
export async function listEnvironments(ports: Pick<Ports, 'ledger'>): Promise<readonly ShownEnvironment[]> {
  const releases = await newestReleases(ports)
  return releases.map((release) => {
    const others = releases.filter((each) => each !== release)
    const own = Object.entries(release.versions).filter(([model, fingerprint]) => {
      return others.every(({ versions }) => versions[model] !== fingerprint)
    })
    return { release, models: Object.keys(release.versions).length, own: own.map(([model]) => model).toSorted() }
  })
}

async function wantedSet(
  { models, ports }: ModelWorker & { readonly models: ModelProject },
  shown: Shown,
  request: ApplyRequest,
): Promise<ModelSet> {
  const { compiled, views: environment } = models
  if (request.release === undefined) {
    const changes = planModels(shown.set, compiled)
    return await targetOf(shown, { changes, rebuild: request.rebuild ?? false }, { models, ports })
  }
  const { release, set } = await readShown(compiled, { environment, number: request.release }, ports)
  if (release !== null && set.size === Object.keys(release.versions).length) {
    const elsewhere = await shownElsewhere(models, ports)
    const taken = [...set.values()].find((model) => isTakenElsewhere(model, elsewhere))
    if (!taken) return set
    const message = `${taken.name} of release ${request.release} has the table of a version that another environment shows; going back would change that one`
    throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak model environments' } })
  }
  const message =
    release === null
      ? `there is no release ${request.release} of models`
      : `some versions of release ${request.release} have expired, so their tables are gone`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak model releases' } })
}

/** Models that this environment builds: those whose table no environment before it shows. */
async function ownedBy(
  set: ModelSet,
  { models, ports }: { readonly models: ModelProject; readonly ports: BuildPorts },
): Promise<ReadonlySet<string>> {
  if (models.views === DATASETS.views) return new Set(set.keys())
  const used = await models.inUse(ports)
  return ownedIn(
    set,
    used.filter(({ views }) => views === DATASETS.views || views < models.views),
  )
}

/** Makes all partitions of a set equal to their inputs. */
async function buildAll(
  { set, owned }: Pick<SetInUse, 'set' | 'owned'>,
  worker: ModelWorker,
): Promise<{ readonly built: number; readonly held: readonly string[] }> {
  const dates = await datesOf(set, worker.ports)
  const held: string[] = []
  let built = 0
  const partitions = partitionsOn(compiledOf(set), { dates }).filter(({ model }) => owned.has(model))
  const environment = worker.models?.environment ?? ''
  for await (const { model, window, ensured } of ensurePartitions(partitions, { set, environment }, worker)) {
    if (ensured?.outcome === 'built') built++
    if (ensured && ['held', 'blocked', 'pending'].includes(ensured.outcome)) held.push(`${model} of ${window}`)
  }
  return { built, held }
}

/** Dates of all loaded partitions that models read, oldest first. */
async function datesOf(set: ModelSet, { ledger }: Pick<Ports, 'ledger'>): Promise<readonly BusinessDate[]> {
  const dates = new Set<BusinessDate>()
  for (const pipeline of streamPipelines(compiledOf(set)))
    for (const { window, loaded } of await ledger.partitions({ pipeline })) if (loaded > 0) dates.add(window)
  return [...dates].filter((date) => /^\d{4}-\d{2}-\d{2}$/.test(date)).toSorted()
}

/** Deletes versions that no view of any environment has shown for two weeks, with their tables. Returns how many. */
export async function expireVersions({ models, ports }: ModelWorker): Promise<number> {
  if (!models) return 0
  const versions = await ports.ledger.modelVersions()
  const releases = await ports.ledger.modelReleases({})
  const expired = expiredVersions(versions, releases, ports.clock.now())
  const kept = new Set(versions.filter((one) => !expired.includes(one)).map(({ model, table }) => `${model}__${table}`))
  for (const { model, fingerprint, table } of expired) {
    // A version that only added columns shares the table of the one before.
    if (!kept.has(`${model}__${table}`))
      await modelWarehouse(ports).drop({ schema: DATASETS.data, name: `${model}__${table}` })
    await ports.ledger.apply([{ change: 'model_version_deleted', model, fingerprint }])
  }
  return expired.length
}
