import type { TableName, TargetPlan, Writing, WrittenColumn } from '../../pipeline/destination.ts'
import type { DiscoveredTable } from '../../pipeline/tables/ports.ts'
import { quoteIdentifier } from '../../sql/dialects/mysql/quote.ts'
import { misfitsOf } from '../../sql/misfits.ts'
import { createdType } from './value-types.ts'

/** A table's name in SQL. */
export const qualified = ({ schema, name }: TableName): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

const SQL = {
  ...{ quoteIdentifier, qualified },
  uniqueSql: (table: string, columns: string) => `ALTER TABLE ${table} ADD UNIQUE (${columns})`,
}

/** The name of the table of loads, next to the tables that they write. */
export const loadsOf = (schema: string): string => qualified({ schema, name: '_daybreak_loads' })

/** Makes the table of loads: a load and its rows are committed together. */
export function loadsTable(schema: string): string {
  return `CREATE TABLE IF NOT EXISTS ${loadsOf(schema)} (
  load_id VARCHAR(255) PRIMARY KEY, pipeline VARCHAR(128) NOT NULL, stream VARCHAR(128) NOT NULL, window_id VARCHAR(64) NOT NULL,
  number BIGINT NOT NULL, manifest_sha256 VARCHAR(64) NOT NULL, epoch BIGINT NOT NULL, state VARCHAR(16) NOT NULL, row_count BIGINT,
  inserted BIGINT, updated BIGINT, totals LONGTEXT, message LONGTEXT, loaded_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  KEY (pipeline, stream, number)) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`
}

function createSql(table: TableName, { columns, key, asText, stamp, strategy }: Writing): string {
  const required = new Set([...key, ...columns.filter(({ isRequired }) => isRequired).map(({ name }) => name)])
  const lines = columns.map((column) => columnSql(column, { asText, key, isRequired: required.has(column.name) }))
  const stamped = stamp === null ? [] : [`${quoteIdentifier(stamp.column)} DATETIME(6) NOT NULL`]
  const isKeyed = key.length > 0 && strategy !== 'append'
  const primary = isKeyed ? [`PRIMARY KEY (${key.map(quoteIdentifier).join(', ')})`] : []
  // Texts compare by their code points, as they do in every other system.
  return `CREATE TABLE IF NOT EXISTS ${qualified(table)} (\n  ${[...lines, ...stamped, ...primary].join(',\n  ')}\n) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`
}

interface Creating {
  readonly asText: boolean
  readonly key: readonly string[]
  readonly isRequired: boolean
}

function columnSql(column: WrittenColumn, { isRequired, ...creating }: Creating): string {
  const type = createdType(column, creating)
  const absence = isRequired ? ' NOT NULL' : ' NULL'
  const check = type.indexOf(' CHECK ')
  return check < 0
    ? `${quoteIdentifier(column.name)} ${type}${absence}`
    : `${quoteIdentifier(column.name)} ${type.slice(0, check)}${absence}${type.slice(check)}`
}

/** Changes nothing: the statements that make the table or add columns, and what would be refused. `found` is the table as it is. */
export function planTarget(found: DiscoveredTable | null, table: TableName, writing: Writing): TargetPlan {
  const { columns, asText, key, create } = writing
  const created = columns.map((column) => createdType(column, { asText, key }).replace(/ CHECK .*$/, ''))
  if (found === null) {
    const refusal = `there is no table ${qualified(table)}; create it, or set \`create: { table: true }\``
    return {
      isNew: true,
      types: created,
      statements: [createSql(table, writing)],
      refusals: [...(create.table ? [] : [refusal]), ...namedAlike(writing)],
    }
  }
  const known = new Map(found.columns.map((column) => [column.name.toLowerCase(), column]))
  const missing = columns.filter(({ name }) => !known.has(name.toLowerCase()))
  return {
    isNew: false,
    types: columns.map(({ name }, at) => known.get(name.toLowerCase())?.native ?? created[at] ?? ''),
    statements: missing.map(
      (column) => `ALTER TABLE ${qualified(table)} ADD COLUMN ${columnSql(column, { asText, key, isRequired: false })}`,
    ),
    refusals: misfitsOf(found, { table, writing, missing }, SQL),
  }
}

/** MySQL takes `Id` and `id` for one column. */
function namedAlike({ columns }: Writing): readonly string[] {
  const first = Map.groupBy(columns, ({ name }) => name.toLowerCase())
  return [...first.values()].flatMap(([one, other]) =>
    one && other
      ? [`"${one.name}" and "${other.name}" are one column in MySQL; give one of them another name in \`columns\``]
      : [],
  )
}
