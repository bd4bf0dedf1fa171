import type { Typed } from '../contract/sql-type.ts'

/** A table that models and their checks may read: of a stream or of a model. */
export interface ReferenceTable {
  /** `toast.order_details`, `models.daily_sales`. */
  readonly name: string
  readonly columns: readonly (Typed & { readonly name: string })[]
  /** Columns that identify a row. */
  readonly key: readonly string[]
  /** Column with the date of the partition; null for a table without partitions. */
  readonly dateColumn: string | null
  /** Column that names the location of a row; null where the rows carry none. */
  readonly locationColumn: string | null
  /** Columns that keep a readable part of personal data. */
  readonly maskedColumns: readonly string[]
}
