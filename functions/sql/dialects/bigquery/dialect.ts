import type { Dialect } from '../../dialect.ts'
import { bigqueryType } from './column-type.ts'
import { EXPRESSIONS } from './expressions.ts'
import { jsonRows } from './json-rows.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

/** The SQL of BigQuery. */
export const BIGQUERY: Dialect = {
  name: 'bigquery',
  identifier: quoteIdentifier,
  literal: quoteString,
  type: bigqueryType,
  listTables: null,
  jsonRows,
  expressions: EXPRESSIONS,
}
