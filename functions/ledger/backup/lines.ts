/** A value of a row as a ledger of any database holds it. */
export type Cell = string | number | null

/** A backed-up ledger, line by line: a table with its columns, then its rows, then the next table. */
export type LedgerLine = { readonly table: string; readonly columns: readonly string[] } | readonly Cell[]

/** The rows of a ledger, read in one transaction. */
export interface LedgerDump {
  /** Version of its tables. */
  readonly version: number
  readonly lines: AsyncIterable<LedgerLine>
}

/**
 * Tables that no backup holds. `changes` numbers the transactions of one server, for pages that are open; `sessions` tells a process
 * what became of a commit; the others are written by the migrations themselves.
 */
export const NOT_BACKED_UP: ReadonlySet<string> = new Set(['changes', 'sessions', 'schema_migrations', 'schema_breaks'])

/** True for a line that begins a table. */
export function isTable(line: LedgerLine): line is Extract<LedgerLine, { readonly table: string }> {
  return !Array.isArray(line)
}
