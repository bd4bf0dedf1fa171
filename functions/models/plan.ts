import type { CompiledModel } from './compiled.ts'
import { type Deep, deepFingerprints } from './fingerprints.ts'
import { type BuiltModel, compiledOf, type ModelSet } from './model-set.ts'
import { inBuildOrder, MODELS, type Models, modelOf } from './order.ts'
import type { Columns } from './reach.ts'

/** How a model differs from the version that views show. */
export interface ModelChange {
  readonly model: string
  readonly category: 'new' | 'breaking' | 'non-breaking' | 'indirect' | 'text only' | 'removed'
  /** The differences in words: `net_sales: expression changed`. */
  readonly reasons: readonly string[]
}

/** Pure: the changes from the models that are shown to those of the project, each after those it reads. Equal ones are left out. */
export function planModels(shown: ModelSet, project: Models): readonly ModelChange[] {
  const before = { models: compiledOf(shown), deep: deepFingerprints(compiledOf(shown)) }
  const after = { models: project, deep: deepFingerprints(project) }
  const changes = inBuildOrder(project).flatMap((model) => {
    const change = changeOf(model, before, after)
    return change === null ? [] : [{ model, ...change }]
  })
  const removed = [...shown.keys()].filter((name) => !project.has(name))
  return [...changes, ...removed.map((model): ModelChange => ({ model, category: 'removed', reasons: [] }))]
}

interface Side {
  readonly models: Models
  readonly deep: ReadonlyMap<string, Deep>
}

type Change = Omit<ModelChange, 'model'>

function changeOf(name: string, before: Side, after: Side): Change | null {
  const [old, model] = [before.models.get(name), after.models.get(name)]
  const [oldDeep, deep] = [before.deep.get(name), after.deep.get(name)]
  if (!model || !deep) return null
  if (!old || !oldDeep) return { category: 'new', reasons: [] }
  if (deep.model === oldDeep.model) return textChange(old, model)
  if (model.fingerprint === old.fingerprint)
    return { category: 'indirect', reasons: readsChanged(model, before, after) }
  const broken = breakages({ old, oldDeep }, { model, deep })
  if (broken.length > 0) return { category: 'breaking', reasons: broken }
  const added = model.columns.filter(({ name: column }) => !old.columns.some((each) => each.name === column))
  return { category: 'non-breaking', reasons: added.map((column) => `+ ${column.name}`) }
}

/** Reasons for which rows that were built before are not what the model would build now. */
function breakages(
  { old, oldDeep }: { readonly old: CompiledModel; readonly oldDeep: Deep },
  { model, deep }: { readonly model: CompiledModel; readonly deep: Deep },
): readonly string[] {
  const types = new Map(model.columns.map(({ name, type }) => [name, type]))
  const columns = old.columns.flatMap(({ name, type }) => {
    const now = types.get(name)
    if (now === undefined) return [`- ${name}`]
    if (now !== type) return [`${name}: ${type} became ${now}`]
    return deep.columns[name] === oldDeep.columns[name] ? [] : [`${name}: expression changed`]
  })
  const layout = old.partitionBy === model.partitionBy && old.kind === model.kind ? [] : ['partitions changed']
  const rows = deep.rows === oldDeep.rows ? [] : ['rows changed: filters, joins or grouping']
  return [...layout, ...rows, ...columns]
}

function textChange(old: CompiledModel, model: CompiledModel): Change | null {
  if (
    JSON.stringify({ ...old, digest: '' }) === JSON.stringify({ ...model, digest: '' }) &&
    old.digest === model.digest
  )
    return null
  const isText = (member: 'description' | 'owner' | 'checks' | 'columns') =>
    JSON.stringify(old[member]) === JSON.stringify(model[member]) ? [] : [member]
  const members = ['description', 'owner', 'checks', 'columns'] as const
  return { category: 'text only', reasons: members.flatMap(isText) }
}

/** Columns of other models that are used and are computed otherwise now. */
function readsChanged({ references }: CompiledModel, before: Side, after: Side): readonly string[] {
  const reasons = references.flatMap((reference) => {
    const name = modelOf(reference)
    const [old, now] = [before.deep.get(name ?? ''), after.deep.get(name ?? '')]
    if (name === null || !old || !now) return []
    const changed = reference.columns.filter((column) => old.columns[column] !== now.columns[column])
    if (changed.length > 0) return changed.map((column) => `reads ${name}.${column}`)
    return old.rows === now.rows ? [] : [`reads the rows of ${name}`]
  })
  return [...new Set(reasons)]
}

/** Pure: columns whose values an apply changes or takes away, by table. All of a model whose set of rows is another one. */
export function changedColumns(shown: ModelSet, project: Models): Columns {
  const models = compiledOf(shown)
  const [before, after] = [deepFingerprints(models), deepFingerprints(project)]
  const changed = [...models].map(([name, { columns }]): [string, ReadonlySet<string>] => {
    const [old, now] = [before.get(name), after.get(name)]
    const names = columns.map((column) => column.name)
    const isOther = (column: string) => old?.rows !== now?.rows || old?.columns[column] !== now?.columns[column]
    return [`${MODELS}.${name}`, new Set(names.filter(isOther))]
  })
  return new Map(changed.filter(([, columns]) => columns.size > 0))
}

/** Facts of the ledger that decide which table a version gets. */
export interface TargetOptions {
  readonly changes: readonly ModelChange[]
  /** Gives a model that only got columns a table of its own. */
  readonly rebuild: boolean
  /** Versions with a table already, built in another environment or earlier. */
  readonly known?: readonly Pick<BuiltModel, 'name' | 'fingerprint' | 'table' | 'accepts'>[]
  /** Versions that other environments show. */
  readonly elsewhere?: readonly Pick<BuiltModel, 'name' | 'fingerprint' | 'table'>[]
}

/**
 * Pure: the set that an apply builds. A version that has a table is shown from it, so that environments share what they agree on.
 * A model that only got columns keeps its table, whose partitions count as built and hold NULL in the new columns, unless another
 * environment shows that table as it was; then, or with `rebuild`, it gets a table of its own.
 */
export function targetSet(shown: ModelSet, wanted: ModelSet, options: TargetOptions): ModelSet {
  const { changes, rebuild, known = [], elsewhere = [] } = options
  const categories = new Map(changes.map(({ model, category }) => [model, category]))
  return new Map(
    [...wanted].map(([name, model]): [string, BuiltModel] => {
      const old = shown.get(name)
      const category = categories.get(name)
      if (old && (category === undefined || category === 'text only'))
        return [name, { ...model, table: old.table, accepts: old.accepts }]
      if (rebuild) return [name, model]
      const before = known.find((each) => each.name === name && each.fingerprint === model.fingerprint)
      const widened =
        old && category === 'non-breaking'
          ? { ...model, table: old.table, accepts: [old.fingerprint, ...old.accepts] }
          : model
      const chosen = before ? { ...model, table: before.table, accepts: before.accepts } : widened
      return [name, isTakenElsewhere(chosen, elsewhere) ? model : chosen]
    }),
  )
}

/** True for a version whose table another environment shows as that of another version. */
export function isTakenElsewhere(
  { name, fingerprint, table }: BuiltModel,
  elsewhere: readonly Pick<BuiltModel, 'name' | 'fingerprint' | 'table'>[],
): boolean {
  return elsewhere.some((each) => each.name === name && each.table === table && each.fingerprint !== fingerprint)
}
