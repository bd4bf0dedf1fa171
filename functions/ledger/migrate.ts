import { sql } from 'kysely'
import { DaybreakError } from '../errors.ts'
import type { LedgerDialect } from './dialect.ts'
import { MIGRATIONS, type Migration } from './migrations/all.ts'
import type { Database } from './schema.ts'

export interface MigrateOptions {
  readonly dialect: LedgerDialect
  readonly now: () => number
  readonly migrations?: readonly Migration[]
}

/**
 * Brings the tables up to date, in one transaction: all of it or nothing. Two processes may do it at once; the second finds
 * nothing left to do.
 * @throws {DaybreakError} LEDGER_FAILED when a newer Daybreak made the tables.
 */
export async function migrate(db: Database, { dialect, now, migrations = MIGRATIONS }: MigrateOptions): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await dialect.lockMigrations(transaction)
    await createMigrationTable(transaction, dialect)
    const version = await storedVersion(transaction)
    refuseNewer(version, migrations.at(-1)?.version ?? 0)
    for (const migration of migrations.filter((one) => one.version > version)) {
      await migration.up(transaction, dialect)
      const { version, name } = migration
      await transaction.insertInto('schema_migrations').values({ version, name, applied_at: now() }).execute()
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
}

async function storedVersion(transaction: Database): Promise<number> {
  const newest = transaction.selectFrom('schema_migrations').select(sql<number | null>`max(version)`.as('version'))
  return (await newest.executeTakeFirstOrThrow()).version ?? 0
}

function refuseNewer(stored: number, known: number): void {
  if (stored <= known) return
  const message = `the ledger has schema version ${stored}, this Daybreak knows up to ${known}: a newer one made it; use that one, or another ledger`
  throw new DaybreakError('LEDGER_FAILED', message, { details: { stored, known } })
}
