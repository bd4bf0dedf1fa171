import { WHOLE } from '../../models/affected.ts'
import { type Comparison, comparisonOf, isSummed, type Sides, sampleSql, summarySql } from '../../models/diff.ts'
import { modelWarehouse } from '../build/job.ts'
import { rowsSql } from '../build/rows-sql.ts'
import type { ModelWarehouse } from '../destination.ts'
import { type ModelWorker, sideOf } from './diff-sides.ts'

/** The two sides of a comparison of one model. */
interface DiffRequest {
  readonly model: string
  /** As `sideOf` reads it. */
  readonly old: string
  readonly new: string
  /** Dates that are compared; of no meaning for a model that is one table. */
  readonly windows: readonly string[]
  /** Most keys of the sample. */
  readonly limit: number
}

/** Changes of one column over all compared rows. */
type ColumnDiff = {
  readonly column: string
  /** Null where the side lacks the column. */
  readonly types: Readonly<Record<'old' | 'new', string | null>>
  /** Keys with another value; null where the column cannot be compared. */
  readonly changed: number | null
  /** Sums of an additive column. */
  readonly sums: Readonly<Record<'old' | 'new', string | null>> | null
}

/** A key whose rows differ. */
type SampleRow = {
  readonly key: Readonly<Record<string, string | null>>
  readonly change: 'added' | 'removed' | 'changed' | 'repeated'
  /** Columns with another value; of a key that both sides have once. */
  readonly values: readonly { readonly column: string; readonly old: string | null; readonly new: string | null }[]
}

/** Differences of two versions of a model. */
export interface ModelDiff {
  readonly old: string
  readonly new: string
  readonly windows: readonly string[]
  readonly rows: Readonly<Record<'old' | 'new', number>>
  /** Keys; null where the two have no common key. */
  readonly keys: Readonly<Record<'added' | 'removed' | 'changed' | 'repeated', number>> | null
  readonly columns: readonly ColumnDiff[]
  readonly sample: readonly SampleRow[]
}

/** True when both sides have the same columns and rows. */
export function isEqual({ keys, columns, rows }: ModelDiff): boolean {
  const areRowsEqual = keys !== null && Object.values(keys).every((count) => count === 0) && rows.old === rows.new
  return areRowsEqual && columns.every(({ types }) => types.old === types.new)
}

/**
 * Compares two versions of a model in the warehouse: columns, keys and sums. A version that is not built is computed from what its
 * inputs hold now, so that a checkout is compared before anything of it is applied. Changes nothing.
 * @throws {DaybreakError} USAGE_INVALID for a side or a model that is not known.
 */
export async function diffModels(worker: ModelWorker, request: DiffRequest): Promise<ModelDiff> {
  const warehouse = modelWarehouse(worker.ports)
  const { model, limit } = request
  const old = await sideOf(request.old, model, worker)
  const now = await sideOf(request.new, model, worker)
  const isDated = [old, now].some(({ model }) => model.compiled.partitionBy !== null)
  const windows = isDated ? request.windows : [WHOLE]
  const comparison = comparisonOf(old.model.compiled, now.model.compiled)
  const sides = { old: await rowsSql(old, windows, worker.ports), new: await rowsSql(now, windows, worker.ports) }
  const counted = await countsOf(comparison, sides, warehouse)
  const sample = comparison.key === null || limit === 0 ? [] : await samplesOf(comparison, sides, { warehouse, limit })
  return { old: old.label, new: now.label, windows, ...counted, sample }
}

type Counted = Pick<ModelDiff, 'rows' | 'keys' | 'columns'>

async function countsOf(comparison: Comparison, sides: Sides, warehouse: ModelWarehouse): Promise<Counted> {
  const { rows } = await warehouse.query(summarySql(comparison, sides, warehouse.dialect))
  const [row = []] = rows
  const numberAt = (at: number) => Number(row[at] ?? 0)
  const hasKey = comparison.key !== null
  const keys = { added: numberAt(2), removed: numberAt(3), changed: numberAt(4), repeated: numberAt(5) }
  const compared = comparison.columns.map((column, at): ColumnDiff => {
    const [changed, old = null, now = null] = row.slice(6 + 3 * at)
    const { name, type } = column
    return {
      column: name,
      types: { old: type, new: type },
      changed: hasKey ? Number(changed ?? 0) : null,
      sums: isSummed(column) ? { old, new: now } : null,
    }
  })
  const others = comparison.changes.map(({ column, ...types }): ColumnDiff => {
    return { column, types, changed: null, sums: null }
  })
  return {
    rows: { old: numberAt(0), new: numberAt(1) },
    keys: hasKey ? keys : null,
    columns: [...compared, ...others],
  }
}

async function samplesOf(
  comparison: Comparison,
  sides: Sides,
  { warehouse, limit }: { readonly warehouse: ModelWarehouse; readonly limit: number },
): Promise<readonly SampleRow[]> {
  const { identifier } = warehouse.dialect
  const { rows } = await warehouse.query(sampleSql(comparison, sides, { identifier, limit }))
  return rows.map((row) => sampleRow(comparison, row))
}

function sampleRow({ key, columns }: Comparison, row: readonly (string | null)[]): SampleRow {
  const names = (key ?? []).map(({ name }) => name)
  const [old, now] = row.slice(names.length).map(Number)
  const values = columns.flatMap(({ name: column }, at) => {
    const [differs, before = null, after = null] = row.slice(names.length + 2 + 3 * at)
    return differs === '1' ? [{ column, old: before, new: after }] : []
  })
  const change = old === 0 ? 'added' : now === 0 ? 'removed' : old === 1 && now === 1 ? 'changed' : 'repeated'
  return {
    key: Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])),
    change,
    values: change === 'changed' ? values : [],
  }
}
