import type { Typed } from '../../../contract/sql-type.ts'

/** BigQuery type of a column. NUMERIC holds 29 digits before the point and nine after it, of any scale. */
export function bigqueryType({ type }: Typed): string {
  return type.toUpperCase()
}
