import { sql } from 'kysely'
import { DaybreakError } from '../../errors.ts'
import type { LedgerDialect } from '../dialect.ts'
import { migrate } from '../migrate.ts'
import { MIGRATIONS } from '../migrations/all.ts'
import type { Database } from '../schema.ts'
import { type Cell, isTable, type LedgerDump } from './lines.ts'

/** Values of one INSERT: SQLite takes 32,766, PostgreSQL 65,535. */
const MOST_VALUES = 30_000

interface RestoreOptions {
  readonly dialect: LedgerDialect
  readonly now: () => number
}

/**
 * Writes a backed-up ledger into a database that holds none, in one transaction, and brings it up to date.
 * @returns rows by table.
 * @throws {DaybreakError} STATE_CONFLICT when the database holds rows, or the backup is of a newer release.
 */
export async function restoreLedger(
  db: Database,
  dump: LedgerDump,
  { dialect, now }: RestoreOptions,
): Promise<ReadonlyMap<string, number>> {
  const known = MIGRATIONS.at(-1)?.version ?? 0
  if (dump.version > known) throw newer(dump.version, known)
  await migrate(db, { dialect, now, migrations: MIGRATIONS.filter(({ version }) => version <= dump.version) })
  await expectVersion(db, dump.version)
  const rows = await db.transaction().execute(async (transaction) => {
    const written = await writeLines(transaction, dump)
    await dialect.renumber(transaction)
    return written
  })
  await migrate(db, { dialect, now })
  return rows
}

async function writeLines(transaction: Database, dump: LedgerDump): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  let table = ''
  let columns: readonly string[] = []
  let waiting: (readonly Cell[])[] = []
  const flush = async () => {
    if (waiting.length === 0) return
    const names = sql.join(columns.map((column) => sql.ref(column)))
    const rows = sql.join(waiting.map((row) => sql`(${sql.join(row)})`))
    await sql`insert into ${sql.table(table)} (${names}) values ${rows}`.execute(transaction)
    counts.set(table, (counts.get(table) ?? 0) + waiting.length)
    waiting = []
  }
  for await (const line of dump.lines) {
    if (isTable(line)) {
      await flush()
      table = line.table
      columns = line.columns
      counts.set(table, 0)
      await expectEmpty(transaction, table)
    } else {
      waiting.push(line)
      if ((waiting.length + 1) * columns.length > MOST_VALUES) await flush()
    }
  }
  await flush()
  return counts
}

async function expectEmpty(transaction: Database, table: string): Promise<void> {
  const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(transaction)
  if (rows.length > 0) throw notEmpty(table)
}

async function expectVersion(db: Database, version: number): Promise<void> {
  const newest = db.selectFrom('schema_migrations').select(sql<number>`max(version)`.as('version'))
  const { version: found } = await newest.executeTakeFirstOrThrow()
  if (found !== version) throw notEmpty(`schema_migrations, which says version ${found} and not ${version}`)
}

function notEmpty(table: string): DaybreakError {
  const message = `a backup goes into a ledger without rows, and this one has some in ${table}: move its file away, or name an empty database as the ledger of the environment`
  return new DaybreakError('STATE_CONFLICT', message, { details: { next: 'daybreak restore FOLDER' } })
}

function newer(found: number, known: number): DaybreakError {
  const message = `the backup has version ${found} of the ledger, this Daybreak knows up to ${known}: restore it with the release that made it, or a newer one`
  return new DaybreakError('STATE_CONFLICT', message, { details: { found, known } })
}
