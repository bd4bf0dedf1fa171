import type { ColumnType } from './contract.ts'

/** What decides the SQL type of a column: its type, and of a numeric one its decimal places. */
export interface Typed {
  readonly type: ColumnType
  readonly scale?: number
}

/**
 * Digits of a numeric column, decimal places included. 18 fit a 64-bit integer, which is several times faster than the
 * 38 of a full NUMERIC; nine decimal places would leave only nine digits before the point, so they get 38.
 */
export function numericPrecision(scale: number): 18 | 38 {
  return scale <= 8 ? 18 : 38
}

const DUCKDB = {
  string: 'VARCHAR',
  int64: 'BIGINT',
  float64: 'DOUBLE',
  bool: 'BOOLEAN',
  date: 'DATE',
  time: 'TIME',
  datetime: 'TIMESTAMP',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
} as const satisfies Record<Exclude<ColumnType, 'numeric'>, string>

/** DuckDB type of a column as DuckDB itself writes it, e.g. `DECIMAL(18,4)`. */
export function duckdbType({ type, scale = 9 }: Typed): string {
  return type === 'numeric' ? `DECIMAL(${numericPrecision(scale)},${scale})` : DUCKDB[type]
}

/** BigQuery type of a column. NUMERIC holds 29 digits before the point and nine after it, whatever the scale. */
export function bigqueryType({ type }: Typed): string {
  return type.toUpperCase()
}
