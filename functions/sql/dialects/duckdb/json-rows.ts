import type { NamedColumn } from '../../dialect.ts'
import { duckdbType } from './column-type.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

/** Rows of a JSON array of arrays of texts as a query. */
export function jsonRows(json: string, columns: readonly NamedColumn[]): string {
  const values = columns.map(({ name, ...type }, at) => {
    return `CAST(r[${at + 1}] AS ${duckdbType(type)}) AS ${quoteIdentifier(name)}`
  })
  return `SELECT ${values.join(', ')} FROM (SELECT unnest(from_json(${quoteString(json)}, '[["VARCHAR"]]')) AS r)`
}
