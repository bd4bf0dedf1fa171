import type { Table } from '../../pipeline/destination.ts'
import type { BusinessDate } from '../../pipeline/entities.ts'
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

/** The condition that BigQuery prunes by, and without which it refuses a query; true of all rows where a load replaces the table. */
export function partitionSql({ partitionColumn }: Pick<Table, 'partitionColumn'>, window: BusinessDate): string {
  return partitionColumn === null ? 'TRUE' : `${quoteIdentifier(partitionColumn)} = DATE ${quoteString(window)}`
}

/** Destination of a load as a job names it: one partition of a table, or the whole table. */
export function decorated(
  { name, partitionColumn }: Pick<Table, 'name' | 'partitionColumn'>,
  window: BusinessDate,
): string {
  return partitionColumn === null ? name : `${name}$${window.replaceAll('-', '')}`
}
