import type { Typed } from '../contract/sql-type.ts'

/** A table to be declared: of a stream, whose columns have the types of contracts. */
export interface TableDefinition {
  readonly schema: string
  readonly name: string
  readonly description: string
  readonly columns: readonly (Typed & { readonly name: string; readonly description: string })[]
  /** Null for a table that is not partitioned. */
  readonly partitionBy: string | null
  readonly clusterBy: readonly string[]
}
