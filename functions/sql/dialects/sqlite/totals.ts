import type { Total } from '../../value.ts'

/**
 * A sum as decimal text. `text` is SQL of the text of a value. SQLite has no exact sum and no types of times: the functions that begin with
 * `daybreak_` are those of functions/adapters/sqlite/table-functions.ts.
 */
export function totalSql({ measure, column: { type } }: Total, text: string): string {
  switch (measure) {
    case 'values':
      return `CAST(count(${text}) AS TEXT)`
    case 'sum':
      return `daybreak_sum(${text})`
    case 'days':
      return `daybreak_sum(daybreak_days(${text}))`
    case 'microseconds':
      return `daybreak_sum(daybreak_microseconds(${text}))`
    case 'trues':
      return `CAST(count(CASE WHEN lower(${text}) IN ('1', 'true', 't') THEN 1 END) AS TEXT)`
    case 'bytes':
      return type === 'bytes'
        ? `CAST(coalesce(sum(length(${text}) / 2), 0) AS TEXT)`
        : `CAST(coalesce(sum(length(CAST(${text} AS BLOB))), 0) AS TEXT)`
  }
}
