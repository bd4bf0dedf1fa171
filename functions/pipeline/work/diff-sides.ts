import { DaybreakError } from '../../errors.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import { CompiledModel } from '../../models/compiled.ts'
import { type BuiltModel, type ModelSet, modelSet } from '../../models/model-set.ts'
import { readShown } from '../build/releases.ts'
import type { RowsOf } from '../build/rows-sql.ts'
import { DATASETS } from '../build/task.ts'
import type { Worker } from './worker.ts'

/** A worker, as far as a comparison needs it. */
export type ModelWorker = Pick<Worker, 'models' | 'ports'>

/** One side of a comparison: a version of a model, and the models that it reads. */
interface Side extends RowsOf {
  /** As it was found: `project`, `models@3`, or a version. */
  readonly label: string
}

/**
 * Reads a side: `project` for the checkout, an environment such as `models` or `dev_anna`, a release of it as `dev_anna@3`, of this
 * environment as `@3`, or the eight digits of a version.
 * @throws {DaybreakError} USAGE_INVALID for a side or a model that is not known.
 */
export async function sideOf(text: string, model: string, { models, ports }: ModelWorker): Promise<Side> {
  if (!models) throw new DaybreakError('USAGE_INVALID', 'the project has no compiled models; nothing can be compared')
  const worker = { models, ports }
  if (text === 'project') return await projectSide(model, worker)
  const [, environment = models.views, number] = /^([a-z][a-z0-9_]*)?(?:@([0-9]{1,6}))?$/.exec(text) ?? []
  const views = [DATASETS.views, models.views].includes(environment) ? environment : `models_${environment}`
  const key = { environment: views, ...(number !== undefined && { number: Number(number) }) }
  const shown = await readShown(models.compiled, key, ports)
  if (shown.release)
    return sideIn(shown.set, { model, label: `${views}@${shown.release.number}`, isBuilt: true, shown: NONE })
  return await versionSide(text, model, worker)
}

const NONE: ReadonlySet<string> = new Set()

interface OpenWorker {
  readonly models: NonNullable<ModelWorker['models']>
  readonly ports: ModelWorker['ports']
}

async function projectSide(model: string, { models, ports }: OpenWorker): Promise<Side> {
  const { set: shown } = await readShown(models.compiled, { environment: models.views }, ports)
  // A model that is shown as it is compiled has its table already, which may be that of an earlier version.
  const set = [...modelSet(models.compiled)].map(([name, own]): [string, BuiltModel] => {
    const before = shown.get(name)
    return [name, before?.fingerprint === own.fingerprint ? before : own]
  })
  const isShown = ([name, own]: readonly [string, BuiltModel]) => shown.get(name)?.fingerprint === own.fingerprint
  const same = new Set(set.filter(isShown).map(([name]) => name))
  const side = sideIn(new Map(set), { model, label: 'project', isBuilt: false, shown: same })
  if (side.model.compiled.kind !== 'script') return side
  const message = `${model} is a script, which only a build computes; apply it to an environment of your own and compare that`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak model apply -e ENVIRONMENT' } })
}

async function versionSide(text: string, name: string, { ports }: OpenWorker): Promise<Side> {
  const versions = (await ports.ledger.modelVersions()).filter(({ model }) => model === name)
  const version = versions.find(({ fingerprint }) => fingerprint === text)
  if (!version) {
    const known = versions.map(({ fingerprint }) => fingerprint).join(', ') || 'none'
    const message = `there is no side ${JSON.stringify(text)} of ${name}; expected project, an environment, a release such as @3, or a version: ${known}`
    throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak model releases' } })
  }
  const { fingerprint, table, accepts } = version
  const model = { name, compiled: CompiledModel.parse(version.definition), fingerprint, table, accepts }
  return { label: fingerprint, set: new Map([[name, model]]), model, isBuilt: true, shown: NONE }
}

function sideIn(
  set: ModelSet,
  { model: name, ...rest }: Omit<Side, 'set' | 'model'> & { readonly model: string },
): Side {
  const model = set.get(name)
  if (model) return { ...rest, set, model }
  const message = `${rest.label} has no model ${JSON.stringify(name)}.${didYouMean(name, [...set.keys()])}`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak model list' } })
}
