import type { DatabaseSync } from 'node:sqlite'
import {
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { untilFree } from './client.ts'
import { toKyselyDatabase } from './statements.ts'

/** Kysely over an open connection. It has one query or transaction at a time; the others wait their turn. */
export function createSqliteDialect(database: DatabaseSync, patience: number): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ImmediateDriver(database, patience),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** Takes the write lock when a transaction begins: one that reads first and writes later could find the lock taken halfway. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: DatabaseSync
  readonly #patience: number

  constructor(database: DatabaseSync, patience: number) {
    super({ database: toKyselyDatabase(database) })
    this.#database = database
    this.#patience = patience
  }

  override async beginTransaction(): Promise<void> {
    await untilFree(() => this.#database.exec('begin immediate'), this.#patience)
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk makes SQLite roll back by itself; a second rollback would hide the first error.
    if (this.#database.isTransaction) await super.rollbackTransaction(connection)
  }
}
