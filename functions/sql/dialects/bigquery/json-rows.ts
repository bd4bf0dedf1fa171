import type { NamedColumn } from '../../dialect.ts'
import { bigqueryType } from './column-type.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

/** Rows of a JSON array of arrays of texts as a query. */
export function jsonRows(json: string, columns: readonly NamedColumn[]): string {
  const values = columns.map(({ name, ...type }, at) => {
    return `CAST(JSON_VALUE(r, '$[${at}]') AS ${bigqueryType(type)}) AS ${quoteIdentifier(name)}`
  })
  return `SELECT ${values.join(', ')} FROM UNNEST(JSON_QUERY_ARRAY(${quoteString(json)})) AS r`
}
