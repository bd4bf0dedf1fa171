import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { type Cell, type LedgerDump, type LedgerLine, NOT_BACKED_UP } from '../../ledger/backup/lines.ts'
import { restoreLedger } from '../../ledger/backup/restore.ts'
import { guard } from '../../ledger/ledger.ts'
import type { Schema } from '../../ledger/schema.ts'
import { openDatabase } from './client.ts'
import { createSqliteDialect } from './dialect.ts'
import { SQLITE } from './ledger.ts'

const PATIENCE = 10_000

/**
 * Reads a ledger's file as of one moment, while others write on: in WAL mode a reader stops no writer.
 * @throws {DaybreakError} LEDGER_BUSY, LEDGER_FAILED.
 */
export async function dumpSqliteLedger<Result>(
  path: string,
  work: (dump: LedgerDump) => Promise<Result>,
): Promise<Result> {
  const what = `read the ledger ${JSON.stringify(path)}`
  const open = async () => new DatabaseSync(path, { readOnly: true, timeout: PATIENCE })
  const database = await guard({ dialect: SQLITE, what }, open)
  try {
    database.exec('begin')
    const version = Number(database.prepare('select max(version) as version from schema_migrations').get()?.['version'])
    return await work({ version, lines: linesOf(database) })
  } finally {
    database.close()
  }
}

async function* linesOf(database: DatabaseSync): AsyncIterable<LedgerLine> {
  const named = database.prepare("select name from sqlite_master where type = 'table' order by name").all()
  const tables = named
    .map(({ name }) => String(name))
    .filter((name) => !name.startsWith('sqlite_') && !NOT_BACKED_UP.has(name))
  for (const table of tables) {
    const rows = database.prepare(`select * from "${table}"`)
    const columns = rows.columns().map(({ name }) => name)
    yield { table, columns }
    for (const row of rows.iterate()) yield columns.map((column) => cellOf(row[column]))
  }
}

/** The ledger has no blobs. */
function cellOf(value: unknown): Cell {
  return typeof value === 'number' || typeof value === 'string' ? value : null
}

/**
 * Writes a backed-up ledger into a file that holds none; gives the rows of each table.
 * @throws {DaybreakError} STATE_CONFLICT, LEDGER_BUSY, LEDGER_FAILED.
 */
export async function restoreSqliteLedger(
  path: string,
  dump: LedgerDump,
  now: () => number,
): Promise<ReadonlyMap<string, number>> {
  const what = `restore the ledger ${JSON.stringify(path)}`
  return await guard({ dialect: SQLITE, what }, async () => {
    const database = await openDatabase(path, PATIENCE)
    const db = new Kysely<Schema>({ dialect: createSqliteDialect(database, PATIENCE) })
    return await restoreLedger(db, dump, { dialect: SQLITE, now }).finally(() => database.close())
  })
}
