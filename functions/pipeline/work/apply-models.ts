import { DaybreakError } from '../../errors.ts'
import { partitionsOn } from '../../models/affected.ts'
import { compiledOf, type ModelSet, modelSet } from '../../models/model-set.ts'
import { streamPipelines } from '../../models/order.ts'
import { type ModelChange, planModels, targetSet } from '../../models/plan.ts'
import { modelWarehouse } from '../build/job.ts'
import { expiredVersions, readShown, recordRelease, type Shown, versionChanges } from '../build/releases.ts'
import { querySql } from '../build/sql.ts'
import { type BuildPorts, DATASETS, dateOf } from '../build/task.ts'
import type { BusinessDate } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { ensurePartition } from './build.ts'
import type { Worker } from './worker.ts'

type ModelWorker = Pick<Worker, 'models' | 'ports' | 'signal' | 'deadline'>

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
  const shown = await readShown(models.compiled, ports)
  const changes = planModels(shown.set, models.compiled)
  const set = targetSet(shown.set, modelSet(models.compiled), { changes, rebuild })
  const dates = await datesOf(set, ports)
  return await Promise.all(
    changes.map(async (change) => {
      const model = set.get(change.model)
      const isKept = model?.table === shown.set.get(change.model)?.table
      const isBuilding = model !== undefined && !isKept && model.compiled.kind !== 'view'
      const partitions = isBuilding ? (model.compiled.partitionBy === null ? 1 : dates.length) : 0
      const bytes = partitions === 0 ? null : await estimate(change.model, { set, date: dates.at(-1) }, ports)
      return { ...change, partitions, bytes: bytes === null ? null : bytes * partitions }
    }),
  )
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
}

// New loads may come while partitions are built; each pass builds only what they changed.
const MOST_PASSES = 5

/**
 * Builds the versions of the project, or of an earlier release, next to those that views show, and swaps the views at the end. A
 * worker that dies before that leaves readers on the old versions; what it built counts at the next try. The release is recorded
 * before the first view is swapped, so whichever worker builds next swaps the rest.
 */
export async function applyModels(worker: ModelWorker, request: ApplyRequest): Promise<Applied> {
  const { models, ports } = worker
  if (!models) throw new DaybreakError('USAGE_INVALID', 'the project has no compiled models; nothing can be applied')
  const shown = await readShown(models.compiled, ports)
  const set = await wantedSet(worker, shown, request)
  await ports.ledger.apply(versionChanges(set, ports.clock.now()))
  let built = 0
  for (let pass = 1; ; pass++) {
    const ended = await buildAll(set, worker)
    built += ended.built
    if (ended.held.length > 0) return { release: null, built, held: ended.held }
    if (ended.built === 0 || pass === MOST_PASSES) break
  }
  if (!(await recordRelease(set, { by: request.by, after: shown.release }, ports)))
    throw new DaybreakError('LEDGER_CONFLICT', 'another release of models was recorded meanwhile; nothing was swapped')
  await models.show(set, ports)
  const last = await buildAll(set, worker)
  return { release: (shown.release?.number ?? 0) + 1, built: built + last.built, held: last.held }
}

async function wantedSet({ models, ports }: ModelWorker, shown: Shown, request: ApplyRequest): Promise<ModelSet> {
  const compiled = models?.compiled ?? new Map()
  if (request.release === undefined) {
    const changes = planModels(shown.set, compiled)
    return targetSet(shown.set, modelSet(compiled), { changes, rebuild: request.rebuild ?? false })
  }
  const { release, set } = await readShown(compiled, ports, request.release)
  if (release !== null && set.size === Object.keys(release.versions).length) return set
  const message =
    release === null
      ? `there is no release ${request.release} of models`
      : `some versions of release ${request.release} have expired, so their tables are gone`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak model releases' } })
}

/** Makes all partitions of a set equal to their inputs. */
async function buildAll(
  set: ModelSet,
  worker: ModelWorker,
): Promise<{ readonly built: number; readonly held: readonly string[] }> {
  const dates = await datesOf(set, worker.ports)
  const held: string[] = []
  let built = 0
  for (const { model, window } of partitionsOn(compiledOf(set), { dates })) {
    const environment = worker.models?.environment ?? ''
    const ensured = await ensurePartition({ model, window, set, environment }, worker)
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

/** Deletes versions that no view has shown for two weeks, with their tables. Returns how many. */
export async function expireVersions({ models, ports }: ModelWorker): Promise<number> {
  if (!models) return 0
  const versions = await ports.ledger.modelVersions()
  const releases = await ports.ledger.modelReleases({ environment: DATASETS.views })
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
