import type { TableName, TargetPlan, Writing, WrittenColumn } from '../../pipeline/destination.ts'
import type { DiscoveredTable } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/postgres/quote.ts'
import { misfitsOf } from '../../sql/misfits.ts'
import { createdType } from './value-types.ts'

/** Table of the loads of a schema. */
const LOADS = '_daybreak_loads'

/** A table's name in SQL. */
export const qualified = ({ schema, name }: TableName): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

const SQL = {
  ...{ quoteIdentifier, qualified },
  uniqueSql: (table: string, columns: string) => `CREATE UNIQUE INDEX ON ${table} (${columns})`,
}

/** The name of the table of loads, next to the tables that they write. */
export const loadsOf = (schema: string): string => qualified({ schema, name: LOADS })

/** Makes the table of loads: a load and its rows are committed together. */
export function loadsTable(schema: string): string {
  return `CREATE TABLE IF NOT EXISTS ${loadsOf(schema)} (
  load_id text PRIMARY KEY, pipeline text NOT NULL, stream text NOT NULL, window_id text NOT NULL, number bigint NOT NULL,
  manifest_sha256 text NOT NULL, epoch bigint NOT NULL, state text NOT NULL, rows bigint, inserted bigint, updated bigint,
  totals json, message text, loaded_at timestamptz NOT NULL DEFAULT now())`
}

/** The statements that make a table, in order. */
function createSql(table: TableName, writing: Writing): readonly string[] {
  const { columns, key, asText, stamp } = writing
  const required = new Set([...key, ...columns.filter(({ isRequired }) => isRequired).map(({ name }) => name)])
  const lines = columns.map(
    (column) =>
      `${quoteIdentifier(column.name)} ${createdType(column, asText)}${required.has(column.name) ? ' NOT NULL' : ''}`,
  )
  const stamped = stamp === null ? [] : [`${quoteIdentifier(stamp.column)} timestamptz NOT NULL`]
  const isKeyed = key.length > 0 && writing.strategy !== 'append'
  const primary = isKeyed ? [`PRIMARY KEY (${key.map(quoteIdentifier).join(', ')})`] : []
  return [
    schemaSql(table.schema),
    ...(asText ? columns.flatMap(createEnum) : []),
    `CREATE TABLE IF NOT EXISTS ${qualified(table)} (\n  ${[...lines, ...stamped, ...primary].join(',\n  ')}\n)`,
  ]
}

/** `CREATE SCHEMA IF NOT EXISTS` wants a right on the database also where the schema is there. */
function schemaSql(schema: string): string {
  return `DO $do$ BEGIN IF to_regnamespace(${quoteString(quoteIdentifier(schema))}) IS NULL THEN CREATE SCHEMA ${quoteIdentifier(schema)}; END IF; END $do$`
}

/** An enumeration of the source, where the destination has none of that name. */
function createEnum({ labels, native }: WrittenColumn): readonly string[] {
  if (labels === null || native === null) return []
  const values = labels.map(quoteString).join(', ')
  const [schema] = native.includes('.') ? native.split('.') : []
  return [
    ...(schema === undefined ? [] : [`CREATE SCHEMA IF NOT EXISTS ${schema}`]),
    `DO $do$ BEGIN CREATE TYPE ${native} AS ENUM (${values}); EXCEPTION WHEN duplicate_object THEN NULL; END $do$`,
  ]
}

/** Changes nothing: the statements that make the table or add columns, and what would be refused. `found` is the table as it is. */
export function planTarget(found: DiscoveredTable | null, table: TableName, writing: Writing): TargetPlan {
  const created = writing.columns.map((column) => createdType(column, writing.asText))
  if (found === null) {
    const refusal = `there is no table ${qualified(table)}; create it, or set \`create: { table: true }\``
    const refusals = writing.create.table ? [] : [refusal]
    return { isNew: true, types: created, statements: createSql(table, writing), refusals }
  }
  const known = new Map(found.columns.map((column) => [column.name, column]))
  const missing = writing.columns.filter(({ name }) => !known.has(name))
  return {
    isNew: false,
    types: writing.columns.map(({ name }, at) => known.get(name)?.native ?? created[at] ?? ''),
    statements: missing.map(
      (column) =>
        `ALTER TABLE ${qualified(table)} ADD COLUMN IF NOT EXISTS ${quoteIdentifier(column.name)} ${createdType(column, writing.asText)}`,
    ),
    refusals: misfitsOf(found, { table, writing, missing }, SQL),
  }
}
