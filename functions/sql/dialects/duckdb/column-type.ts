import type { ColumnType } from '../../../contract/contract.ts'
import { decimalPlaces, numericPrecision, type Typed } from '../../../contract/sql-type.ts'

const TYPES = {
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
export function duckdbType(column: Typed): string {
  if (column.type !== 'numeric') return TYPES[column.type]
  const scale = decimalPlaces(column)
  return `DECIMAL(${numericPrecision(scale)},${scale})`
}
