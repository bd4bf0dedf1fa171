import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { openPool } from '../../functions/adapters/postgres/client.ts'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { createPostgresDialect } from '../../functions/adapters/postgres/dialect.ts'
import { POSTGRES } from '../../functions/adapters/postgres/ledger.ts'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import type { LedgerDialect } from '../../functions/ledger/dialect.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import type { Schema } from '../../functions/ledger/schema.ts'
import { indexLater } from './indexes-later.ts'
import { type Extent, fillLedger, LARGE } from './large-ledger.ts'

/** Makes the ledger of an extent in a file, unless it is there. */
export async function ensureLedger(path: string, extent: Extent): Promise<void> {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  const unfinished = `${path}.unfinished`
  for (const end of ['', '-wal', '-shm']) rmSync(`${unfinished}${end}`, { force: true })
  const file = new DatabaseSync(unfinished)
  // A ledger that is cut short is made again, so nothing waits for the disk.
  file.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000')
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(file, 1000) })
  await fill(db, SQLITE, extent)
  await db.destroy()
  renameSync(unfinished, path)
}

/** Fills an empty schema of a server with the ledger of an extent. */
export async function fillServer(login: PostgresSettings, extent: Extent): Promise<void> {
  const db = openServer(login)
  await fill(db, POSTGRES, extent)
  await sql`vacuum analyze`.execute(db)
  await db.destroy()
}

/**
 * Forgets the loads and signatures of a ledger, in a file or on a server. A night over it has an empty warehouse, and would load again all that a
 * ledger says is loaded.
 */
export async function forgetLoads(place: string | PostgresSettings): Promise<void> {
  const db = typeof place === 'string' ? openFile(place) : openServer(place)
  await sql`delete from partitions where pipeline = 'toast'`.execute(db)
  await sql`delete from sign_offs`.execute(db)
  await db.destroy()
}

function openFile(path: string): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: createSqliteDialect(new DatabaseSync(path), 1000) })
}

function openServer(login: PostgresSettings): Kysely<Schema> {
  const pool = openPool({ ...login, statementTimeout: 1_800_000 }, () => undefined)
  const options = { pool, now: () => 1, newId: () => 'session', patience: null }
  return new Kysely<Schema>({ dialect: createPostgresDialect(options) })
}

async function fill(db: Kysely<Schema>, dialect: LedgerDialect, extent: Extent): Promise<void> {
  await migrate(db, { dialect, now: () => 1 })
  await indexLater(db, dialect, { tables: LARGE, fill: () => fillLedger(db, extent) })
}
