import { AssertionError } from 'node:assert'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { runInThisContext } from 'node:vm'
import * as migrations from 'daybreak/migrations'
import * as testing from 'daybreak/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

let server: Postgres
let folder: string

const at = (database: string): testing.TableConnection => ({
  ...{ kind: 'postgres', host: server.host, port: server.port, database, user: 'postgres' },
})

async function query(database: string, sql: string) {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const CUSTOMERS = `create table customers (id integer primary key, name text);
  insert into customers select g, nullif('c' || g % 7, 'c3') from generate_series(1, 200) g`

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'daybreak-library-'))
  for (const name of ['crm', 'copy']) {
    await server.sql(`create database ${name}`)
    await query(name, CUSTOMERS)
  }
  await query(
    'crm',
    `create type order_state as enum ('open', 'paid');
     create table orders (id integer primary key, code text unique, customer integer references customers, amount numeric(10,2), state order_state);
     create table web_orders (like orders);  alter table web_orders add primary key (id);
     insert into orders select g, 'o' || g, g, g, 'paid' from generate_series(1, 100) g;
     insert into web_orders values (1001, 'o1', 1, 1, 'open'), (1002, 'w1', 2, 1, 'open')`,
  )
  await query(
    'copy',
    "create table orders (id integer primary key, state text); insert into orders values (1, 'refunded')",
  )
}, 120_000)
afterAll(async () => {
  await server?.close()
  if (folder) await rm(folder, { recursive: true })
})

describe.skipIf(!hasPostgres)(`the library (${NO_POSTGRES})`, () => {
  it('does what the example of docs/table-migrations.md says', async () => {
    const [, code = ''] = /```javascript\n([\s\S]*?)```/.exec(readFileSync('docs/table-migrations.md', 'utf8')) ?? []
    const body = code.replaceAll(/^import .*$/gm, '').replaceAll(/^const (crm|copy) = .*$/gm, '')
    const names = { ...migrations, ...testing, crm: at('crm'), copy: at('copy') }
    const example: (given: object) => Promise<void> = runInThisContext(
      `(async ({ ${Object.keys(names).join(', ')} }) => { ${body} })`,
    )
    await example(names)
    expect(await query('crm', 'select code from orders where id > 1000 order by id')).toEqual([
      { code: 'o1_web' },
      { code: 'w1' },
    ])
    expect(await query('crm', 'select name, state from _daybreak_migrations order by name')).toEqual([
      { name: 'merge', state: 'applied' },
      { name: 'orders-v2', state: 'applied' },
      { name: 'refunds', state: 'applied' },
    ])
  })

  it('names the keys that differ, also between two systems', async () => {
    const path = join(folder, 'copy.sqlite')
    const sqlite = new DatabaseSync(path)
    sqlite.exec('create table customers (id integer primary key, name text)')
    const insert = sqlite.prepare('insert into customers values (?, ?)')
    for (const { id, name } of await query('crm', 'select * from customers')) insert.run(id, name)
    const to = { connection: { kind: 'sqlite', path }, table: 'customers' } as const
    const from = { connection: at('crm'), table: 'customers' }
    await testing.expectSameRows({ from, to })
    sqlite.exec("update customers set name = '' where id = 3; delete from customers where id = 9")
    sqlite.close()
    await expect(testing.expectSameRows({ from, to })).rejects.toThrow(AssertionError)
    await expect(testing.expectSameRows({ from, to })).rejects.toThrow(/9 \(only at the source\)/)
    await expect(testing.expectSameRows({ from, to })).rejects.toThrow(/3 \(other values\)/)
    await testing.expectSameRows({ from, to: { connection: at('copy'), table: 'customers' } })
  })

  it('names values that an enumeration does not take, and references to nothing', async () => {
    await query('copy', "insert into orders values (2, 'lost')")
    const from = { connection: at('copy'), table: 'orders', column: 'state' }
    const to = { connection: at('crm'), table: 'orders', column: 'state' }
    await expect(testing.expectEnumCovered({ from, to })).rejects.toThrow('does not take lost')
    await query('crm', "set session_replication_role = replica; insert into orders values (7000, 'x', 7777, 0, 'open')")
    await expect(testing.expectForeignKeys({ connection: at('crm'), table: 'orders' })).rejects.toThrow('such as 7777')
    await expect(testing.expectForeignKeys({ connection: at('crm'), table: 'customers' })).rejects.toThrow(
      'has no foreign key',
    )
  })

  it('refuses a plan that is none', async () => {
    const bad = { connection: at('crm'), name: 'bad', from: 'orders', to: 'x', batch: 0 }
    await expect(migrations.migrateTable(bad)).rejects.toThrow('the migration bad is not valid: batch')
  })
})
