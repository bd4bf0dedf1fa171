import { addDays } from '../lib/business-date.ts'
import type { CompiledModel, Reference } from './compiled.ts'
import { inBuildOrder, inputsOf, type Models, modelOf, readModels } from './order.ts'

/** Window of a model that is one table, built whole. */
export const WHOLE = 'all'

/** One partition of a model. */
export interface ModelPartition {
  readonly model: string
  /** Date of the partition; `WHOLE` for a model that is one table. */
  readonly window: string
}

/** True for a model that has rows of its own: a view has none. */
function isBuilt({ kind }: CompiledModel): boolean {
  return kind !== 'view'
}

/**
 * Pure: the partitions to look at after a change of any stream on a date, each after those it reads: all of the date itself, and
 * those of other dates that read it. `reads` decides: a model that reads a table 364 days earlier has to be looked at 364 days
 * later as well. A model that reads a table without partitions is looked at on the same date only; the sweep finds its other dates.
 */
export function affectedBy(models: Models, date: string): readonly ModelPartition[] {
  const changed = new Map<string, ReadonlySet<string>>()
  const affected: ModelPartition[] = []
  for (const name of inBuildOrder(models)) {
    const model = models.get(name)
    if (!model) continue
    const windows = new Set([isDated(model) ? date : WHOLE])
    for (const reference of inputsOf(name, model)) {
      const upstream = modelOf(reference)
      const dates = upstream === null ? new Set([date]) : (changed.get(upstream) ?? new Set<string>())
      for (const each of windowsReading(model, reference, { dates, date })) windows.add(each)
    }
    changed.set(name, windows)
    if (isBuilt(model)) affected.push(...[...windows].toSorted().map((window) => ({ model: name, window })))
  }
  return affected
}

/** True where partitions have dates; those of a view are the dates of the tables behind it. */
function isDated({ kind, partitionBy }: CompiledModel): boolean {
  return kind === 'view' || partitionBy !== null
}

/** Windows of a model that read one of some dates of a table. */
function windowsReading(
  model: CompiledModel,
  reference: Reference,
  { dates, date }: { readonly dates: ReadonlySet<string>; readonly date: string },
): readonly string[] {
  if (dates.size === 0) return []
  if (!isDated(model)) return [WHOLE]
  if (!reference.isPartitioned || dates.has(WHOLE)) return [date]
  const { from, to } = reference.dates
  const offsets = Array.from({ length: to - from + 1 }, (_, at) => from + at)
  return [...dates].flatMap((each) => offsets.map((offset) => addDays(each, -offset)))
}

/** Pure: the partitions of all models, or of one and those it reads, on some dates, each after those it reads. */
export function partitionsOn(
  models: Models,
  { dates, model: only }: { readonly dates: readonly string[]; readonly model?: string },
): readonly ModelPartition[] {
  const asked = only === undefined ? null : withReads(only, models)
  return inBuildOrder(models).flatMap((name) => {
    const model = models.get(name)
    if (!model || !isBuilt(model) || asked?.has(name) === false) return []
    const windows = model.partitionBy === null ? [WHOLE] : dates
    return windows.map((window) => ({ model: name, window }))
  })
}

function withReads(name: string, models: Models): ReadonlySet<string> {
  const model = models.get(name)
  const below = model ? readModels(name, model).flatMap((each) => [...withReads(each, models)]) : []
  return new Set([name, ...below])
}
