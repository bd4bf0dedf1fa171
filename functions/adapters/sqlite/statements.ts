import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

// The ledger has about sixty texts; lists of values of many lengths make the rest.
const STATEMENTS_KEPT = 200

/** Node's own SQLite in the shape kysely expects, with its statements compiled once. */
export function toKyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql)
      if (known) return known
      const statement = toKyselyStatement(database.prepare(sql))
      const [oldest] = statements.keys()
      if (oldest !== undefined && statements.size >= STATEMENTS_KEPT) statements.delete(oldest)
      statements.set(sql, statement)
      return statement
    },
  }
}

function toKyselyStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...bindable(parameters)),
    run: (parameters) => statement.run(...bindable(parameters)),
    iterate: (parameters) => statement.iterate(...bindable(parameters)),
  }
}

function bindable(parameters: readonly unknown[]): readonly SQLInputValue[] {
  if (areBindable(parameters)) return parameters
  throw new TypeError('SQLite takes texts, numbers and null as parameters, and was given something else')
}

function areBindable(parameters: readonly unknown[]): parameters is readonly SQLInputValue[] {
  return parameters.every((value) => value === null || typeof value === 'string' || typeof value === 'number')
}
