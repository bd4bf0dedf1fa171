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
  string: 'VARCHAR',
  int64: 'NUMBER(19,0)',
  float64: 'FLOAT',
  bool: 'BOOLEAN',
  date: 'DATE',
  time: 'TIME',
  datetime: 'TIMESTAMP_NTZ',
  timestamp: 'TIMESTAMP_TZ',
} as const satisfies Record<Exclude<ColumnType, 'numeric'>, string>

function snowflakeType(column: Typed): string {
  if (column.type !== 'numeric') return TYPES[column.type]
  const scale = decimalPlaces(column)
  return `NUMBER(${numericPrecision(scale)},${scale})`
}

const nameOf = (table: TableName): string => qualified(table, quoteIdentifier)

// It enforces NOT NULL alone: keys are information, and there is no CHECK.
const WRITER: ConstraintWriter = {
  identifier: quoteIdentifier,
  literal: quoteString,
  matches: (text, pattern) => `REGEXP_LIKE(${text}, ${quoteString(pattern)})`,
  length: (text) => `LENGTH(${text})`,
  tableName: nameOf,
}

const keysOf = (relation: Relation): readonly NamedConstraint[] =>
  constraintsOf(relation, WRITER).filter(({ kind }) => kind !== 'check')

const column = (one: RelationColumn): string => `${quoteIdentifier(one.name)} ${snowflakeType(one)}`

function createTable(relation: Relation): readonly string[] {
  const { columns, clusterBy, partitionBy } = relation
  const lines = columns.map((one) => `${column(one)}${one.isRequired ? ' NOT NULL' : ''}`)
  const clusters = [...new Set([...(partitionBy === null ? [] : [partitionBy]), ...clusterBy])]
  const cluster = clusters.length === 0 ? '' : ` CLUSTER BY (${listOf(clusters, WRITER)})`
  return [
    `CREATE TABLE IF NOT EXISTS ${nameOf(relation)} (\n  ${[...lines, ...constraintLines(keysOf(relation), WRITER)].join(',\n  ')}\n)${cluster};`,
    ...describeTable(relation),
    ...columns.map((one) => describe(relation, one)),
  ]
}

const describeTable = (table: Relation): readonly string[] => [
  `COMMENT ON TABLE ${nameOf(table)} IS ${quoteString(table.description)};`,
]

const describe = (table: TableName, { name, description }: RelationColumn): string =>
  `COMMENT ON COLUMN ${nameOf(table)}.${quoteIdentifier(name)} IS ${quoteString(description)};`

const alter = (table: TableName, step: string): string => `ALTER TABLE ${nameOf(table)} ${step};`

/** A number may get more digits before the point in place; any other type is a copy. */
function isWider({ before, after }: { readonly before: Typed; readonly after: Typed }): boolean {
  if (before.type !== 'numeric' || after.type !== 'numeric') return false
  const [old, fresh] = [decimalPlaces(before), decimalPlaces(after)]
  return old === fresh
}

const STEPS = {
  addColumn: (table: Relation, one: RelationColumn) => [
    alter(table, `ADD COLUMN ${column(one)}`),
    describe(table, one),
  ],
  dropColumn: (table: Relation, name: string) => [alter(table, `DROP COLUMN ${quoteIdentifier(name)}`)],
  renameColumn: (table: Relation, from: string, to: string) => [
    alter(table, `RENAME COLUMN ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`),
  ],
  fill: (table: Relation, from: RelationColumn, to: RelationColumn) => [
    `UPDATE ${nameOf(table)} SET ${quoteIdentifier(to.name)} = CAST(${quoteIdentifier(from.name)} AS ${snowflakeType(to)});`,
  ],
  requireColumn: (table: Relation, { name }: RelationColumn) => [
    alter(table, `ALTER COLUMN ${quoteIdentifier(name)} SET NOT NULL`),
  ],
}

const ALTER: AlterWriter = {
  ...STEPS,
  constraintsOf: keysOf,
  dropConstraint: (table, { name }) => [alter(table, `DROP CONSTRAINT ${quoteIdentifier(name)}`)],
  addConstraint: (table, { name, sql }) => [alter(table, `ADD CONSTRAINT ${quoteIdentifier(name)} ${sql}`)],
  changeColumn(table, change) {
    const { before, after } = change
    if (!isSameType(before, after) && !isWider(change)) return copyColumn(table, change, STEPS)
    return [
      ...(before.isRequired === after.isRequired
        ? []
        : [alter(table, `ALTER COLUMN ${quoteIdentifier(after.name)} ${after.isRequired ? 'SET' : 'DROP'} NOT NULL`)]),
      ...(before.description === after.description ? [] : [describe(table, after)]),
    ]
  },
  describeTable,
  layOut: ({ before, after }) =>
    before.clusterBy.join() === after.clusterBy.join() && before.partitionBy === after.partitionBy
      ? []
      : [
          alter(
            after,
            `CLUSTER BY (${listOf([...new Set([after.partitionBy ?? '', ...after.clusterBy])].filter(Boolean), WRITER)})`,
          ),
        ],
}

/** The tables of Snowflake. No Snowflake was there to try them: docs/unverified.md. */
export const SNOWFLAKE_DDL: DdlDialect = {
  name: 'snowflake',
  catalog: 'database',
  createSchema({ catalog, schema }) {
    const name = [...(catalog === null ? [] : [catalog]), schema].map(quoteIdentifier).join('.')
    return [`CREATE SCHEMA IF NOT EXISTS ${name};`, `USE SCHEMA ${name};`]
  },
  createTable,
  dropTable: (table) => [`DROP TABLE IF EXISTS ${nameOf(table)};`],
  alterTable: (alteration) => alterTable(alteration, ALTER),
}
