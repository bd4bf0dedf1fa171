import type { Strategy } from './write.ts'

interface Place {
  readonly schema: string
  readonly name: string
}

/** A table that is there. */
interface Found extends Place {
  readonly columns: readonly { readonly name: string; readonly isGenerated: boolean }[]
  readonly primaryKey: readonly string[]
  readonly uniqueKeys: readonly (readonly string[])[]
}

/** How a server names things in its SQL. */
interface Sql {
  readonly quoteIdentifier: (name: string) => string
  readonly qualified: (table: Place) => string
  /** The statement that holds the key unique, for people. */
  readonly uniqueSql: (table: string, columns: string) => string
}

interface Wanted {
  readonly table: Place
  readonly writing: {
    readonly strategy: Strategy
    readonly key: readonly string[]
    readonly columns: readonly { readonly name: string }[]
    readonly create: { readonly columns: boolean }
  }
  /** Columns that the pipeline writes and the table lacks. */
  readonly missing: readonly { readonly name: string }[]
}

/** Reasons for which a table that is there cannot be written, each with its way out. */
export function misfitsOf(found: Found, wanted: Wanted, sql: Sql): readonly string[] {
  return [...lackingColumns(wanted, sql), ...computedColumns(found, wanted, sql), ...lackingIndex(found, wanted, sql)]
}

function lackingColumns({ table, writing, missing }: Wanted, { quoteIdentifier, qualified }: Sql): readonly string[] {
  if (missing.length === 0 || writing.create.columns) return []
  const names = missing.map(({ name }) => quoteIdentifier(name)).join(', ')
  return [`${qualified(table)} has no column ${names}; add it, or set \`create: { columns: add }\``]
}

function computedColumns(
  { columns }: Found,
  { table, writing }: Wanted,
  { quoteIdentifier, qualified }: Sql,
): readonly string[] {
  const computed = new Set(columns.filter(({ isGenerated }) => isGenerated).map(({ name }) => name))
  return writing.columns.flatMap(({ name }) =>
    computed.has(name)
      ? [`column ${quoteIdentifier(name)} of ${qualified(table)} is computed by the server; leave it out`]
      : [],
  )
}

/** Rows are found again by their key, so an index must hold it unique. */
function lackingIndex(
  found: Found,
  { writing: { key, strategy } }: Wanted,
  { quoteIdentifier, qualified, uniqueSql }: Sql,
): readonly string[] {
  if (strategy === 'replace' || strategy === 'append' || strategy === 'fail') return []
  const isKey = (columns: readonly string[]) =>
    columns.length === key.length && columns.every((name) => key.includes(name))
  if (isKey(found.primaryKey) || found.uniqueKeys.some(isKey)) return []
  const [name, columns] = [qualified(found), key.map(quoteIdentifier).join(', ')]
  return [
    `${name} has no unique index over its key (${columns}), or a column of it may be NULL; run \`${uniqueSql(name, columns)}\` and make the columns NOT NULL`,
  ]
}
