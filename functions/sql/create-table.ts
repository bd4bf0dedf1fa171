import { type Dialect, quoteIdentifier, quoteString } from './quote.ts'

/** A column as a table declares it; the type is that of the dialect. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly description: string
  /** Fills the column in rows that are loaded without it. BigQuery alone. */
  readonly default?: string
}

export interface TableDefinition {
  readonly schema: string
  readonly name: string
  readonly description: string
  readonly columns: readonly ColumnDefinition[]
  readonly partitionBy: string
  readonly clusterBy: readonly string[]
  /** False for a table that is small enough to be read whole. BigQuery alone. */
  readonly needsFilter?: boolean
}

/** Statements that make a table with its descriptions, to be read or pasted. BigQuery partitions and clusters, DuckDB does neither. */
export function createTableSql(table: TableDefinition, dialect: Dialect): string {
  const quote = (name: string) => quoteIdentifier(name, dialect)
  const name = `${quote(table.schema)}.${quote(table.name)}`
  return dialect === 'duckdb' ? duckdb(table, name) : bigquery(table, { name, quote })
}

function duckdb({ schema, description, columns }: TableDefinition, name: string): string {
  const lines = columns.map((column) => `  ${quoteIdentifier(column.name)} ${column.type}`)
  const comments = columns.map(
    (column) => `COMMENT ON COLUMN ${name}.${quoteIdentifier(column.name)} IS ${quoteString(column.description)};`,
  )
  return [
    `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)};`,
    `CREATE TABLE IF NOT EXISTS ${name} (\n${lines.join(',\n')}\n);`,
    `COMMENT ON TABLE ${name} IS ${quoteString(description)};`,
    ...comments,
    '',
  ].join('\n')
}

interface Written {
  readonly name: string
  readonly quote: (name: string) => string
}

function bigquery(
  { description, columns, partitionBy, clusterBy, needsFilter = true }: TableDefinition,
  { name, quote }: Written,
): string {
  const text = (value: string) => quoteString(value, 'bigquery')
  const lines = columns.map(({ name: column, type, default: value, description: meaning }) => {
    const preset = value === undefined ? '' : ` DEFAULT ${value}`
    return `  ${quote(column)} ${type}${preset} OPTIONS (description = ${text(meaning)})`
  })
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (\n${lines.join(',\n')}\n)`,
    `PARTITION BY ${quote(partitionBy)}`,
    ...(clusterBy.length > 0 ? [`CLUSTER BY ${clusterBy.map(quote).join(', ')}`] : []),
    // Nobody should read years of days by accident.
    `OPTIONS (description = ${text(description)}${needsFilter ? ', require_partition_filter = TRUE' : ''});`,
    '',
  ].join('\n')
}
