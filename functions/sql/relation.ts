import { createHash } from 'node:crypto'
import type { Typed } from '../contract/sql-type.ts'

/** Name of a table. The catalog is a project of BigQuery, a database of Snowflake, a catalog of Databricks or DuckDB. */
export interface TableName {
  readonly catalog: string | null
  readonly schema: string
  readonly name: string
}

/** A condition that every present value of a column meets. Bounds are included; those of dates are ISO texts. */
export type ColumnRule =
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | { readonly kind: 'range'; readonly min: string | null; readonly max: string | null }
  | { readonly kind: 'length'; readonly min: number | null; readonly max: number | null }
  | { readonly kind: 'pattern'; readonly pattern: string }

/** A column of a table to be declared. */
export interface RelationColumn extends Typed {
  readonly name: string
  readonly description: string
  /** True where no row has NULL. */
  readonly isRequired: boolean
  readonly rules: readonly ColumnRule[]
}

/** Columns of one table that are found in another, in the order of its key. */
export interface ForeignKey {
  readonly columns: readonly string[]
  readonly to: TableName & { readonly columns: readonly string[] }
}

/** A table with everything that a database can be told about it, in no dialect. */
export interface Relation extends TableName {
  readonly description: string
  readonly columns: readonly RelationColumn[]
  /** Empty where a column of the key may be NULL; the key is among the unique columns then. */
  readonly primaryKey: readonly string[]
  readonly unique: readonly (readonly string[])[]
  readonly foreignKeys: readonly ForeignKey[]
  /** Null for a table that is not partitioned. */
  readonly partitionBy: string | null
  readonly clusterBy: readonly string[]
}

/** Shortest limit of a name among the dialects, in bytes: that of PostgreSQL. */
const LONGEST_NAME = 63

/** A name of a constraint or index made of parts: cut and ended by a hash of the whole where it would be too long. */
export function constraintName(...parts: readonly string[]): string {
  const name = parts.join('_')
  if (name.length <= LONGEST_NAME) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.slice(0, LONGEST_NAME - hash.length - 1)}_${hash}`
}
