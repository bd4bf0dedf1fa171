import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasMariadb, type Mariadb, startMariadb } from '../support/mariadb.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let server: Postgres
let mariadb: Mariadb | null = null
let project: TableProject

type Row = Readonly<Record<string, unknown>>

async function query(sql: string, database = 'crm'): Promise<readonly Row[]> {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
  await client.connect()
  try {
    const answer: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query(sql)
    return Array.isArray(answer) ? (answer.at(-1)?.rows ?? []) : answer.rows
  } finally {
    await client.end()
  }
}

async function call(...argv: readonly string[]) {
  const { code, stdout, stderr } = await daybreak(['migrate', ...argv, '--output', 'json', '--quiet'], {
    cwd: project.folder,
    env: project.env,
  })
  let said: unknown = stdout
  try {
    said = JSON.parse(stdout)
  } catch {
    // A sentence.
  }
  return { code, said, text: stdout + stderr }
}

/** Makes a migration as a person does, and fills its plan in. */
async function migration(pattern: string, name: string, lines: readonly string[], connection = 'crm'): Promise<string> {
  const { text } = await call('new', pattern, '--name', name, '--connection', connection)
  const folder = /config\/migrations\/[\w-]+/.exec(text)?.[0] ?? ''
  await writeFile(
    join(project.folder, folder, 'plan.yaml'),
    ['version: 1', `pattern: ${pattern}`, `connection: ${connection}`, ...lines, ''].join('\n'),
  )
  if (pattern === 'copy_table') await writeFile(join(project.folder, folder, 'verify.yaml'), '')
  return folder.split('/').at(-1) ?? ''
}

const SHOP = `
create type state as enum ('open', 'paid');
create table customers (id integer primary key, name text);
create table customer_map (old_id integer primary key, new_id integer);
create table orders (id integer generated always as identity primary key, code text unique, customer_id integer references customers, amount numeric(12,2),
  state state not null default 'open', extra json, note text);
create table lines (order_id integer references orders on delete cascade, number integer, primary key (order_id, number));
insert into customers select g, 'c' || g from generate_series(1, 50) g;
insert into orders (code, customer_id, amount, state, extra, note) select 'o' || g, 1 + g % 50, g * 1.25, (array['open', 'paid'])[1 + g % 2]::state, '{"a": 1}', nullif('n' || g % 3, 'n0') from generate_series(1, 1000) g;
insert into lines select id, 1 from orders;`

beforeAll(async () => {
  if (!hasPostgres) return
  ;[server, mariadb] = await Promise.all([startPostgres(), hasMariadb ? startMariadb() : null])
  for (const name of ['crm', 'next']) await server.sql(`create database ${name}`)
  await query(SHOP)
  project = await createTableProject({
    ...{ crm: postgresYaml(server, 'crm'), next: postgresYaml(server, 'next') },
    pos: `{ kind: mysql, host: ${mariadb?.socket ?? '/nowhere'}, database: pos, user: root }`,
  })
  await project.pipeline('all', ['source: crm', 'destination: next', 'streams: { orders: { from: orders } }'])
}, 120_000)

afterAll(async () => {
  await project?.remove()
  await server?.close()
  await mariadb?.close()
})

const ORDERS = 'select count(*)::int as n, sum(amount)::text as amount, min(note) as note from orders'

describe.skipIf(!hasPostgres)(`migrations of PostgreSQL (${NO_POSTGRES})`, () => {
  it('copy a table, check it, and swap it in one step, with what refers to it', async () => {
    const before = await query(ORDERS)
    const name = await migration('copy_table', 'orders-to-v2', [
      'from: public.orders',
      'to: { table: public.orders_v2 }',
      'batch: 300',
      'verify: [same_rows, { same_totals: [amount] }, { enum_covered: state }, { foreign_keys: [customer_id] }]',
    ])
    expect((await call('plan', name)).said).toMatchObject({ state: 'new', problems: [] })
    expect(
      await query(
        "select to_regclass('orders_v2')::text as made, to_regclass('_daybreak_migrations')::text as records",
      ),
    ).toEqual([{ made: null, records: null }])
    const applied = await call('apply', name)
    expect(applied, applied.text).toMatchObject({ code: 0, said: { state: 'applied', rows: 1000 } })
    expect(await query(ORDERS)).toEqual(before)
    expect(
      await query("select to_regclass('orders_before_0001')::text as old, to_regclass('orders_v2')::text as aside"),
    ).toEqual([{ old: 'orders_before_0001', aside: null }])
    await expect(query('insert into lines values (5000, 1)')).rejects.toThrow('lines_order_id_fkey')
    await expect(query('insert into orders (code, customer_id) values (null, 9999)')).rejects.toThrow('customer_id')
    expect(
      await query(
        "insert into orders (code, customer_id, amount) values ('fresh', 1, 0) returning id > 1000 as is_next",
      ),
    ).toEqual([{ is_next: true }])
    expect((await call('apply', name)).said).toMatchObject({ state: 'applied' })
    expect((await call('list')).said).toMatchObject([{ migration: name, state: 'applied', rows: 1000 }])
  })

  it('refuse to undo what was written to since, and undo it otherwise', async () => {
    const refused = await call('undo', '0001', '--yes')
    expect(refused.code).toBe(3)
    expect(refused.text).toContain('has 1000 rows, and orders has 1001')
    expect(refused.text).toContain('MIGRATION_FAILED')
    await query("delete from orders where code = 'fresh'")
    expect(await call('undo', '0001', '--yes')).toMatchObject({ code: 0 })
    expect(
      await query("select to_regclass('orders_v2')::text as aside, to_regclass('orders_before_0001')::text as old"),
    ).toEqual([{ aside: 'orders_v2', old: null }])
    await expect(query('insert into lines values (5000, 1)')).rejects.toThrow('lines_order_id_fkey')
    await query('drop table orders_v2')
  })

  it('go on where they were cut, copy no row twice, and find a row that changed behind them', async () => {
    const name = await migration('copy_table', 'cut', ['from: orders', 'to: { table: orders_v3 }', 'batch: 100'])
    // The copy fails in its fifth batch, as a server that goes away does.
    await query(`create table orders_v3 (like orders including all);
      create function stop() returns trigger language plpgsql as $$ begin if new.id > 450 then raise 'stop'; end if; return new; end $$;
      create trigger stop before insert on orders_v3 for each row execute function stop()`)
    expect(await call('apply', name)).toMatchObject({ code: 1 })
    expect((await call('list')).said).toMatchObject([{}, { migration: name, state: 'copying', rows: 400 }])
    await query("drop trigger stop on orders_v3; update orders set note = 'behind' where id = 7")
    const found = await call('apply', name)
    expect(found.code).toBe(3)
    expect(found.text).toContain('same_rows: rows of orders are not in orders_v3, or not the same there; keys: 7')
    expect((await call('verify', name)).code).toBe(3)
    expect(await query('select count(*)::int as n from orders_v3')).toEqual([{ n: 1000 }])
    await query("update orders set note = 'n1' where id = 7")
    expect(await call('apply', name)).toMatchObject({ code: 0, said: { state: 'applied', rows: 1000 } })
    expect((await call('verify', name)).code).toBe(0)
  })

  it('map columns, name the values that a map lacks, and put a suffix to those that are taken', async () => {
    await query(`create table orders_all (id integer primary key, code text unique, customer_id integer, amount numeric(12,2), state state, extra json, note text);
      insert into orders_all values (100000, 'o1', 1, 0, 'open', null, null); insert into customer_map select g, g + 1000 from generate_series(1, 49) g`)
    const name = await migration('copy_table', 'into-all', [
      'from: orders',
      'to: { table: orders_all, suffix_on_conflict: { column: code, suffix: _v2 } }',
      'remap: { customer_id: { via: customer_map, old: old_id, new: new_id } }',
      'swap: none',
    ])
    const refused = await call('apply', name)
    expect(refused.code).toBe(3)
    expect(refused.text).toContain('customer_map has no old_id for 20 rows of customer_id: 50')
    await query('insert into customer_map values (50, 1050)')
    expect((await call('plan', name)).text).toContain('1 values of code are there already, and get the suffix _v2')
    expect(await call('apply', name)).toMatchObject({ code: 0, said: { state: 'applied' } })
    expect(await query('select code, customer_id from orders_all where id in (1, 2) order by id')).toEqual([
      { code: 'o1_v2', customer_id: 1002 },
      { code: 'o2', customer_id: 1003 },
    ])
  })

  it('add values to an enumeration, twice without harm, and say that it has no undo', async () => {
    const name = await migration('add_enum_values', 'refunds', [
      'type: public.state',
      'values: [paid, refunded, "it\'s"]',
    ])
    expect((await call('plan', name)).text).toContain('this has no undo')
    expect(await call('apply', name)).toMatchObject({ code: 0 })
    expect(await call('apply', name)).toMatchObject({ code: 0 })
    expect(await query('select enum_range(null::state)::text as all')).toEqual([{ all: "{open,paid,refunded,it's}" }])
    expect((await call('undo', name, '--yes')).text).toContain('PostgreSQL cannot take a value out')
  })

  it('give rows other keys, also those of a table that refers to itself, and take them back', async () => {
    await query(`create table people (id integer primary key, boss integer references people, name text);
      create table visits (id integer primary key, person integer references people);
      create table people_map (old_id integer, new_id integer);
      insert into people values (1, null, 'a'), (2, 1, 'b'), (3, 2, 'c'); insert into visits values (1, 3), (2, 1);
      insert into people_map values (1, 2), (2, 3), (3, 3)`)
    const lines = ['table: people', 'key: id', 'via: { table: people_map, old: old_id, new: new_id }']
    const name = await migration('remap_keys', 'people', lines)
    expect((await call('apply', name)).text).toContain('not one-to-one: 1 values of new_id')
    await query('update people_map set new_id = 1 where old_id = 3')
    const look = 'select p.id, p.name, b.name as boss from people p left join people b on b.id = p.boss order by p.name'
    const applied = await call('apply', name)
    expect(applied, applied.text).toMatchObject({ code: 0 })
    expect(await query(look)).toEqual([
      { id: 2, name: 'a', boss: null },
      { id: 3, name: 'b', boss: 'a' },
      { id: 1, name: 'c', boss: 'b' },
    ])
    expect(await query('select person from visits order by id')).toEqual([{ person: 1 }, { person: 2 }])
    expect(await call('undo', name, '--yes')).toMatchObject({ code: 0 })
    expect((await query(look)).map(({ id }) => id)).toEqual([1, 2, 3])
    await expect(query('insert into visits values (3, 77)')).rejects.toThrow('visits_person_fkey')
  })

  it('are suggested by the difference of two schemas', async () => {
    await query(
      `create type state as enum ('open', 'paid', 'refunded', 'it''s', 'lost');
       create table customers (id uuid primary key, name text);
       create table orders (id integer primary key, code text, customer_id integer, amount numeric(14,4), state state, extra json, note text)`,
      'next',
    )
    const { said } = await call('suggest', 'crm', '--like', 'next')
    expect(said).toMatchObject([
      { table: 'customers', pattern: 'remap_keys', reason: 'the key id is integer, and shall be uuid' },
      { table: 'orders', pattern: 'add_enum_values', reason: 'state gets lost' },
      {
        table: 'orders',
        pattern: 'copy_table',
        reason: expect.stringContaining('amount is numeric(12,2), and shall be numeric(14,4)'),
      },
    ])
  })
})

describe.skipIf(!hasPostgres || !hasMariadb)('migrations of MySQL and MariaDB', () => {
  const lines = async (sql: string) =>
    ((await mariadb?.run(`use pos; ${sql}`)) ?? []).map((row) => row.join('\t')).join('\n')

  it('copy and swap a table, and put it back', async () => {
    await mariadb?.run(`create database pos; use pos;
      create table orders (id bigint unsigned auto_increment primary key, code varchar(20) unique, amount decimal(12,2), state enum('open','paid') not null default 'open' comment 'it''s', note text);
      insert into orders (code, amount, note) select concat('o', seq), seq * 1.25, if(seq % 3 = 0, null, 'é') from seq_1_to_700`)
    const name = await migration(
      'copy_table',
      'pos-orders',
      ['from: orders', 'to: { table: orders_v2 }', 'batch: 150', 'verify: [same_rows, { same_totals: [amount] }]'],
      'pos',
    )
    const applied = await call('apply', name)
    expect(applied, applied.text).toMatchObject({ code: 0, said: { state: 'applied', rows: 700 } })
    const old = `orders_before_${name.slice(0, 4)}`
    expect(await lines(`select count(*) from ${old}; select count(*), sum(amount) from orders`)).toMatch(
      /700[\s\S]*700,306687\.50/,
    )
    expect(await call('undo', name, '--yes')).toMatchObject({ code: 0 })
    expect(await lines('show tables')).toContain('orders_v2')
  })

  it('add values to an enumeration and keep the rest of the column, and take them out again', async () => {
    const name = await migration(
      'add_enum_values',
      'pos-refunds',
      ['column: orders.state', 'values: [refunded]'],
      'pos',
    )
    const added = await call('apply', name)
    expect(added, added.text).toMatchObject({ code: 0 })
    expect(await lines('show create table orders')).toContain(
      "enum('open','paid','refunded') NOT NULL DEFAULT 'open' COMMENT 'it''s'",
    )
    await lines("update orders set state = 'refunded' where id = 1")
    expect((await call('undo', name, '--yes')).text).toContain('1 rows of orders have one of refunded in state')
    await lines("update orders set state = 'open' where id = 1")
    expect(await call('undo', name, '--yes')).toMatchObject({ code: 0 })
    expect(await lines('show create table orders')).toContain("enum('open','paid') NOT NULL")
  })

  it('give rows other keys in one transaction', async () => {
    await lines(`create table people (id int primary key, boss int, name text, foreign key (boss) references people (id));
      create table people_map (old_id int, new_id int); insert into people values (1, null, 'a'), (2, 1, 'b'); insert into people_map values (1, 2), (2, 1)`)
    const name = await migration(
      'remap_keys',
      'pos-people',
      ['table: people', 'key: id', 'via: { table: people_map, old: old_id, new: new_id }'],
      'pos',
    )
    const applied = await call('apply', name)
    expect(applied, applied.text).toMatchObject({ code: 0 })
    expect(await lines("select concat(id, name, coalesce(boss, '-')) from people order by name")).toMatch(
      /2a-[\s\S]*1b2/,
    )
  })
})
