import type { TableName, TargetPlan, Writing, WrittenColumn } from '../../pipeline/destination.ts'
import type { DiscoveredTable } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier } from '../../sql/dialects/sqlite/quote.ts'
import { createdType } from './value-types.ts'

/** Table of the loads of a file. */
export const LOADS = '_daybreak_loads'

/** Makes the table of loads: a load and its rows are committed together. */
export const LOADS_TABLE = `CREATE TABLE IF NOT EXISTS ${LOADS} (
  load_id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, stream TEXT NOT NULL, window_id TEXT NOT NULL, number INTEGER NOT NULL,
  manifest_sha256 TEXT NOT NULL, epoch INTEGER NOT NULL, state TEXT NOT NULL, row_count INTEGER, inserted INTEGER, updated INTEGER,
  totals TEXT, message TEXT, loaded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')))`

function createSql({ name }: TableName, { columns, key, asText, stamp, strategy }: Writing): string {
  const required = new Set([...key, ...columns.filter(({ isRequired }) => isRequired).map((column) => column.name)])
  const lines = columns.map((column) => `${columnSql(column, asText)}${required.has(column.name) ? ' NOT NULL' : ''}`)
  const stamped = stamp === null ? [] : [`${quoteIdentifier(stamp.column)} DATETIME NOT NULL`]
  const isKeyed = key.length > 0 && strategy !== 'append'
  const primary = isKeyed ? [`PRIMARY KEY (${key.map(quoteIdentifier).join(', ')})`] : []
  return `CREATE TABLE IF NOT EXISTS ${quoteIdentifier(name)} (\n  ${[...lines, ...stamped, ...primary].join(',\n  ')}\n)`
}

function columnSql(column: WrittenColumn, asText: boolean): string {
  return `${quoteIdentifier(column.name)} ${createdType(column, asText)}`
}

/** Changes nothing: the statements that make the table or add columns, and what would be refused. `found` is the table as it is. */
export function planTarget(found: DiscoveredTable | null, table: TableName, writing: Writing): TargetPlan {
  const { columns, asText, create } = writing
  const name = quoteIdentifier(table.name)
  const created = columns.map((column) => createdType(column, asText))
  if (found === null) {
    const refusal = `there is no table ${name}; create it, or set \`create: { table: true }\``
    const refusals = [...(create.table ? [] : [refusal]), ...namedAlike(writing)]
    return { isNew: true, types: created, statements: [createSql(table, writing)], refusals }
  }
  const known = new Map(found.columns.map((column) => [column.name.toLowerCase(), column]))
  const missing = columns.filter((column) => !known.has(column.name.toLowerCase()))
  const names = missing.map((column) => quoteIdentifier(column.name)).join(', ')
  const computed = columns.filter((column) => known.get(column.name.toLowerCase())?.isGenerated)
  return {
    isNew: false,
    types: columns.map((column, at) => known.get(column.name.toLowerCase())?.native ?? created[at] ?? ''),
    statements: missing.map((column) => `ALTER TABLE ${name} ADD COLUMN ${columnSql(column, asText)}`),
    refusals: [
      ...(missing.length > 0 && !create.columns
        ? [`${name} has no column ${names}; add it, or set \`create: { columns: add }\``]
        : []),
      ...computed.map(
        (column) => `column ${quoteIdentifier(column.name)} of ${name} is computed by SQLite; leave it out`,
      ),
      ...lackingIndex(found, writing),
    ],
  }
}

/** Rows are found again by their key, so an index must hold it unique. A key that is NULL is never written. */
function lackingIndex(found: DiscoveredTable, { key, strategy }: Writing): readonly string[] {
  if (strategy === 'replace' || strategy === 'append' || strategy === 'fail') return []
  const own = new Set(key.map((column) => column.toLowerCase()))
  const isKey = (columns: readonly string[]) =>
    columns.length === own.size && columns.every((column) => own.has(column.toLowerCase()))
  if (isKey(found.primaryKey) || found.uniqueKeys.some(isKey)) return []
  const columns = key.map(quoteIdentifier).join(', ')
  const sql = `CREATE UNIQUE INDEX ${quoteIdentifier(`${found.name}_key`)} ON ${quoteIdentifier(found.name)} (${columns})`
  return [`${quoteIdentifier(found.name)} has no unique index over its key (${columns}); run \`${sql}\``]
}

/** SQLite takes `Id` and `id` for one column. */
function namedAlike({ columns }: Writing): readonly string[] {
  return [...Map.groupBy(columns, ({ name }) => name.toLowerCase()).values()].flatMap(([one, other]) =>
    one && other
      ? [`"${one.name}" and "${other.name}" are one column in SQLite; give one of them another name in \`columns\``]
      : [],
  )
}
