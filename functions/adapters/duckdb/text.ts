import { DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api'

// The package prints instants at the offset that the process had when it was loaded.
DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0

/** A value as people read it: instants in UTC with their offset, in any zone of the process. Null stays null. */
export function toText(value: DuckDBValue): string | null {
  return value === null ? null : String(value)
}
