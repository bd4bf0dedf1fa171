import { type CarriedColumn, carriedColumns, partitionColumn, rejectedColumns, shardColumn } from './carried.ts'
import { type ColumnType, type Contract, LOAD_COLUMNS, PROVENANCE_COLUMNS } from './contract.ts'
import type { Typed } from './sql-type.ts'

/** The table of a stream, in the shape a warehouse asks for. */
export interface StreamTable {
  readonly schema: string
  readonly name: string
  readonly description: string
  readonly columns: readonly (Typed & { readonly name: string; readonly description: string })[]
  readonly clusterBy: readonly string[]
  readonly totals: readonly string[]
  /** Column with the hash of the raw file that a row is from; null where the table has none. */
  readonly rawColumn: string | null
  /** Column that names the shard of a row; null where rows carry none. */
  readonly shardColumn: string | null
  /** Date column whose value a load replaces; null where a load replaces the table. */
  readonly partitionColumn: string | null
}

/** A column that no file has: Daybreak fills it in. */
export interface AddedColumn {
  readonly name: string
  readonly type: Extract<ColumnType, 'string' | 'date' | 'datetime' | 'int64'>
  readonly description: string
}

/** Columns of a part that no file has: those carried by every row of the slice, then where the row comes from. */
export function addedColumns(contract: Contract): readonly AddedColumn[] {
  const carried: readonly CarriedColumn[] = carriedColumns(contract)
  return [...carried, ...PROVENANCE_COLUMNS]
}

const RAW_COLUMN = '_raw_sha256' satisfies (typeof PROVENANCE_COLUMNS)[number]['name']

/** Columns of a part, in order: those of the file, the derived ones, and where the row came from. */
export function partColumns(contract: Contract): StreamTable['columns'] {
  return [...contract.columns, ...contract.derived, ...addedColumns(contract)].map((column) => ({
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

/**
 * The table a contract becomes: the columns of its parts and those a load adds. With `provenance: none` the table leaves out
 * what its parts say about the origin of a row. The schema is the pipeline's name.
 */
export function tableOf(contract: Contract, pipeline: string): StreamTable {
  const isFull = contract.provenance !== 'none'
  const origin: ReadonlySet<string> = new Set(PROVENANCE_COLUMNS.map(({ name }) => name))
  const columns = partColumns(contract).filter(({ name }) => isFull || !origin.has(name))
  return {
    schema: pipeline,
    name: contract.stream,
    description: contract.description,
    columns: isFull ? [...columns, ...LOAD_COLUMNS] : columns,
    clusterBy: contract.table.clusterBy,
    totals: totalColumns(contract),
    rawColumn: isFull ? RAW_COLUMN : null,
    shardColumn: shardColumn(contract)?.name ?? null,
    partitionColumn: partitionColumn(contract),
  }
}

/** Name of a table that all streams share, and the columns behind shard and window. */
type SharedTable = Pick<StreamTable, 'schema' | 'name' | 'description' | 'columns'>

/**
 * A table that all streams of a pipeline share. A row names its stream and slice and the raw file it is about; the streams name shard
 * and window in the same way.
 */
export function sharedTable(
  contracts: Iterable<Pick<Contract, 'carries'>>,
  { columns, ...named }: SharedTable,
): StreamTable {
  const [first] = contracts
  const [shard, window] = rejectedColumns(first ?? {})
  return {
    ...named,
    columns: [shard, window, ...columns, ...LOAD_COLUMNS],
    clusterBy: [shard.name, 'stream'],
    totals: [],
    rawColumn: 'raw_sha256',
    shardColumn: shard.name,
    partitionColumn: window.name,
  }
}
