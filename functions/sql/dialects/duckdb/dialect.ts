import type { Dialect } from '../../dialect.ts'
import { duckdbType } from './column-type.ts'
import { EXPRESSIONS } from './expressions.ts'
import { jsonRows } from './json-rows.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

/** The SQL of DuckDB. */
export const DUCKDB: Dialect = {
  name: 'duckdb',
  identifier: quoteIdentifier,
  literal: quoteString,
  type: duckdbType,
  listTables: 'SELECT table_schema, table_name FROM information_schema.tables',
  jsonRows,
  expressions: EXPRESSIONS,
}
