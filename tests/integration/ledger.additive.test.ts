import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPool } from '../../functions/adapters/postgres/client.ts'
import { createPostgresDialect } from '../../functions/adapters/postgres/dialect.ts'
import { POSTGRES } from '../../functions/adapters/postgres/ledger.ts'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import type { LedgerDialect } from '../../functions/ledger/dialect.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import { MIGRATIONS, type Migration } from '../../functions/ledger/migrations/all.ts'
import type { Database, Schema } from '../../functions/ledger/schema.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

/** Parts of the ledger that the release before a step relies on: its tables, their columns, and that it may leave out those it does not know. */
type Shape = ReadonlyMap<string, { readonly type: string; readonly nullable: boolean; readonly filled: boolean }>

async function shapeOf(db: Database): Promise<Shape> {
  const tables = await db.introspection.getTables()
  return new Map(
    tables.flatMap(({ name, columns }) =>
      columns.map((column) => {
        const { dataType, isNullable, hasDefaultValue, isAutoIncrementing } = column
        const filled = hasDefaultValue || isAutoIncrementing
        return [`${name}.${column.name}`, { type: dataType, nullable: isNullable, filled }] as const
      }),
    ),
  )
}

/** Parts that a step takes away from the release before it. */
function broken(before: Shape, after: Shape): readonly string[] {
  const tables = new Set([...before.keys()].map((name) => name.split('.')[0]))
  const gone = [...before].flatMap(([name, old]) => {
    const now = after.get(name)
    if (!now) return [`${name} is gone`]
    if (now.type !== old.type) return [`${name} is ${now.type}, it was ${old.type}`]
    return old.nullable && !now.nullable ? [`${name} may no longer be null`] : []
  })
  const demanded = [...after].flatMap(([name, { nullable, filled }]) =>
    !before.has(name) && tables.has(name.split('.')[0]) && !nullable && !filled ? [`${name} must be filled`] : [],
  )
  return [...gone, ...demanded]
}

function suite(open: () => Promise<{ readonly db: Database; readonly dialect: LedgerDialect }>): void {
  it.each(MIGRATIONS.slice(1))('$name leaves the release before it working, or says that it does not', async (step) => {
    const { db, dialect } = await open()
    const options = { dialect, now: () => 0 }
    await migrate(db, { ...options, migrations: MIGRATIONS.slice(0, step.version - 1) })
    const before = await shapeOf(db)
    await migrate(db, { ...options, migrations: MIGRATIONS.slice(0, step.version) })
    const found = broken(before, await shapeOf(db))
    await db.destroy()
    expect(step.breaks === true ? [] : found).toEqual([])
  })

  it.each([
    ['a table that goes', 'drop table sessions', 'sessions.id is gone'],
    ['a name that changes', 'alter table sessions rename column at to moment', 'sessions.at is gone'],
    [
      'a column that must be filled',
      `alter table sessions add column region text not null`,
      'sessions.region must be filled',
    ],
  ])('finds %s', async (_, statement, expected) => {
    const { db, dialect } = await open()
    const { sql } = await import('kysely')
    const up: Migration['up'] = async (transaction) => void (await sql.raw(statement).execute(transaction))
    const version = MIGRATIONS.length + 1
    await migrate(db, { dialect, now: () => 0 })
    const before = await shapeOf(db)
    await migrate(db, { dialect, now: () => 0, migrations: [...MIGRATIONS, { version, name: 'planted', up }] })
    expect(broken(before, await shapeOf(db))).toContain(expected)
    await db.destroy()
  })
}

describe('in SQLite, a step of the schema', () => {
  suite(async () => {
    const database = new DatabaseSync(':memory:')
    return { db: new Kysely<Schema>({ dialect: createSqliteDialect(database, 1_000) }), dialect: SQLITE }
  })
})

describe.skipIf(!hasPostgres)(hasPostgres ? 'in PostgreSQL, a step of the schema' : NO_POSTGRES, () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  suite(async () => {
    const login = await server.createLogin()
    const pool = openPool(login, () => undefined)
    let ids = 0
    const dialect = createPostgresDialect({ pool, now: () => 0, newId: () => `${++ids}`, patience: null })
    const db = new Kysely<Schema>({ dialect })
    return { db, dialect: POSTGRES }
  })
})
