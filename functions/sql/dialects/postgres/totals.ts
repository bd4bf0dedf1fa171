import type { Total } from '../../value.ts'

/** A sum as decimal text. `value` is SQL: a column, or what is read of it. */
export function totalSql({ measure, column: { type } }: Total, value: string): string {
  switch (measure) {
    case 'values':
      return `count(${value})::text`
    case 'sum':
      return `coalesce(sum((${value})::numeric), 0)::text`
    case 'days':
      return `coalesce(sum(CASE WHEN isfinite(${value}) THEN ${value} - DATE '1970-01-01' END), 0)::text`
    case 'microseconds':
      return type === 'time'
        ? `coalesce(trunc(sum(extract(epoch FROM ${value}) * 1000000)), 0)::text`
        : `coalesce(trunc(sum(CASE WHEN isfinite(${value}) THEN extract(epoch FROM ${value}) * 1000000 END)), 0)::text`
    case 'trues':
      return `(count(*) FILTER (WHERE ${value}))::text`
    case 'bytes':
      return `coalesce(sum(octet_length(${value})), 0)::text`
  }
}
