import { Kysely } from 'kysely'
import type pg from 'pg'
import { type Cell, type LedgerDump, type LedgerLine, NOT_BACKED_UP } from '../../ledger/backup/lines.ts'
import { restoreLedger } from '../../ledger/backup/restore.ts'
import { guard } from '../../ledger/ledger.ts'
import type { Schema } from '../../ledger/schema.ts'
import type { Log } from '../../pipeline/ports.ts'
import { openPool } from './client.ts'
import { type PostgresSettings, serverName } from './config.ts'
import { createPostgresDialect } from './dialect.ts'
import { POSTGRES } from './ledger.ts'

const ROWS = 2_000

/** A server, and where its connections are logged. */
type BackupSettings = PostgresSettings & { readonly log: Log }

/**
 * Reads a ledger on a server as of one moment, while others write on.
 * @throws {DaybreakError} LEDGER_BUSY, LEDGER_FAILED.
 */
export async function dumpPostgresLedger<Result>(
  settings: BackupSettings,
  work: (dump: LedgerDump) => Promise<Result>,
): Promise<Result> {
  const pool = openPool(settings, settings.log)
  const what = `read the ledger ${serverName(settings)}`
  const client = await guard({ dialect: POSTGRES, what }, () => pool.connect())
  try {
    await client.query('begin isolation level repeatable read, read only')
    // Who takes the rows may write them to a slow disk.
    await client.query('set local idle_in_transaction_session_timeout = 0')
    const version = await client.query('select max(version) as version from schema_migrations')
    return await work({ version: Number(version.rows[0]?.version), lines: linesOf(client) })
  } finally {
    await client.end()
    await pool.end()
  }
}

async function* linesOf(client: pg.Client): AsyncIterable<LedgerLine> {
  const named = await client.query<{ name: string; columns: string[] }>(
    `select table_name as name, array_agg(column_name::text order by ordinal_position) as columns
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = current_schema() and table_type = 'BASE TABLE' group by table_name order by table_name`,
  )
  for (const { name: table, columns } of named.rows) {
    if (NOT_BACKED_UP.has(table)) continue
    yield { table, columns }
    yield* rowsOf(client, table)
  }
}

async function* rowsOf(client: pg.Client, table: string): AsyncIterable<readonly Cell[]> {
  await client.query(`declare ledger_rows no scroll cursor for select * from "${table}"`)
  for (;;) {
    const { rows } = await client.query<Cell[]>({ text: `fetch ${ROWS} from ledger_rows`, rowMode: 'array' })
    yield* rows
    if (rows.length < ROWS) break
  }
  await client.query('close ledger_rows')
}

/**
 * Writes a backed-up ledger into a database that holds none; gives the rows of each table.
 * @throws {DaybreakError} STATE_CONFLICT, LEDGER_BUSY, LEDGER_FAILED.
 */
export async function restorePostgresLedger(
  settings: BackupSettings,
  dump: LedgerDump,
  now: () => number,
): Promise<ReadonlyMap<string, number>> {
  const pool = openPool(settings, settings.log)
  const db = new Kysely<Schema>({ dialect: createPostgresDialect({ pool, now, newId: () => '', patience: null }) })
  const what = `restore the ledger ${serverName(settings)}`
  return await guard({ dialect: POSTGRES, what }, () => restoreLedger(db, dump, { dialect: POSTGRES, now })).finally(
    () => pool.end(),
  )
}
