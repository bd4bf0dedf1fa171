import type { DiscoveredTable, SourceColumn, SourceTable } from '../../pipeline/tables/ports.ts'
import { quoteString } from '../../sql/dialects/mysql/quote.ts'
import type { Client, TextRow } from './table-client.ts'
import { toValueType } from './value-types.ts'

const OWN = "('information_schema', 'mysql', 'performance_schema', 'sys')"

/** Tables and views that the login may see, by database and name. */
export async function* discoverTables(client: Client, pattern?: string): AsyncGenerator<DiscoveredTable> {
  const found = await client.rows(
    `SELECT TABLE_SCHEMA AS \`schema\`, TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA NOT IN ${OWN}${pattern === undefined ? '' : ` AND ${matchSql(pattern)}`} ORDER BY 1, 2`,
  )
  for (const { schema, name } of found) {
    const table = await describeTable(client, { schema: schema ?? '', name: name ?? '' })
    if (table !== null) yield table
  }
}

/** The parts of a name as people write it: `orders`, `shop.orders`, in quotes or backticks where it is odd. */
export function parseName(text: string, database: string): SourceTable {
  const parts = [...text.matchAll(/"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([^."`]+)/g)].map(
    ([, quoted, ticked, bare]) => quoted?.replaceAll('""', '"') ?? ticked?.replaceAll('``', '`') ?? bare ?? '',
  )
  const [first = text, second] = parts
  return second === undefined ? { schema: database, name: first } : { schema: first, name: second }
}

/** One table; null where there is none of that name. */
export async function describeTable(client: Client, { schema, name }: SourceTable): Promise<DiscoveredTable | null> {
  const place = `TABLE_SCHEMA = ${quoteString(schema)} AND TABLE_NAME = ${quoteString(name)}`
  const [table] = await client.rows(
    `SELECT TABLE_NAME AS name, CAST(TABLE_ROWS AS CHAR) AS estimate, CAST(DATA_LENGTH AS CHAR) AS bytes
     FROM information_schema.TABLES WHERE ${place}`,
  )
  if (table === undefined) return null
  const columns = await client.rows(
    `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, CHARACTER_SET_NAME AS charset,
       COLLATION_NAME AS collation, COALESCE(GENERATION_EXPRESSION, '') AS generation
     FROM information_schema.COLUMNS WHERE ${place} ORDER BY ORDINAL_POSITION`,
  )
  const indexes = await client.rows(
    `SELECT INDEX_NAME AS name, CAST(NON_UNIQUE AS CHAR) AS other, COLUMN_NAME AS \`column\`, NULLABLE AS nullable,
       CAST(SUB_PART AS CHAR) AS part FROM information_schema.STATISTICS WHERE ${place} ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
  )
  const json = await jsonColumns(client, place)
  const byIndex = Map.groupBy(indexes, (row) => row.name ?? '')
  const unique = [...byIndex].filter(([, rows]) => rows.every(isUnique))
  return {
    schema,
    name: table.name ?? name,
    columns: columns.map((row) => toColumn(row, json)),
    primaryKey: byIndex.get('PRIMARY')?.map(columnOf) ?? [],
    uniqueKeys: unique.filter(([index]) => index !== 'PRIMARY').map(([, rows]) => rows.map(columnOf)),
    indexed: [...new Set([...byIndex.values()].flatMap(([first]) => (first ? [columnOf(first)] : [])))],
    estimatedRows: table.estimate == null ? null : Number(table.estimate),
    estimatedBytes: table.bytes == null ? null : Number(table.bytes),
  }
}

const columnOf = (row: TextRow): string => row.column ?? ''

/** A part of a column, or one that may be NULL, can be in an index twice. */
const isUnique = ({ other, nullable, part }: TextRow): boolean => other === '0' && nullable !== 'YES' && part === null

/** MariaDB has JSON as a text with a check; MySQL has a type, and no such column in its catalog. */
async function jsonColumns(client: Client, place: string): Promise<ReadonlySet<string>> {
  const own = place.replace('TABLE_SCHEMA', 'CONSTRAINT_SCHEMA')
  const rows = await client
    .rows(`SELECT CHECK_CLAUSE AS clause FROM information_schema.CHECK_CONSTRAINTS WHERE ${own}`)
    .catch((): readonly TextRow[] => [])
  const names = rows.map(({ clause }) =>
    /^json_valid\(`((?:[^`]|``)+)`\)$/i.exec(clause ?? '')?.[1]?.replaceAll('``', '`'),
  )
  return new Set(names.flatMap((name) => name ?? []))
}

function toColumn(row: TextRow, json: ReadonlySet<string>): SourceColumn {
  const name = row.name ?? ''
  const declared = row.type ?? 'longtext'
  const isJson = json.has(name)
  const shape = toValueType(isJson ? 'json' : declared)
  const own = row.charset == null || isJson ? '' : ` CHARACTER SET ${row.charset} COLLATE ${row.collation}`
  return {
    ...{ name, ...shape, native: isJson ? 'json' : `${declared}${own}`, isRequired: row.nullable === 'NO' },
    isGenerated: row.generation !== '',
    labels: null,
  }
}

function matchSql(pattern: string): string {
  const text = pattern.includes('.') ? "CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)" : 'TABLE_NAME'
  const escaped = pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%')
  return `${text} LIKE ${quoteString(escaped)}`
}
