import type { ColumnType } from '../../../contract/contract.ts'
import { decimalPlaces, numericPrecision, type Typed } from '../../../contract/sql-type.ts'
import { type AlterWriter, alterTable, isSameType } from '../../alter.ts'
import {
  asciiPattern,
  type ConstraintWriter,
  constraintLines,
  constraintsOf,
  listOf,
  qualified,
} from '../../constraints.ts'
import type { DdlDialect } from '../../ddl.ts'
import { constraintName, type Relation, type RelationColumn, type TableName } from '../../relation.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

const TYPES = {
  string: 'text',
  int64: 'bigint',
  float64: 'double precision',
  bool: 'boolean',
  date: 'date',
  time: 'time',
  datetime: 'timestamp',
  timestamp: 'timestamptz',
} as const satisfies Record<Exclude<ColumnType, 'numeric'>, string>

function postgresType(column: Typed): string {
  if (column.type !== 'numeric') return TYPES[column.type]
  const scale = decimalPlaces(column)
  return `numeric(${numericPrecision(scale)},${scale})`
}

// A connection is to one database, so a name never has more than two levels.
const nameOf = ({ schema, name }: TableName): string => qualified({ catalog: null, schema, name }, quoteIdentifier)

const WRITER: ConstraintWriter = {
  identifier: quoteIdentifier,
  literal: quoteString,
  matches: (text, pattern) => `${text} ~ ${quoteString(`^(?:${asciiPattern(pattern)})$`)}`,
  length: (text) => `char_length(${text})`,
  tableName: nameOf,
}

const column = (one: RelationColumn): string => `${quoteIdentifier(one.name)} ${postgresType(one)}`

function createTable(relation: Relation): readonly string[] {
  const name = nameOf(relation)
  const lines = relation.columns.map((one) => `${column(one)}${one.isRequired ? ' NOT NULL' : ''}`)
  const constraints = constraintLines(constraintsOf(relation, WRITER), WRITER)
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (\n  ${[...lines, ...constraints].join(',\n  ')}\n);`,
    ...foreignKeyIndexes(relation).map(({ name: index, columns }) => createIndex(relation, index, columns)),
    ...describeTable(relation),
    ...relation.columns.map((one) => describe(relation, one)),
  ]
}

/** A foreign key has no index of its own there, so that a delete in the other table would read this one whole. */
function foreignKeyIndexes({ name, foreignKeys, primaryKey }: Relation) {
  const isLeading = (columns: readonly string[]): boolean => columns.every((each, at) => primaryKey[at] === each)
  const needed = foreignKeys.map(({ columns }) => columns).filter((columns) => !isLeading(columns))
  const distinct = [...new Map(needed.map((columns) => [columns.join(), columns])).values()]
  return distinct.map((columns) => ({ name: constraintName(name, ...columns, 'idx'), columns }))
}

const createIndex = (table: TableName, index: string, columns: readonly string[]): string =>
  `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(index)} ON ${nameOf(table)} (${listOf(columns, WRITER)});`

const describeTable = (table: Relation): readonly string[] => [
  `COMMENT ON TABLE ${nameOf(table)} IS ${quoteString(table.description)};`,
]

const describe = (table: TableName, { name, description }: RelationColumn): string =>
  `COMMENT ON COLUMN ${nameOf(table)}.${quoteIdentifier(name)} IS ${quoteString(description)};`

const alter = (table: TableName, step: string): string => `ALTER TABLE ${nameOf(table)} ${step};`

const ALTER: AlterWriter = {
  constraintsOf: (relation) => constraintsOf(relation, WRITER),
  dropConstraint: (table, { name }) => [alter(table, `DROP CONSTRAINT ${quoteIdentifier(name)}`)],
  addConstraint: (table, { name, sql }) => [alter(table, `ADD CONSTRAINT ${quoteIdentifier(name)} ${sql}`)],
  addColumn: (table, one) => [alter(table, `ADD COLUMN ${column(one)}`), describe(table, one)],
  dropColumn: (table, name) => [alter(table, `DROP COLUMN ${quoteIdentifier(name)}`)],
  changeColumn(table, { before, after }) {
    const name = quoteIdentifier(after.name)
    const type = postgresType(after)
    return [
      ...(isSameType(before, after) ? [] : [alter(table, `ALTER COLUMN ${name} TYPE ${type} USING ${name}::${type}`)]),
      ...(before.isRequired === after.isRequired
        ? []
        : [alter(table, `ALTER COLUMN ${name} ${after.isRequired ? 'SET' : 'DROP'} NOT NULL`)]),
      ...(before.description === after.description ? [] : [describe(table, after)]),
    ]
  },
  requireColumn: (table, { name }) => [alter(table, `ALTER COLUMN ${quoteIdentifier(name)} SET NOT NULL`)],
  fill: (table, from, to) => [
    `UPDATE ${nameOf(table)} SET ${quoteIdentifier(to.name)} = ${quoteIdentifier(from.name)}::${postgresType(to)};`,
  ],
  describeTable,
  layOut: ({ before, after }) => [
    ...foreignKeyIndexes(before)
      .filter(({ name }) => !foreignKeyIndexes(after).some((other) => other.name === name))
      .map(({ name }) => `DROP INDEX IF EXISTS ${qualified({ ...before, catalog: null, name }, quoteIdentifier)};`),
    ...foreignKeyIndexes(after).map(({ name, columns }) => createIndex(after, name, columns)),
  ],
}

/** The tables of PostgreSQL. */
export const POSTGRES_DDL: DdlDialect = {
  name: 'postgres',
  catalog: null,
  createSchema: ({ schema }) => [`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)};`],
  createTable,
  dropTable: (table) => [`DROP TABLE IF EXISTS ${nameOf(table)};`],
  alterTable: (alteration) => alterTable(alteration, ALTER),
}
