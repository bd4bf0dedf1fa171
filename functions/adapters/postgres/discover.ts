import type pg from 'pg'
import type { DiscoveredTable, SourceColumn } from '../../pipeline/tables/ports.ts'
import { quoteString } from '../../sql/dialects/postgres/quote.ts'
import { toValueType } from './value-types.ts'

/** Rows of a query whose values are text. */
export type TextRow = Readonly<Record<string, string | null>>

// Names of types come with their schema, except those of the system.
const CATALOG_FIRST = 'SET LOCAL search_path = pg_catalog'

const TABLES = `
  SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name,
    CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint::text END AS rows, pg_table_size(c.oid)::text AS bytes
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(n.oid, 'USAGE')`

const columnsSql = (oid: string) => `
  SELECT a.attname AS name, a.attnotnull::text AS required, (a.attgenerated <> '')::text AS generated,
    format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE a.atttypid END,
      CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END) AS native,
    (t.typtype = 'c')::text AS composite,
    (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_enum e WHERE e.enumtypid = a.atttypid) AS labels
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = ${oid}::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

const keysSql = (oid: string) => `
  SELECT i.indisprimary::text AS primary, i.indisunique::text AS unique,
    (i.indpred IS NULL AND i.indexprs IS NULL)::text AS whole,
    json_agg(a.attname ORDER BY k.at)::text AS columns, bool_and(a.attnotnull)::text AS required
  FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, at)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
  WHERE i.indrelid = ${oid}::oid AND i.indisvalid AND k.at <= i.indnkeyatts
  GROUP BY i.indexrelid, i.indisprimary, i.indisunique, i.indpred, i.indexprs ORDER BY i.indisprimary DESC, i.indexrelid`

/** Tables and views that the login may see, by schema and name. */
export async function* discoverTables(client: pg.Client, pattern?: string): AsyncGenerator<DiscoveredTable> {
  const like = pattern === undefined ? '' : ` AND ${matchSql(pattern)}`
  const found = await inCatalog(client, () => rowsOf(client, `${TABLES}${like} ORDER BY 2, 3`))
  for (const row of found) yield await inCatalog(client, () => describeRow(client, row))
}

/** One table; null where there is none of that name. Without a schema, `public` goes before other schemas. */
export async function describeTable(
  client: pg.Client,
  { schema, name }: { readonly schema: string | null; readonly name: string },
): Promise<DiscoveredTable | null> {
  const where = `c.relname = ${quoteString(name)}${schema === null ? '' : ` AND n.nspname = ${quoteString(schema)}`}`
  return await inCatalog(client, async () => {
    const [row] = await rowsOf(client, `${TABLES} AND ${where} ORDER BY n.nspname <> 'public', n.nspname LIMIT 1`)
    return row === undefined ? null : await describeRow(client, row)
  })
}

/** The parts of a name as people write it: `orders`, `public.orders`, `"Odd schema"."Odd.table"`. */
export function parseName(text: string): { readonly schema: string | null; readonly name: string } {
  const parts = [...text.matchAll(/"((?:[^"]|"")+)"|([^."]+)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )
  const [first = text, second] = parts
  return second === undefined ? { schema: null, name: first } : { schema: first, name: second }
}

function matchSql(pattern: string): string {
  const text = pattern.includes('.') ? "n.nspname || '.' || c.relname" : 'c.relname'
  const escaped = pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%')
  return `${text} LIKE ${quoteString(escaped)}`
}

async function describeRow(client: pg.Client, row: TextRow): Promise<DiscoveredTable> {
  const oid = row.oid ?? ''
  const columns = (await rowsOf(client, columnsSql(oid))).map(toColumn)
  const keys = (await rowsOf(client, keysSql(oid))).map((key) => ({
    isPrimary: key.primary === 'true',
    isUnique: key.unique === 'true' && key.whole === 'true' && key.required === 'true',
    names: namesOf(key.columns),
  }))
  return {
    schema: row.schema ?? '',
    name: row.name ?? '',
    columns,
    primaryKey: keys.find(({ isPrimary }) => isPrimary)?.names ?? [],
    uniqueKeys: keys.filter(({ isPrimary, isUnique }) => isUnique && !isPrimary).map(({ names }) => names),
    indexed: [...new Set(keys.flatMap(({ names }) => names.slice(0, 1)))],
    estimatedRows: row.rows == null ? null : Number(row.rows),
    estimatedBytes: row.bytes == null ? null : Number(row.bytes),
  }
}

function toColumn(row: TextRow): SourceColumn {
  const native = row.native ?? 'text'
  return {
    name: row.name ?? '',
    ...toValueType(native, row.composite === 'true'),
    native,
    isRequired: row.required === 'true',
    isGenerated: row.generated === 'true',
    labels: row.labels == null ? null : namesOf(row.labels),
  }
}

function namesOf(json: string | null | undefined): readonly string[] {
  const list: unknown = JSON.parse(json ?? '[]')
  return Array.isArray(list) ? list.map(String) : []
}

/** The rows of a query, each value as the text that the server wrote. */
export async function rowsOf(client: pg.Client, sql: string): Promise<readonly TextRow[]> {
  return (await client.query<TextRow>(sql)).rows
}

async function inCatalog<Result>(client: pg.Client, work: () => Promise<Result>): Promise<Result> {
  await client.query(`BEGIN; ${CATALOG_FIRST}`)
  try {
    return await work()
  } finally {
    await client.query('ROLLBACK').catch(() => undefined)
  }
}
