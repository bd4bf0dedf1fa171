import type { Total } from '../../value.ts'

/** A sum as decimal text. `value` is SQL: a column, or what is read of it. */
export function totalSql({ measure, column: { type, scale } }: Total, value: string): string {
  switch (measure) {
    case 'values':
      return `CAST(COUNT(${value}) AS CHAR)`
    case 'sum':
      return `CAST(COALESCE(SUM(CAST(${value} AS DECIMAL(65,${Math.min(scale ?? 0, MOST_PLACES)}))), 0) AS CHAR)`
    case 'days':
      return `CAST(COALESCE(SUM(DATEDIFF(${value}, '1970-01-01')), 0) AS CHAR)`
    case 'microseconds':
      return type === 'time'
        ? `CAST(COALESCE(SUM(TRUNCATE(TIME_TO_SEC(${value}), 0) * 1000000 + MICROSECOND(${value})), 0) AS CHAR)`
        : `CAST(COALESCE(SUM(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', ${value})), 0) AS CHAR)`
    case 'trues':
      return `CAST(COUNT(CASE WHEN ${value} THEN 1 END) AS CHAR)`
    case 'bytes':
      return `CAST(COALESCE(SUM(OCTET_LENGTH(${value})), 0) AS CHAR)`
  }
}

const MOST_PLACES = 30
