import type { TableName } from '../../../pipeline/destination.ts'
import { quoteIdentifier } from '../../../sql/dialects/duckdb/quote.ts'

/** The table's name in SQL. */
export function tableName({ schema, name }: TableName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}
