import { copyTable } from '../../alter.ts'
import { type ConstraintWriter, constraintLines, constraintsOf, qualified } from '../../constraints.ts'
import type { DdlDialect } from '../../ddl.ts'
import type { Relation, TableName } from '../../relation.ts'
import { duckdbType } from './column-type.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

const WRITER: ConstraintWriter = {
  identifier: quoteIdentifier,
  literal: quoteString,
  matches: (text, pattern) => `regexp_full_match(${text}, ${quoteString(pattern)})`,
  length: (text) => `length(${text})`,
  // A foreign key names no catalog there, even its own.
  tableName: ({ schema, name }) => qualified({ catalog: null, schema, name }, quoteIdentifier),
}

const nameOf = (table: TableName): string => qualified(table, quoteIdentifier)

function createTable(relation: Relation): readonly string[] {
  const { columns, description } = relation
  const name = nameOf(relation)
  const lines = columns.map(
    (column) => `${quoteIdentifier(column.name)} ${duckdbType(column)}${column.isRequired ? ' NOT NULL' : ''}`,
  )
  const constraints = constraintLines(constraintsOf(relation, WRITER), WRITER)
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (\n  ${[...lines, ...constraints].join(',\n  ')}\n);`,
    `COMMENT ON TABLE ${name} IS ${quoteString(description)};`,
    ...columns.map(
      (column) => `COMMENT ON COLUMN ${name}.${quoteIdentifier(column.name)} IS ${quoteString(column.description)};`,
    ),
  ]
}

const dropTable = (table: TableName): readonly string[] => [`DROP TABLE IF EXISTS ${nameOf(table)};`]

/** The tables of DuckDB, which neither partitions nor clusters, and keeps no names of constraints. */
export const DUCKDB_DDL: DdlDialect = {
  name: 'duckdb',
  catalog: 'database',
  createSchema: ({ catalog, schema }) => [
    `CREATE SCHEMA IF NOT EXISTS ${[...(catalog === null ? [] : [catalog]), schema].map(quoteIdentifier).join('.')};`,
  ],
  createTable,
  dropTable,
  // Most changes of a table with constraints are refused there, so it is made again with its rows.
  alterTable: (alteration) =>
    copyTable(alteration, {
      createTable,
      dropTable,
      renameTable: (table, name) => [`ALTER TABLE ${nameOf(table)} RENAME TO ${quoteIdentifier(name)};`],
      identifier: quoteIdentifier,
      tableName: nameOf,
      cast: (sql, column) => `CAST(${sql} AS ${duckdbType(column)})`,
    }),
}
