import type { Exposure } from './exposure.ts'
import { inBuildOrder, type Models } from './order.ts'

/** Columns by table, `toast.order_details` or `models.daily_sales`. */
export type Columns = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Pure: the given columns, and those of every model that are made of them. A column that decides which rows a model has, and any
 * column that a script reads, reaches all of its columns.
 */
export function reachOf(models: Models, changed: Columns): Columns {
  const reached = new Map<string, ReadonlySet<string>>(changed)
  const isReached = ({ table, column }: { readonly table: string; readonly column: string }) =>
    reached.get(table)?.has(column) === true
  for (const name of inBuildOrder(models)) {
    const model = models.get(name)
    if (!model) continue
    const { kind, lineage, references } = model
    const read = references.flatMap(({ table, columns }) => columns.map((column) => ({ table, column })))
    const isWhole = (kind === 'script' ? read : lineage.rows).some(isReached)
    const columns = model.columns
      .map((column) => column.name)
      .filter((column) => isWhole || (lineage.columns[column] ?? []).some(isReached))
    const table = `models.${name}`
    if (columns.length > 0) reached.set(table, new Set([...(reached.get(table) ?? []), ...columns]))
  }
  return reached
}

/** An exposure that shows a change, and the columns by which it does. */
export interface Reached {
  readonly exposure: Exposure
  /** `models.daily_sales.net_sales`; of a read without columns the table. */
  readonly by: readonly string[]
}

/** Pure: exposures that read some of these columns. One that does not say its columns reads all of the table. */
export function exposuresReached(exposures: readonly Exposure[], reached: Columns): readonly Reached[] {
  return exposures.flatMap((exposure) => {
    const by = exposure.reads.flatMap(({ table, columns }) => {
      const changed = reached.get(table)
      if (!changed || changed.size === 0) return []
      return columns === undefined ? [table] : columns.filter((one) => changed.has(one)).map((one) => `${table}.${one}`)
    })
    return by.length === 0 ? [] : [{ exposure, by: [...new Set(by)] }]
  })
}

/** `Weekly flash (page, of ann@example.com): models.daily_sales.net_sales`. */
export function reachedText({ exposure: { title, kind, owner }, by }: Reached): string {
  return `${title} (${kind}${owner === undefined ? '' : `, of ${owner}`}): ${by.join(', ')}`
}
