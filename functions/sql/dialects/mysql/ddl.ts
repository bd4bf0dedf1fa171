import { type AlterWriter, alterTable } from '../../alter.ts'
import {
  asciiPattern,
  type ConstraintWriter,
  constraintLines,
  constraintsOf,
  listOf,
  type NamedConstraint,
  qualified,
} from '../../constraints.ts'
import type { DdlDialect } from '../../ddl.ts'
import type { Relation, RelationColumn, TableName } from '../../relation.ts'
import { mysqlType } from './column-type.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

/** Characters of the longest comment of a column, and of a table. */
const LONGEST_COMMENT = { column: 1_024, table: 2_048 } as const

const nameOf = ({ schema, name }: TableName): string => qualified({ catalog: null, schema, name }, quoteIdentifier)

const WRITER: ConstraintWriter = {
  identifier: quoteIdentifier,
  literal: quoteString,
  matches: (text, pattern) => `${text} REGEXP ${quoteString(`^(?:${asciiPattern(pattern)})\\z`)}`,
  length: (text) => `CHAR_LENGTH(${text})`,
  tableName: nameOf,
}

const comment = (text: string, most: number): string =>
  `COMMENT ${quoteString([...text].length > most ? `${[...text].slice(0, most - 1).join('')}…` : text)}`

function columnLine(column: RelationColumn, relation: Relation, isRequired = column.isRequired): string {
  const { name, description } = column
  const absence = isRequired ? 'NOT NULL' : 'NULL'
  return `${quoteIdentifier(name)} ${mysqlType(column, relation)} ${absence} ${comment(description, LONGEST_COMMENT.column)}`
}

function createTable(relation: Relation): readonly string[] {
  const lines = relation.columns.map((column) => columnLine(column, relation))
  const constraints = constraintLines(constraintsOf(relation, WRITER), WRITER)
  return [
    // Texts compare by their code points, as they do in every other system.
    `CREATE TABLE IF NOT EXISTS ${nameOf(relation)} (\n  ${[...lines, ...indexLines(relation), ...constraints].join(',\n  ')}\n) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ${tableComment(relation)};`,
  ]
}

/** Indexes of foreign keys, with the names of their keys: MySQL makes them in any case, and names them by itself. */
function indexLines(relation: Relation): readonly string[] {
  return constraintsOf(relation, WRITER)
    .filter(({ kind }) => kind === 'foreign')
    .map(({ name, columns }) => `KEY ${quoteIdentifier(name)} (${listOf(columns, WRITER)})`)
}

const tableComment = ({ description }: Relation): string => comment(description, LONGEST_COMMENT.table)

const alter = (table: TableName, step: string): string => `ALTER TABLE ${nameOf(table)} ${step};`

function dropConstraint(table: Relation, { kind, name }: NamedConstraint): readonly string[] {
  if (kind === 'primary') return [alter(table, 'DROP PRIMARY KEY')]
  if (kind === 'unique') return [alter(table, `DROP KEY ${quoteIdentifier(name)}`)]
  if (kind === 'check') return [alter(table, `DROP CONSTRAINT ${quoteIdentifier(name)}`)]
  return [alter(table, `DROP FOREIGN KEY ${quoteIdentifier(name)}`), alter(table, `DROP KEY ${quoteIdentifier(name)}`)]
}

const ALTER: AlterWriter = {
  constraintsOf: (relation) => constraintsOf(relation, WRITER),
  dropConstraint,
  addConstraint: (table, { kind, name, sql, columns }) => [
    ...(kind === 'foreign' ? [alter(table, `ADD KEY ${quoteIdentifier(name)} (${listOf(columns, WRITER)})`)] : []),
    alter(table, `ADD CONSTRAINT ${quoteIdentifier(name)} ${sql}`),
  ],
  addColumn: (table, column) => [alter(table, `ADD COLUMN ${columnLine(column, table, false)}`)],
  dropColumn: (table, name) => [alter(table, `DROP COLUMN ${quoteIdentifier(name)}`)],
  changeColumn: (table, { after }) => [alter(table, `MODIFY COLUMN ${columnLine(after, table)}`)],
  requireColumn: (table, column) => [alter(table, `MODIFY COLUMN ${columnLine(column, table)}`)],
  fill: (table, from, to) => [
    `UPDATE ${nameOf(table)} SET ${quoteIdentifier(to.name)} = ${quoteIdentifier(from.name)};`,
  ],
  describeTable: (table) => [alter(table, tableComment(table))],
  // A text has another type where it joins or leaves an index.
  layOut: ({ before, after }) =>
    after.columns.flatMap((column) => {
      const old = before.columns.find(({ name }) => name === column.name)
      return old && old.type === column.type && mysqlType(old, before) !== mysqlType(column, after)
        ? [alter(after, `MODIFY COLUMN ${columnLine(column, after)}`)]
        : []
    }),
}

/** The tables of MySQL and MariaDB, where a schema is a database. */
export const MYSQL_DDL: DdlDialect = {
  name: 'mysql',
  catalog: null,
  createSchema: ({ schema }) => [
    `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(schema)};`,
    `USE ${quoteIdentifier(schema)};`,
  ],
  createTable,
  dropTable: (table) => [`DROP TABLE IF EXISTS ${nameOf(table)};`],
  alterTable: (alteration) => alterTable(alteration, ALTER),
}
