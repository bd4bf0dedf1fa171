import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let server: Postgres
let project: TableProject

const TABLE = `
create type state as enum ('open', 'paid');
create table orders (id bigint primary key, customer uuid, state state, amount numeric(38,10), free numeric, qty integer,
  created_at timestamptz, local_at timestamp, day date, at time, note text, code char(5), tags text[], extra jsonb, raw json,
  flag boolean, bytes bytea, ratio float8, took interval, price money);
insert into orders select g, gen_random_uuid(), (array['open', 'paid'])[1 + g % 2]::state, g * 1.0000000001, g / 7.0, g % 100,
  timestamptz '2026-03-29 00:30+00' + g * interval '1 minute', timestamp '2026-03-29 02:30:00.123456', date '2026-01-01' + g % 500,
  '23:59:59.999999', case g % 5 when 0 then null when 1 then '' when 2 then 'a,"b"' when 3 then E'line\\r\\nbreak' else 'é😀' end,
  'ab', array['x', 'y,z', null], jsonb_build_object('n', g), '{"a": 1.0, "a": 2}', g % 2 = 0, decode(md5(g::text), 'hex'), g / 3.0,
  interval '1 year 2 days', g from generate_series(1, 3000) g;
insert into orders (id) values (0);
create table empty (id integer primary key, note text);
create table one_column (note text);
insert into one_column values (null), (''), ('x');
create table "Odd ""name" ("Id" integer primary key, "id" integer, "a b" text);
insert into "Odd ""name" values (1, 2, 'c');`

async function query(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function run(name: string) {
  return await daybreak(['run', name, '--output', 'json', '--quiet'], {
    cwd: project.folder,
    env: project.env,
    clock: CLOCK,
  })
}

const CLOCK = {
  now: () => Date.now(),
  sleep: async (milliseconds: number) =>
    void (await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 50)))),
}

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres()
  await server.sql('create database shop')
  await server.sql('create database crm')
  await query('shop', TABLE)
  project = await createTableProject({
    shop: postgresYaml(server, 'shop'),
    crm: postgresYaml(server, 'crm'),
    lake: '{ kind: duckdb, path: lake.duckdb }',
  })
  const streams = ['streams:', '  orders: { from: public.orders }', '  empty: { from: empty }']
  await project.pipeline('to_lake', ['source: shop', 'destination: lake', ...streams])
  await project.pipeline('to_crm', [
    ...['source: shop', 'destination: crm', ...streams],
    `  one_column: { from: one_column }`,
    `  odd: { from: '"Odd ""name"', into: odd }`,
  ])
}, 120_000)

afterAll(async () => {
  await project?.remove()
  await server?.close()
})

describe.skipIf(!hasPostgres)(`a full copy of tables (${NO_POSTGRES})`, () => {
  it('makes the same rows with the same types at a server of the same kind, as an independent hash says', async () => {
    const { code, stdout, stderr } = await run('to_crm')
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ state: 'succeeded', slices: expect.anything() })
    expect(code).toBe(0)
    for (const [table, copy] of [
      ['orders', 'orders'],
      ['empty', 'empty'],
      ['one_column', 'one_column'],
      ['"Odd ""name"', 'odd'],
    ]) {
      const hash = (name: string | undefined) =>
        `select count(*), md5(string_agg(o::text, '|' order by o::text)) as hash from ${name} o`
      const types = (name: string | undefined) =>
        `select attname, format_type(atttypid, atttypmod) as type, attnotnull from pg_attribute where attrelid = '${name}'::regclass and attnum > 0`
      expect(await query('crm', hash(copy)), table).toEqual(await query('shop', hash(table)))
      expect(await query('crm', types(copy)), table).toEqual(await query('shop', types(table)))
    }
  })

  it('puts a second snapshot in the place of the first, and counts it once', async () => {
    await query(
      'shop',
      "update orders set note = 'changed' where id = 1; delete from orders where id = 2; insert into empty values (1, '')",
    )
    expect((await run('to_crm')).code).toBe(0)
    const [row] = await query(
      'crm',
      'select count(*)::int as all, count(*) filter (where id = 2)::int as gone, min(note) filter (where id = 1) as note from orders',
    )
    expect(row).toEqual({ all: 3000, gone: 0, note: 'changed' })
    expect(await query('crm', 'select * from empty')).toEqual([{ id: 1, note: '' }])
    expect(
      await query(
        'crm',
        "select count(*)::int as loads from _daybreak_loads where stream = 'orders' and state = 'done'",
      ),
    ).toEqual([{ loads: 2 }])
  })

  it('keeps every value in a DuckDB file, with the nearest types', async () => {
    const { code, stderr } = await run('to_lake')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const sql = `select count(*) as n, sum(amount)::varchar as amount, sum(octet_length(bytes)) as bytes, count(note) as notes,
      count(*) filter (where note = '') as blank, sum(epoch_us(created_at))::varchar as created, min("at")::varchar as "at",
      min(tags) as tags, min(raw)::varchar as raw, min(code) as code, min(took) as took, sum(price)::varchar as price,
      max(free) as free from to_lake.orders`
    const answer = await daybreak(['query', sql, '--pipeline', 'to_lake', '--output', 'json'], {
      cwd: project.folder,
      env: project.env,
    })
    expect(answer.stderr).toBe('')
    const [found] = JSON.parse(answer.stdout)
    const [source] = await query(
      'shop',
      `select count(*)::text as n, sum(amount)::text as amount, sum(octet_length(bytes))::text as bytes, count(note)::text as notes,
       (count(*) filter (where note = ''))::text as blank, trunc(sum(extract(epoch from created_at) * 1000000))::text as created,
       '23:59:59.999999' as at, '["x","y,z",null]' as tags, '{"a": 1.0, "a": 2}' as raw, 'ab   ' as code, 'P1Y2D' as took,
       sum(price)::numeric::text as price, max(free::text) as free from orders`,
    )
    expect(found).toEqual(source)
  })

  it('says what it knows of a table that is not there', async () => {
    await project.pipeline('lost', ['source: shop', 'destination: crm', 'streams:', '  lost: { from: public.ordres }'])
    const { code, stdout } = await run('lost')
    expect(code).not.toBe(0)
    expect(JSON.parse(stdout).reason).toContain('cannot read public.ordres')
  })
})
