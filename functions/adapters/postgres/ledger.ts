import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Kysely, sql } from 'kysely'
import type { LedgerDialect } from '../../ledger/dialect.ts'
import { createLedger, guard } from '../../ledger/ledger.ts'
import { type MigrationMode, migrate } from '../../ledger/migrate.ts'
import type { Schema } from '../../ledger/schema.ts'
import { createIds } from '../../lib/id.ts'
import { withRetry } from '../../lib/retry.ts'
import type { Ledger, Log } from '../../pipeline/ports.ts'
import { createPostgresDialect } from './dialect.ts'
import { isBusy, isUndone } from './errors.ts'
import { openPool, type Pool } from './pool.ts'
import { durationsOf, type PostgresSettings, serverName } from './settings.ts'

export interface PostgresLedgerOptions {
  readonly log: Log
  readonly now?: () => number
  /** Ids of incidents, audit entries and sessions: time-ordered, unique. */
  readonly newId?: () => string
  /** From 0 to below 1, for the pause after a deadlock. */
  readonly random?: () => number
  /** `expect` leaves the tables to a command. Default: `apply`. */
  readonly migrations?: MigrationMode
}

// Any number will do, as long as nobody else of this database takes it: `daybre` in hexadecimal.
const MIGRATIONS_LOCK = 0x646179627265

/** What is special about PostgreSQL. */
export const POSTGRES: LedgerDialect = {
  name: 'PostgreSQL',
  text: sql`text collate "C"`,
  lockMigrations: async (transaction) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATIONS_LOCK)})`.execute(transaction)
  },
  holdRun: async (transaction, runId) => {
    await sql`select 1 from runs where id = ${runId} for share`.execute(transaction)
  },
  dropChecks: async (transaction, table) => {
    const isCheck = sql`contype = 'c' and conrelid = ${sql.lit(table)}::regclass`
    const { rows } = await sql<{ conname: string }>`select conname from pg_constraint where ${isCheck}`.execute(
      transaction,
    )
    for (const { conname } of rows)
      await sql`alter table ${sql.table(table)} drop constraint ${sql.ref(conname)}`.execute(transaction)
  },
  isBusy,
}

const ATTEMPTS = 6
const DAY = 86_400_000

/**
 * Opens the ledger on a PostgreSQL server and brings its tables up to date. Any number of processes may have it open, and
 * open it at once. Nothing is applied twice, and what `apply` reports as failed is not applied, with one exception: when the
 * server dies in a COMMIT and stays away for `connectTimeout`, LEDGER_BUSY says that nobody knows.
 * @throws {DaybreakError} LEDGER_BUSY, also when the server cannot be reached; LEDGER_FAILED.
 */
export async function openPostgresLedger(settings: PostgresSettings, options: PostgresLedgerOptions): Promise<Ledger> {
  const { log, now = Date.now, newId = createIds({ now, randomBytes }), random = Math.random, migrations } = options
  const pool = openPool(settings, log)
  return guard({ dialect: POSTGRES, what: `open the ledger ${serverName(settings)}` }, async () => {
    try {
      await migrate(open(pool, { now, newId, patience: null }), {
        ...{ dialect: POSTGRES, now },
        ...(migrations && { mode: migrations }),
      })
      const db = open(pool, { now, newId, patience: durationsOf(settings).connectTimeout })
      await db
        .deleteFrom('sessions')
        .where('at', '<', now() - DAY)
        .execute()
      const ledger = createLedger(db, { dialect: POSTGRES, newId })
      return { ...ledger, apply: (changes) => unlessUndone(() => ledger.apply(changes), random) }
    } catch (error) {
      await pool.end()
      throw error
    }
  })
}

function open(
  pool: Pool,
  options: { readonly now: () => number; readonly newId: () => string; readonly patience: number | null },
): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: createPostgresDialect({ pool, ...options }) })
}

/** Two transactions that wait for each other's rows end by the server undoing one of them; that one goes again. */
function unlessUndone(apply: () => Promise<void>, random: () => number): Promise<void> {
  return withRetry(apply, {
    attempts: ATTEMPTS,
    firstPause: 20,
    random,
    sleep: async (milliseconds) => {
      await wait(milliseconds)
    },
    isWorthRetrying: ({ cause }) => isUndone(cause),
  })
}
