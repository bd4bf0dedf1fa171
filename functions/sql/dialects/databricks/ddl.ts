import type { ColumnType } from '../../../contract/contract.ts'
import { decimalPlaces, numericPrecision, type Typed } from '../../../contract/sql-type.ts'
import { type AlterWriter, alterTable, copyColumn, isSameType } from '../../alter.ts'
import {
  type ConstraintWriter,
  constraintLines,
  constraintsOf,
  listOf,
  type NamedConstraint,
  qualified,
} from '../../constraints.ts'
import type { DdlDialect } from '../../ddl.ts'
import type { Relation, RelationColumn, TableName } from '../../relation.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

const TYPES = {
  string: 'STRING',
  int64: 'BIGINT',
  float64: 'DOUBLE',
  bool: 'BOOLEAN',
  date: 'DATE',
  // There is no time of day: the text `HH:MM:SS`.
  time: 'STRING',
  datetime: 'TIMESTAMP_NTZ',
  timestamp: 'TIMESTAMP',
} as const satisfies Record<Exclude<ColumnType, 'numeric'>, string>

function databricksType(column: Typed): string {
  if (column.type !== 'numeric') return TYPES[column.type]
  const scale = decimalPlaces(column)
  return `DECIMAL(${numericPrecision(scale)},${scale})`
}

const nameOf = (table: TableName): string => qualified(table, quoteIdentifier)

// Keys are information there; CHECK and NOT NULL are enforced.
const WRITER: ConstraintWriter = {
  identifier: quoteIdentifier,
  literal: quoteString,
  matches: (text, pattern) => `${text} RLIKE ${quoteString(`^(?:${pattern})$`)}`,
  length: (text) => `CHAR_LENGTH(${text})`,
  tableName: nameOf,
}

/** It has no UNIQUE. */
const declaredOf = (relation: Relation): readonly NamedConstraint[] =>
  constraintsOf(relation, WRITER).filter(({ kind }) => kind !== 'unique')

const columnLine = (one: RelationColumn, isRequired = one.isRequired): string =>
  `${quoteIdentifier(one.name)} ${databricksType(one)}${isRequired ? ' NOT NULL' : ''} COMMENT ${quoteString(one.description)}`

function createTable(relation: Relation): readonly string[] {
  const { columns, clusterBy, partitionBy, description } = relation
  const constraints = declaredOf(relation)
  const keys = constraints.filter(({ kind }) => kind !== 'check')
  const clusters = [...new Set([...(partitionBy === null ? [] : [partitionBy]), ...clusterBy])].slice(0, 4)
  const cluster = clusters.length === 0 ? '' : `\nCLUSTER BY (${listOf(clusters, WRITER)})`
  return [
    `CREATE TABLE IF NOT EXISTS ${nameOf(relation)} (\n  ${[...columns.map((one) => columnLine(one)), ...constraintLines(keys, WRITER)].join(',\n  ')}\n)${cluster}\nCOMMENT ${quoteString(description)};`,
    // A CHECK cannot stand in the statement above.
    ...constraints.filter(({ kind }) => kind === 'check').map((one) => addConstraint(relation, one)),
  ]
}

const alter = (table: TableName, step: string): string => `ALTER TABLE ${nameOf(table)} ${step};`

const addConstraint = (table: TableName, { name, sql }: NamedConstraint): string =>
  alter(table, `ADD CONSTRAINT ${quoteIdentifier(name)} ${sql}`)

const STEPS = {
  addColumn: (table: Relation, one: RelationColumn) => [alter(table, `ADD COLUMN ${columnLine(one, false)}`)],
  dropColumn: (table: Relation, name: string) => [alter(table, `DROP COLUMN ${quoteIdentifier(name)}`)],
  renameColumn: (table: Relation, from: string, to: string) => [
    alter(table, `RENAME COLUMN ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`),
  ],
  fill: (table: Relation, from: RelationColumn, to: RelationColumn) => [
    `UPDATE ${nameOf(table)} SET ${quoteIdentifier(to.name)} = CAST(${quoteIdentifier(from.name)} AS ${databricksType(to)});`,
  ],
  requireColumn: (table: Relation, { name }: RelationColumn) => [
    alter(table, `ALTER COLUMN ${quoteIdentifier(name)} SET NOT NULL`),
  ],
}

const ALTER: AlterWriter = {
  ...STEPS,
  constraintsOf: declaredOf,
  dropConstraint: (table, { name }) => [alter(table, `DROP CONSTRAINT ${quoteIdentifier(name)}`)],
  addConstraint: (table, constraint) => [addConstraint(table, constraint)],
  changeColumn(table, change) {
    const { before, after } = change
    if (!isSameType(before, after))
      return [
        '-- Columns are dropped and renamed only with: TBLPROPERTIES (delta.columnMapping.mode = name).',
        ...copyColumn(table, change, STEPS),
      ]
    const name = quoteIdentifier(after.name)
    return [
      ...(before.isRequired === after.isRequired
        ? []
        : [alter(table, `ALTER COLUMN ${name} ${after.isRequired ? 'SET' : 'DROP'} NOT NULL`)]),
      ...(before.description === after.description
        ? []
        : [alter(table, `ALTER COLUMN ${name} COMMENT ${quoteString(after.description)}`)]),
    ]
  },
  describeTable: (table) => [`COMMENT ON TABLE ${nameOf(table)} IS ${quoteString(table.description)};`],
  layOut: ({ before, after }) =>
    before.clusterBy.join() === after.clusterBy.join()
      ? []
      : [
          alter(
            after,
            `CLUSTER BY (${listOf([...new Set([after.partitionBy ?? '', ...after.clusterBy])].filter(Boolean).slice(0, 4), WRITER)})`,
          ),
        ],
}

/** The tables of Databricks with Unity Catalog. No Databricks was there to try them: docs/unverified.md. */
export const DATABRICKS_DDL: DdlDialect = {
  name: 'databricks',
  catalog: 'catalog',
  createSchema: ({ catalog, schema }) => [
    ...(catalog === null ? [] : [`USE CATALOG ${quoteIdentifier(catalog)};`]),
    `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)};`,
    `USE SCHEMA ${quoteIdentifier(schema)};`,
  ],
  createTable,
  dropTable: (table) => [`DROP TABLE IF EXISTS ${nameOf(table)};`],
  alterTable: (alteration) => alterTable(alteration, ALTER),
}
