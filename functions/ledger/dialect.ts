import type { RawBuilder, SqlBool } from 'kysely'
import type { DaybreakError } from '../errors.ts'
import type { Database } from './schema.ts'

/** Where databases differ. Everything else is one set of queries for all of them. */
export interface LedgerDialect {
  /** Name that an operator would use, e.g. `SQLite`. */
  readonly name: string
  /**
   * Type of a text column that compares byte by byte, as paging and prefix search rely on. SQLite's `text` does;
   * PostgreSQL needs `text collate "C"`: by the rules of a language, `a` comes before `B`, and a prefix is no range.
   */
  readonly text: RawBuilder<unknown>
  /** Makes a second process that opens the same ledger wait until the transaction ends. */
  lockMigrations(transaction: Database): Promise<void>
  /** Keeps a run from ending until the transaction does. */
  holdRun(transaction: Database, runId: string): Promise<void>
  /** True when the database was locked, or chose this transaction to break a deadlock: the same call may succeed later. */
  isBusy(error: unknown): boolean
  /** The error of a failure that stays until a person acts; null for one that may pass. */
  lastingError(error: unknown, what: string): DaybreakError | null
  /** Drops the CHECK constraints of a table in place. Null where the table must be made again without them. */
  readonly dropChecks: ((transaction: Database, table: string) => Promise<void>) | null
  /** Makes the database assign the next number to column `sequence` of every row that is added to a table. */
  numberRows(transaction: Database, table: string): Promise<void>
  /** Makes the numbers that the database assigns go on after those of rows that were written with theirs. */
  renumber(transaction: Database): Promise<void>
  /** Type and rule of a primary key that the database numbers. */
  readonly identity: RawBuilder<unknown>
  /** How transactions are numbered, so that a reader of rows can tell which ones are still to come. */
  readonly transactionNumber: {
    readonly type: RawBuilder<unknown>
    /** The one at hand. */
    readonly current: RawBuilder<unknown>
    /** True for rows whose column `tx` is below that of every transaction that is still open. */
    readonly isSettled: RawBuilder<SqlBool>
  }
  /** Makes the database refuse to change or delete a row of a table. */
  sealRows(transaction: Database, table: string): Promise<void>
  /** A text column with JSON, as its operators `->` and `->>` take it. */
  asJson(column: string): RawBuilder<unknown>
  /** Locks the rows of a SELECT for this transaction, and leaves out those that another one has locked. */
  readonly lockFree: RawBuilder<unknown>
}
