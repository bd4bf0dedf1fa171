/** How rows of a window meet rows of a table that are there. */
export type Strategy = 'fail' | 'skip' | 'overwrite' | 'merge' | 'replace' | 'append'

/** Whose value stays in a column of a merge. */
export type Preference = 'source' | 'destination' | 'greatest' | 'least'

/** Rows of a staging table that a table takes in. Names of tables are SQL. */
export interface Merge {
  readonly target: string
  readonly stage: string
  readonly strategy: Strategy
  readonly key: readonly string[]
  readonly columns: readonly { readonly name: string; readonly prefer: Preference }[]
  /** A column that each row gets, with its value as SQL. */
  readonly stamp: { readonly column: string; readonly value: string } | null
}

/**
 * The value that stays in a column of a merge: that of the table, `own`, or that of the row, `theirs`. For systems whose `greatest` and
 * `least` leave NULL out, as those of DuckDB and PostgreSQL do.
 */
export function preferredSql(prefer: Preference, own: string, theirs: string): string {
  switch (prefer) {
    case 'source':
      return `coalesce(${theirs}, ${own})`
    case 'destination':
      return `coalesce(${own}, ${theirs})`
    case 'greatest':
      return `greatest(${own}, ${theirs})`
    case 'least':
      return `least(${own}, ${theirs})`
  }
}
