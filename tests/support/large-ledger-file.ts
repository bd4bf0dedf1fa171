import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import type { Schema } from '../../functions/ledger/schema.ts'
import { type Extent, fillLedger } from './large-ledger.ts'

/** Makes the ledger of an extent at a path, unless it is there. A ledger of five million slices takes minutes. */
export async function ensureLedger(path: string, extent: Extent): Promise<void> {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  const unfinished = `${path}.unfinished`
  for (const end of ['', '-wal', '-shm']) rmSync(`${unfinished}${end}`, { force: true })
  const file = new DatabaseSync(unfinished)
  // A ledger that is cut short is made again, so nothing waits for the disk.
  file.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000')
  const db = new Kysely<Schema>({ dialect: createSqliteDialect(file, 1000) })
  await migrate(db, { dialect: SQLITE, now: () => 1 })
  await fillLedger(db, extent)
  await sql`analyze`.execute(db)
  await db.destroy()
  renameSync(unfinished, path)
}
