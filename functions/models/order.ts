import { DaybreakError } from '../errors.ts'
import type { CompiledModel, Reference } from './compiled.ts'

/** Dataset of the models, and the pipeline that their messages and incidents name. No pipeline of a project is called so. */
export const MODELS = 'models'

/** The tables that a model and its checks read. */
interface Reading {
  readonly references: readonly Pick<Reference, 'table'>[]
  readonly checks: readonly { readonly references: readonly Pick<Reference, 'table'>[] }[]
}

/** Models by their names. */
export type Models = ReadonlyMap<string, CompiledModel>

/** Name of the model that a reference reads; null for a stream. */
export function modelOf({ table }: Pick<Reference, 'table'>): string | null {
  const [dataset, name = ''] = table.split('.')
  return dataset === MODELS ? name : null
}

/** Tables that the query of a model or one of its checks reads, the model itself left out. */
export function inputsOf<Table extends Pick<Reference, 'table'>>(
  name: string,
  {
    references,
    checks,
  }: { readonly references: readonly Table[]; readonly checks: readonly { readonly references: readonly Table[] }[] },
): readonly Table[] {
  return [...references, ...checks.flatMap((check) => check.references)].filter(
    (reference) => modelOf(reference) !== name,
  )
}

/** Streams that each model is made of, also by way of other models, as `toast.order_details`. */
export function streamsOfModels(models: Models): ReadonlyMap<string, ReadonlySet<string>> {
  const made = new Map<string, ReadonlySet<string>>()
  for (const name of inBuildOrder(models)) {
    const model = models.get(name)
    const inputs = model ? inputsOf(name, model) : []
    const streams = inputs.flatMap((input) => {
      const read = modelOf(input)
      return read === null ? [input.table] : [...(made.get(read) ?? [])]
    })
    made.set(name, new Set(streams))
  }
  return made
}

/**
 * Names of all models, each after the models that its query or a check reads, else by name.
 * @throws {DaybreakError} CONFIG_INVALID for models that read each other.
 */
export function inBuildOrder(models: ReadonlyMap<string, Reading>): readonly string[] {
  const ordered = new Set<string>()
  const visit = (name: string, path: readonly string[]) => {
    if (ordered.has(name)) return
    if (path.includes(name)) throw circular([...path.slice(path.indexOf(name)), name])
    const model = models.get(name)
    if (!model) return
    for (const read of readModels(name, model)) visit(read, [...path, name])
    ordered.add(name)
  }
  for (const name of [...models.keys()].toSorted()) visit(name, [])
  return [...ordered]
}

/** Names of the models that a model or its checks read, sorted. */
export function readModels(name: string, model: Reading): readonly string[] {
  return [...new Set(inputsOf(name, model).flatMap((reference) => modelOf(reference) ?? []))].toSorted()
}

/** Pipelines whose streams the models read, sorted. */
export function streamPipelines(models: Models): readonly string[] {
  const streams = [...models].flatMap(([name, model]) => inputsOf(name, model).filter((one) => modelOf(one) === null))
  return [...new Set(streams.map(({ table }) => table.split('.')[0] ?? ''))].toSorted()
}

function circular(path: readonly string[]): DaybreakError {
  const text = `the models ${path.join(' → ')} read each other; a model can only read models that do not need it`
  return new DaybreakError('CONFIG_INVALID', text)
}
