import { randomBytes } from 'node:crypto'
import { Kysely, sql } from 'kysely'
import type { LedgerDialect } from '../../ledger/dialect.ts'
import { createLedger, guard } from '../../ledger/ledger.ts'
import { migrate } from '../../ledger/migrate.ts'
import type { Schema } from '../../ledger/schema.ts'
import { lastingDiskError } from '../../lib/disk-failure.ts'
import { createIds } from '../../lib/id.ts'
import type { PeopleLedger } from '../../pipeline/people/reads.ts'
import { closeAfter, openDatabase } from './client.ts'
import { createSqliteDialect } from './dialect.ts'
import { isBusy, lastingSqliteError } from './errors.ts'

/** File, clock and ids of a ledger in SQLite. */
interface SqliteLedgerOptions {
  /** The file; it and its folder are created when they do not exist. `:memory:` for one that no other process sees. */
  readonly path: string
  /** Milliseconds to wait for another process that writes. */
  readonly patience?: number
  readonly now?: () => number
  /** Ids of incidents and audit entries: time-ordered, unique. */
  readonly newId?: () => string
}

/** The ledger's dialect of SQLite. */
export const SQLITE: LedgerDialect = {
  name: 'SQLite',
  text: sql`text`,
  // Every transaction takes the write lock as it begins.
  lockMigrations: async () => {},
  holdRun: async () => {},
  // SQLite cannot alter a constraint.
  dropChecks: null,
  // SQLite has no sequences, and numbers by itself only what is the primary key.
  numberRows: async (transaction, table) => {
    const next = sql`select coalesce(max(sequence), 0) + 1 from ${sql.table(table)}`
    await sql`
      create trigger ${sql.ref(`${table}_sequence`)} after insert on ${sql.table(table)} when new.sequence is null
      begin update ${sql.table(table)} set sequence = (${next}) where id = new.id; end
    `.execute(transaction)
  },
  // SQLite remembers the largest number of a table by itself.
  renumber: async () => {},
  identity: sql`integer primary key autoincrement`,
  // One transaction writes at a time, so rows are numbered in the order of their commits.
  transactionNumber: { type: sql`bigint`, current: sql`0`, isSettled: sql`1 = 1` },
  // The trigger that numbers a new row is let through.
  sealRows: async (transaction, table) => {
    const refusal = sql.lit(`rows of ${table} are never changed or deleted`)
    await sql`
      create trigger ${sql.ref(`${table}_update`)} before update on ${sql.table(table)} when old.sequence is not null
      begin select raise(abort, ${refusal}); end
    `.execute(transaction)
    await sql`
      create trigger ${sql.ref(`${table}_delete`)} before delete on ${sql.table(table)}
      begin select raise(abort, ${refusal}); end
    `.execute(transaction)
  },
  asJson: (column) => sql.ref(column),
  lockFree: sql``,
  isBusy,
  lastingError: (error, what) => lastingDiskError(error, what),
}

/**
 * Opens the ledger in a SQLite file and brings its tables up to date. Any number of processes may have it open.
 * @throws {DaybreakError} LEDGER_BUSY, LEDGER_FAILED.
 */
export async function openSqliteLedger(options: SqliteLedgerOptions): Promise<PeopleLedger> {
  const { path, patience = 10_000, now = Date.now, newId = createIds({ now, randomBytes }) } = options
  const dialect = { ...SQLITE, lastingError: lastingSqliteError(path) }
  return guard({ dialect, what: `open the ledger ${JSON.stringify(path)}` }, async () => {
    const database = await openDatabase(path, patience)
    try {
      const db = new Kysely<Schema>({ dialect: createSqliteDialect(database, patience) })
      await migrate(db, { dialect: SQLITE, now })
      return createLedger(db, { dialect, newId, now })
    } catch (error) {
      return closeAfter(error, { database, path })
    }
  })
}
