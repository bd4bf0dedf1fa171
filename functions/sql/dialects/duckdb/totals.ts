import type { Total } from '../../value.ts'

/** A sum as decimal text over a column that has the type of its values. `value` is SQL. */
export function totalSql({ measure, column }: Total, value: string): string {
  switch (measure) {
    case 'values':
      return `CAST(count(${value}) AS VARCHAR)`
    case 'sum':
      return `CAST(coalesce(sum(${value}), 0) AS VARCHAR)`
    case 'days':
      return `CAST(coalesce(sum(CASE WHEN isfinite(${value}) THEN date_diff('day', DATE '1970-01-01', ${value}) END), 0) AS VARCHAR)`
    case 'microseconds':
      return column.type === 'time'
        ? `CAST(coalesce(sum(epoch_us(${value})::HUGEINT), 0) AS VARCHAR)`
        : `CAST(coalesce(sum(CASE WHEN isfinite(${value}) THEN epoch_us(${value})::HUGEINT END), 0) AS VARCHAR)`
    case 'trues':
      return `CAST(count(*) FILTER (WHERE ${value}) AS VARCHAR)`
    case 'bytes':
      return `CAST(coalesce(sum(${bytesSql(column.type, value)}), 0) AS VARCHAR)`
  }
}

function bytesSql(type: Total['column']['type'], value: string): string {
  return type === 'bytes' ? `octet_length(${value})` : `strlen(CAST(${value} AS VARCHAR))`
}
