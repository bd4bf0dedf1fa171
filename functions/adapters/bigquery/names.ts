import type { Table } from '../../pipeline/destination.ts'
import type { BusinessDate } from '../../pipeline/entities.ts'
import { PARTITION_COLUMN } from '../../sql/dialects/bigquery/columns.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/bigquery/quote.ts'

const PROJECT = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/

/** A table's name in SQL. @throws {TypeError} for a project that is none. */
export function tableSql(project: string, { schema, name }: Pick<Table, 'schema' | 'name'>): string {
  if (!PROJECT.test(project)) throw new TypeError(`not a project id: ${JSON.stringify(project)}`)
  return `\`${project}\`.${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

/** A table as messages call it. */
export function tableText(project: string, { schema, name }: Pick<Table, 'schema' | 'name'>): string {
  return `${project}:${schema}.${name}`
}

/** The condition that BigQuery prunes by, and without which it refuses a query. */
export function partitionSql(window: BusinessDate): string {
  return `${quoteIdentifier(PARTITION_COLUMN)} = DATE ${quoteString(window)}`
}

/** One partition of a table, as a job's destination names it. */
export function decorated(name: string, window: BusinessDate): string {
  return `${name}$${window.replaceAll('-', '')}`
}
