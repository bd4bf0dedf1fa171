import { type Contract, LOAD_COLUMNS, META_COLUMNS } from './contract.ts'
import type { Typed } from './sql-type.ts'

/** The table of a stream, in the shape a warehouse asks for. */
export interface StreamTable {
  readonly schema: string
  readonly name: string
  readonly description: string
  readonly columns: readonly (Typed & { readonly name: string; readonly description: string })[]
  readonly clusterBy: readonly string[]
  readonly totals: readonly string[]
  /** Column with the hash of the raw file that a row is from. */
  readonly rawColumn: string
}

/** Columns of a part, in order: those of the file, the derived ones, and where the row came from. */
export function partColumns(contract: Contract): StreamTable['columns'] {
  return [...contract.columns, ...contract.derived, ...META_COLUMNS].map((column) => ({
    name: column.name,
    type: column.type,
    ...(column.type === 'numeric' && 'scale' in column && { scale: column.scale }),
    description: column.description,
  }))
}

/**
 * Columns whose exact sums a part, a manifest and a partition must agree on: money and quantities of the file. Derived
 * ones follow from them, and ratios have no sum.
 */
export function totalColumns({ columns }: Contract): readonly string[] {
  return columns.filter(({ type }) => type === 'numeric').map(({ name }) => name)
}

/** The table a contract becomes: the columns of its parts and those a load adds. The schema is the pipeline's name. */
export function tableOf(contract: Contract, pipeline: string): StreamTable {
  return {
    schema: pipeline,
    name: contract.stream,
    description: contract.description,
    columns: [...partColumns(contract), ...LOAD_COLUMNS],
    clusterBy: contract.table.cluster_by,
    totals: totalColumns(contract),
    rawColumn: '_raw_sha256',
  }
}
