import { createHash } from 'node:crypto'
import type { CompiledModel } from './compiled.ts'
import { inBuildOrder, type Models, modelOf } from './order.ts'

/** Fingerprints of a model that also count what the models it reads compute. */
export interface Deep {
  /** Of all of the model. */
  readonly model: string
  /** Of its set of rows. */
  readonly rows: string
  /** Of each column: its expression, down to columns of streams. */
  readonly columns: Readonly<Record<string, string>>
}

/**
 * Pure: the deep fingerprint of every model. A model that reads another one gets a new fingerprint when a column that it uses, or
 * the set of rows, changes there; not when the other one gets a column more.
 */
export function deepFingerprints(models: Models): ReadonlyMap<string, Deep> {
  const deep = new Map<string, Deep>()
  for (const name of inBuildOrder(models)) {
    const model = models.get(name)
    if (model) deep.set(name, deepOf(model, deep))
  }
  return deep
}

function deepOf(model: CompiledModel, deep: ReadonlyMap<string, Deep>): Deep {
  const { fingerprint, references, lineage, columnFingerprints } = model
  const below = (table: string, column: string) => deep.get(modelOf({ table }) ?? '')?.columns[column] ?? ''
  // Any column of a script may come from any that it reads.
  const read = references.flatMap(({ table, columns: names }) => names.map((column) => ({ table, column })))
  const upstream = references.map((reference) => deep.get(modelOf(reference) ?? '')?.rows ?? '')
  const rows = hash([
    model.rows,
    upstream,
    (model.kind === 'script' ? read : lineage.rows).map(({ table, column }) => below(table, column)),
  ])
  const columns = Object.fromEntries(
    Object.entries(columnFingerprints).map(([name, own]) => {
      const sources = model.kind === 'script' ? read : (lineage.columns[name] ?? [])
      return [name, hash([own, sources.map(({ table, column }) => below(table, column))])]
    }),
  )
  const used = references.map(({ table, columns: names }) => names.map((column) => below(table, column)))
  return { model: hash([fingerprint, rows, Object.entries(columns).toSorted(byName), used]), rows, columns }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
