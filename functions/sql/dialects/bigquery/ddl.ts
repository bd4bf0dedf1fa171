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
import { bigqueryType } from './column-type.ts'
import { type BigqueryColumn, bigqueryColumns, LOADS_TABLE } from './columns.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

const nameOf = (table: TableName): string => qualified(table, quoteIdentifier)

// Keys help its planner. It has no CHECK, and nothing is enforced.
const WRITER: ConstraintWriter = {
  identifier: quoteIdentifier,
  literal: quoteString,
  matches: (text, pattern) => `REGEXP_CONTAINS(${text}, ${quoteString(`^(?:${pattern})$`)})`,
  length: (text) => `CHAR_LENGTH(${text})`,
  tableName: nameOf,
  suffix: ' NOT ENFORCED',
}

const keysOf = (relation: Relation): readonly NamedConstraint[] =>
  constraintsOf(relation, WRITER).filter(({ kind }) => kind === 'primary' || kind === 'foreign')

/** A table whose columns have types of BigQuery. */
interface BigqueryTable extends TableName, Pick<Relation, 'description' | 'partitionBy' | 'clusterBy'> {
  readonly columns: readonly BigqueryColumn[]
  readonly constraints: readonly NamedConstraint[]
  /** False for a table that is small enough to be read whole. */
  readonly needsFilter: boolean
}

/**
 * Statements that make the table of a stream, and the one of loads: which run loaded a row is there, in one table for all
 * streams of a pipeline. Columns are nullable, because a load job brings columns that are.
 */
function createTable(relation: Relation): readonly string[] {
  const { catalog, schema } = relation
  return [
    statement({
      ...relation,
      columns: bigqueryColumns(relation.columns),
      constraints: keysOf(relation),
      needsFilter: relation.partitionBy !== null,
    }),
    statement({ ...LOADS_TABLE, catalog, schema, constraints: [] }),
  ]
}

function statement(table: BigqueryTable): string {
  const { description, columns, partitionBy, clusterBy, needsFilter, constraints } = table
  // A primary key has no name there.
  const lines = [
    ...columns.map(columnLine),
    ...constraints.filter(({ kind }) => kind === 'primary').map(({ sql }) => sql),
    ...constraintLines(
      constraints.filter(({ kind }) => kind === 'foreign'),
      WRITER,
    ),
  ]
  const filter = needsFilter ? ', require_partition_filter = TRUE' : ''
  return [
    `CREATE TABLE IF NOT EXISTS ${nameOf(table)} (\n  ${lines.join(',\n  ')}\n)`,
    ...(partitionBy === null ? [] : [`PARTITION BY ${quoteIdentifier(partitionBy)}`]),
    ...(clusterBy.length > 0 ? [`CLUSTER BY ${listOf(clusterBy, WRITER)}`] : []),
    // Without it, a query reads years of days by accident.
    `OPTIONS (description = ${quoteString(description)}${filter});`,
  ].join('\n')
}

function columnLine({ name, type, default: value, description }: BigqueryColumn): string {
  const preset = value === undefined ? '' : ` DEFAULT ${value}`
  return `${quoteIdentifier(name)} ${type}${preset} OPTIONS (description = ${quoteString(description)})`
}

const alter = (table: TableName, step: string): string => `ALTER TABLE ${nameOf(table)} ${step};`

/** Types that a column may get without a copy. */
const WIDER: Readonly<Record<string, readonly string[]>> = { INT64: ['NUMERIC', 'FLOAT64'], NUMERIC: ['FLOAT64'] }

const fixedColumns = ({ partitionBy, clusterBy }: Relation): readonly string[] => [
  ...(partitionBy === null ? [] : [partitionBy]),
  ...clusterBy,
]

const STEPS = {
  addColumn: (table: Relation, { name, description, ...typed }: RelationColumn) => [
    alter(table, `ADD COLUMN ${columnLine({ name, description, type: bigqueryType(typed) })}`),
  ],
  dropColumn: (table: Relation, name: string) => [alter(table, `DROP COLUMN ${quoteIdentifier(name)}`)],
  renameColumn: (table: Relation, from: string, to: string) => [
    alter(table, `RENAME COLUMN ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`),
  ],
  fill: (table: Relation, from: RelationColumn, to: RelationColumn) => [
    `UPDATE ${nameOf(table)} SET ${quoteIdentifier(to.name)} = CAST(${quoteIdentifier(from.name)} AS ${bigqueryType(to)}) WHERE ${everyRow(table)};`,
  ],
  requireColumn: () => [],
}

/** A statement reads every partition only where it says so. */
const everyRow = ({ partitionBy }: Relation): string =>
  partitionBy === null
    ? 'TRUE'
    : `${quoteIdentifier(partitionBy)} IS NOT NULL OR ${quoteIdentifier(partitionBy)} IS NULL`

const ALTER: AlterWriter = {
  ...STEPS,
  constraintsOf: keysOf,
  dropConstraint: (table, { kind, name }) => [
    alter(table, kind === 'primary' ? 'DROP PRIMARY KEY' : `DROP CONSTRAINT ${quoteIdentifier(name)}`),
  ],
  addConstraint: (table, { kind, name, sql }) => [
    alter(table, kind === 'primary' ? `ADD ${sql}` : `ADD CONSTRAINT ${quoteIdentifier(name)} ${sql}`),
  ],
  changeColumn(table, change) {
    const { before, after } = change
    const [from, to] = [bigqueryType(before), bigqueryType(after)]
    const name = quoteIdentifier(after.name)
    const described =
      before.description === after.description
        ? []
        : [alter(table, `ALTER COLUMN ${name} SET OPTIONS (description = ${quoteString(after.description)})`)]
    if (isSameType(before, after) || from === to) return described
    if (WIDER[from]?.includes(to)) return [alter(table, `ALTER COLUMN ${name} SET DATA TYPE ${to}`), ...described]
    if (fixedColumns(table).includes(after.name))
      return [`-- ${after.name} is a column of the partitions or clusters: make the table again.`]
    return copyColumn(table, change, STEPS)
  },
  describeTable: (table) => [alter(table, `SET OPTIONS (description = ${quoteString(table.description)})`)],
  layOut: ({ before, after }) =>
    fixedColumns(before).join() === fixedColumns(after).join()
      ? []
      : ['-- No statement changes how a table is partitioned or clustered: make the table again.'],
}

/** The tables of BigQuery. */
export const BIGQUERY_DDL: DdlDialect = {
  name: 'bigquery',
  catalog: 'project',
  createSchema: ({ catalog, schema }) => [
    `CREATE SCHEMA IF NOT EXISTS ${[...(catalog === null ? [] : [catalog]), schema].map(quoteIdentifier).join('.')};`,
  ],
  createTable,
  dropTable: (table) => [`DROP TABLE IF EXISTS ${nameOf(table)};`],
  alterTable: (alteration) => alterTable(alteration, ALTER),
}
