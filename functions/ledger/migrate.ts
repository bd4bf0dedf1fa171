import { sql } from 'kysely'
import { DaybreakError } from '../errors.ts'
import type { LedgerDialect } from './dialect.ts'
import { MIGRATIONS, type Migration } from './migrations/all.ts'
import type { Database } from './schema.ts'

/** Dialect, clock and steps of a migration. */
interface MigrateOptions {
  readonly dialect: LedgerDialect
  readonly now: () => number
  readonly migrations?: readonly Migration[]
  /** `expect` changes no table and refuses those that are behind. Default: `apply`. */
  readonly mode?: MigrationMode
}

/** Who brings the tables up to date: the process that opens them, or a command. */
export type MigrationMode = 'apply' | 'expect'

/**
 * Brings the tables up to date, in one transaction: all of it or nothing. Two processes may do it at once; the second finds
 * nothing left to do. Tables of a newer release are opened as they are, unless one of its steps breaks this release.
 * @throws {DaybreakError} LEDGER_FAILED when it does, or when `expect` finds tables that are behind.
 */
export async function migrate(db: Database, options: MigrateOptions): Promise<void> {
  const { dialect, now, migrations = MIGRATIONS, mode = 'apply' } = options
  await db.transaction().execute(async (transaction) => {
    await dialect.lockMigrations(transaction)
    await createMigrationTable(transaction, dialect)
    const stored = await storedVersion(transaction)
    const known = migrations.at(-1)?.version ?? 0
    if (stored > known) return await expectReadable(transaction, stored, known)
    if (stored < known && mode === 'expect') throw behind(stored, known)
    for (const migration of migrations.filter((one) => one.version > stored)) {
      await migration.up(transaction, dialect)
      const { version, name, breaks } = migration
      await transaction.insertInto('schema_migrations').values({ version, name, applied_at: now() }).execute()
      if (breaks) await transaction.insertInto('schema_breaks').values({ version }).execute()
    }
  })
}

async function createMigrationTable(transaction: Database, { text }: LedgerDialect): Promise<void> {
  await transaction.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.primaryKey())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute()
  await transaction.schema
    .createTable('schema_breaks')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.primaryKey())
    .execute()
}

async function storedVersion(transaction: Database): Promise<number> {
  const newest = transaction.selectFrom('schema_migrations').select(sql<number | null>`max(version)`.as('version'))
  return (await newest.executeTakeFirstOrThrow()).version ?? 0
}

/** An earlier release goes on while the next one is on trial, and after it was taken back. */
async function expectReadable(transaction: Database, stored: number, known: number): Promise<void> {
  const breaking = transaction.selectFrom('schema_breaks').select('version').where('version', '>', known)
  const [first] = await breaking.orderBy('version').execute()
  if (first === undefined) return
  const message = `the ledger has schema version ${stored}, this Daybreak knows up to ${known}, and version ${first.version} needs a newer one: use that one, or another ledger`
  throw new DaybreakError('LEDGER_FAILED', message, { details: { stored, known } })
}

function behind(stored: number, known: number): DaybreakError {
  const message = `the ledger has schema version ${stored}, this Daybreak needs ${known}, and \`ledger.migrations\` is by_command: run \`daybreak ledger migrate\` with this release first`
  return new DaybreakError('LEDGER_FAILED', message, { details: { stored, known } })
}
