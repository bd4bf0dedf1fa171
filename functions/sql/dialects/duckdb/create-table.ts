import type { TableDefinition } from '../../table.ts'
import { duckdbType } from './column-type.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

/** Statements that make a table with its descriptions, to be read or pasted. DuckDB neither partitions nor clusters. */
export function createTable({ schema, name: table, description, columns }: TableDefinition): string {
  const name = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`
  const lines = columns.map((column) => `  ${quoteIdentifier(column.name)} ${duckdbType(column)}`)
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
