import type { DatabaseSync } from 'node:sqlite'
import type { DiscoveredTable } from '../../pipeline/tables/ports.ts'
import { quoteString } from '../../sql/dialects/sqlite/quote.ts'
import { rowsOf } from './table-client.ts'
import { toValueType } from './value-types.ts'

/** The only schema of a file. */
export const SCHEMA = 'main'

/** Names of tables and views of a file that match a pattern with `*`. */
export function tableNames(database: DatabaseSync, pattern = '*'): readonly string[] {
  const own = pattern.startsWith(`${SCHEMA}.`) ? pattern.slice(SCHEMA.length + 1) : pattern
  const glob = own.replaceAll(/[[?]/g, '[$&]')
  return rowsOf(
    database,
    `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name GLOB ${quoteString(glob)} ORDER BY 1`,
  ).map(({ name }) => name ?? '')
}

/** The name of a table as people write it: `orders`, `main.orders`, `"odd name"`. */
export function parseName(text: string): string {
  const parts = [...text.matchAll(/"((?:[^"]|"")+)"|([^."]+)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )
  return parts.at(-1) ?? text
}

/** Columns of each unique index of a table, also of those over columns that may be NULL. */
export function uniqueIndexes(database: DatabaseSync, name: string): readonly (readonly string[])[] {
  const rows = rowsOf(
    database,
    `SELECT i.name, c.name AS "column" FROM pragma_index_list(${quoteString(name)}) AS i, pragma_index_info(i.name) AS c WHERE i."unique" = 1 AND i.partial = 0`,
  )
  return [...Map.groupBy(rows, (row) => row.name ?? '').values()].map((all) => all.map((row) => row.column ?? ''))
}

/** One table; null where there is none of that name. */
export function describeTable(database: DatabaseSync, name: string): DiscoveredTable | null {
  const columns = rowsOf(
    database,
    `SELECT name, type, "notnull" AS required, pk, hidden FROM pragma_table_xinfo(${quoteString(name)}) WHERE hidden <> 1 ORDER BY cid`,
  )
  if (columns.length === 0) return null
  const key = columns.filter(({ pk }) => pk !== '0').toSorted((a, b) => Number(a.pk) - Number(b.pk))
  const indexes = rowsOf(
    database,
    `SELECT i.name, i."unique" AS is_unique, i.partial, c.name AS "column" FROM pragma_index_list(${quoteString(name)}) AS i, pragma_index_info(i.name) AS c ORDER BY i.seq, c.seqno`,
  )
  const required = new Set([...columns.filter((row) => row.required === '1'), ...key].map((row) => row.name ?? ''))
  const byIndex = [...Map.groupBy(indexes, (row) => row.name ?? '').values()]
  const columnsOf = (rows: typeof indexes) => rows.map((row) => row.column ?? '')
  return {
    schema: SCHEMA,
    name,
    columns: columns.map((row) => ({
      ...{ name: row.name ?? '', ...toValueType(row.type ?? ''), native: row.type ?? '' },
      isRequired: required.has(row.name ?? ''),
      isGenerated: row.hidden !== '0',
      labels: null,
    })),
    primaryKey: columnsOf(key.map((row) => ({ column: row.name ?? '' }))),
    uniqueKeys: byIndex
      .filter((rows) =>
        rows.every((row) => row.is_unique === '1' && row.partial === '0' && required.has(row.column ?? '')),
      )
      .map(columnsOf),
    indexed: [...new Set([key[0]?.name ?? '', ...byIndex.flatMap((rows) => columnsOf(rows).slice(0, 1))])].filter(
      (column) => column !== '',
    ),
    estimatedRows: null,
    estimatedBytes: null,
  }
}
