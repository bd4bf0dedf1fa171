import type { TableName, TargetPlan, Writing, WrittenColumn } from '../../pipeline/destination.ts'
import type { DiscoveredTable } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/postgres/quote.ts'
import { createdType } from './value-types.ts'

/** Table of the loads of a schema. */
const LOADS = '_daybreak_loads'

/** A table's name in SQL. */
export const qualified = ({ schema, name }: TableName): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

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
    `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(table.schema)}`,
    ...(asText ? columns.flatMap(createEnum) : []),
    `CREATE TABLE IF NOT EXISTS ${qualified(table)} (\n  ${[...lines, ...stamped, ...primary].join(',\n  ')}\n)`,
  ]
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
    refusals: [
      ...lackingColumns(table, missing, writing),
      ...computedColumns(found, table, writing),
      ...lackingIndex(found, writing),
    ],
  }
}

function lackingColumns(table: TableName, missing: readonly WrittenColumn[], { create }: Writing): readonly string[] {
  if (missing.length === 0 || create.columns) return []
  const names = missing.map(({ name }) => quoteIdentifier(name)).join(', ')
  return [`${qualified(table)} has no column ${names}; add it, or set \`create: { columns: add }\``]
}

function computedColumns({ columns: all }: DiscoveredTable, table: TableName, { columns }: Writing): readonly string[] {
  const computed = new Set(all.filter(({ isGenerated }) => isGenerated).map(({ name }) => name))
  return columns.flatMap(({ name }) =>
    computed.has(name)
      ? [`column ${quoteIdentifier(name)} of ${qualified(table)} is computed by the server; leave it out`]
      : [],
  )
}

/** Rows are found again by their key, so an index must hold it unique. */
function lackingIndex(table: DiscoveredTable, { key, strategy }: Writing): readonly string[] {
  if (strategy === 'replace' || strategy === 'append' || strategy === 'fail') return []
  const same = (columns: readonly string[]) =>
    columns.length === key.length && columns.every((name) => key.includes(name))
  if (same(table.primaryKey) || table.uniqueKeys.some(same)) return []
  const columns = key.map(quoteIdentifier).join(', ')
  return [
    `${qualified(table)} has no unique index over its key (${columns}), or a column of it may be NULL; run \`CREATE UNIQUE INDEX ON ${qualified(table)} (${columns})\` and make the columns NOT NULL`,
  ]
}
