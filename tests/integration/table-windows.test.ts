import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let server: Postgres
let project: TableProject
let source: pg.Client
let copy: pg.Client

const REAL_CLOCK = {
  now: () => Date.now(),
  sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(milliseconds, 20))),
}

async function connect(database: string): Promise<pg.Client> {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
  await client.connect()
  return client
}

async function run(name: string, ...flags: readonly string[]) {
  const argv = ['run', name, '--output', 'json', '--quiet', ...flags]
  const finished = await daybreak(argv, { cwd: project.folder, env: project.env, clock: REAL_CLOCK })
  const row: unknown = finished.stdout === '' ? {} : JSON.parse(finished.stdout)
  return { ...finished, row }
}

const rowsOf = async (client: pg.Client, table: string) =>
  (await client.query(`select * from ${table} order by id`)).rows

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres()
  await server.sql('create database shop')
  await server.sql('create database crm')
  source = await connect('shop')
  copy = await connect('crm')
}, 120_000)

beforeEach(async () => {
  if (!hasPostgres) return
  await project?.remove()
  project = await createTableProject({ shop: postgresYaml(server, 'shop'), crm: postgresYaml(server, 'crm') })
  for (const client of [source, copy]) await client.query('drop schema public cascade; create schema public')
  await source.query(`create table items (id integer primary key, name text, amount numeric(10,2), updated_at timestamptz default now());
    insert into items select g, 'n' || g, g, '2026-01-01Z'::timestamptz + g * interval '1 s' from generate_series(1, 50) g`)
})

afterAll(async () => {
  await source?.end()
  await copy?.end()
  await project?.remove()
  await server?.close()
})

async function define(...lines: readonly string[]): Promise<void> {
  await project.pipeline('items', [
    'source: shop',
    'destination: crm',
    'streams:',
    '  items:',
    '    from: items',
    ...lines.map((line) => `    ${line}`),
  ])
}

const windows = async () =>
  (
    await copy.query(
      "select window_id, number::int, rows::int, inserted::int, updated::int from _daybreak_loads where state = 'done' order by number",
    )
  ).rows

describe.skipIf(!hasPostgres)(`windows of a table (${NO_POSTGRES})`, () => {
  it('reads what changed since the last loaded window, and finds rows that were committed late', async () => {
    await define('mode: incremental', 'cursor: { column: updated_at, overlap: 10s }')
    expect(await run('items')).toMatchObject({ code: 0, row: { state: 'succeeded' } })
    await source.query(`update items set name = 'new', updated_at = '2026-01-02Z' where id = 3;
      insert into items values (51, 'late', 1, '2026-01-01Z'::timestamptz + interval '45 s'), (52, 'next', 2, '2026-01-02Z')`)
    expect(await run('items')).toMatchObject({ code: 0, row: { state: 'succeeded' } })
    expect(await rowsOf(copy, 'items')).toEqual(await rowsOf(source, 'items'))
    expect(await windows()).toMatchObject([
      { window_id: 'w000001', rows: 50, inserted: 50 },
      { window_id: 'w000002', inserted: 2 },
    ])
  })

  it('is read by `daybreak serve` when it is due: once in a slot of its schedule, and in the next one what changed', async () => {
    await define('mode: incremental', 'cursor: { column: updated_at }')
    const stop = new AbortController()
    let ahead = 0
    const clock = { ...REAL_CLOCK, now: () => Date.now() + ahead }
    const argv = ['serve', '--api-only', '--port', '0']
    const served = daybreak(argv, { cwd: project.folder, env: project.env, clock, signal: stop.signal })
    const count = async () =>
      (await copy.query(`select to_regclass('items') is not null as made`)).rows[0].made
        ? Number((await copy.query('select count(*) from items')).rows[0].count)
        : 0
    await vi.waitUntil(async () => (await count()) === 50, { timeout: 60_000, interval: 200 })
    await source.query(`insert into items values (51, 'late', 1, '2026-01-02Z')`)
    ahead += 120_000
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(await count()).toBe(50)
    ahead += 86_400_000
    await vi.waitUntil(async () => (await count()) === 51, { timeout: 60_000, interval: 200 })
    stop.abort()
    await served
    const { stdout } = await daybreak(['runs', 'list', '-o', 'json'], { cwd: project.folder, env: project.env, clock })
    const runs: readonly { trigger: string; state: string }[] = JSON.parse(stdout)
    expect(runs.map(({ trigger, state }) => `${trigger} ${state}`)).toEqual([
      'schedule succeeded',
      'schedule succeeded',
    ])
  })

  it('adds a whole copy with its instant for each snapshot', async () => {
    await define('mode: snapshot')
    for (let times = 0; times < 2; times++) expect(await run('items')).toMatchObject({ code: 0 })
    const found = await copy.query('select _snapshot_at, count(*)::int from items group by 1 order by 1')
    expect(found.rows.map(({ count }) => count)).toEqual([50, 50])
  })

  it('appends rows after the last one, and nothing where there are none', async () => {
    await define('mode: append', 'cursor: { column: id }')
    expect(await run('items')).toMatchObject({ code: 0 })
    expect(await run('items')).toMatchObject({ row: { state: 'skipped' } })
    await source.query("insert into items values (60, 'x', 1)")
    expect(await run('items')).toMatchObject({ code: 0 })
    expect(await rowsOf(copy, 'items')).toEqual(await rowsOf(source, 'items'))
  })

  it('asks what becomes of rows without a cursor', async () => {
    await source.query("insert into items values (99, 'none', 1, null)")
    await define('mode: incremental', 'cursor: { column: updated_at }')
    const refused = await run('items')
    expect(refused.code).not.toBe(0)
    expect(refused.stdout).toContain('1 of 51 rows of items have no updated_at; say `nulls: include`')
    await define('mode: incremental', 'cursor: { column: updated_at, nulls: include }')
    expect(await run('items')).toMatchObject({ code: 0 })
    expect(await rowsOf(copy, 'items')).toEqual(await rowsOf(source, 'items'))
  })

  it.each([
    ['overwrite', { name: 'n1', amount: null, own: 'kept' }],
    ['merge', { name: 'n1', amount: '7.00', own: 'kept' }],
    ['skip', { name: 'theirs', amount: '7.00', own: 'kept' }],
  ])('on_conflict: %s leaves the row that it says', async (strategy, expected) => {
    await source.query('update items set amount = null where id = 1')
    await copy.query(`create table items (id integer primary key, name text, amount numeric(10,2), updated_at timestamptz, own text);
      insert into items values (1, 'theirs', 7, null, 'kept'), (1000, 'only theirs', 1, null, 'kept')`)
    await define('mode: full', `on_conflict: ${strategy}`)
    expect(await run('items')).toMatchObject({ code: 0, row: { state: 'succeeded' } })
    const { rows } = await copy.query('select name, amount, own from items where id = 1')
    expect(rows).toEqual([expected])
    expect((await copy.query('select count(*)::int as all from items')).rows).toEqual([{ all: 51 }])
  })

  it('on_conflict: fail writes nothing, and names the keys', async () => {
    await copy.query(
      "create table items (id integer primary key, name text, amount numeric(10,2), updated_at timestamptz); insert into items values (7, 'theirs', 1)",
    )
    await define('mode: full', 'on_conflict: fail')
    const { code, stdout } = await run('items')
    expect(code).not.toBe(0)
    expect(stdout).toContain('1 keys are in')
    expect((await copy.query('select id, name from items')).rows).toEqual([{ id: 7, name: 'theirs' }])
  })

  it('refuses to find rows by a key that no index holds unique, and says the statement that makes it', async () => {
    await copy.query('create table items (id integer, name text, amount numeric(10,2), updated_at timestamptz)')
    await define('mode: full', 'on_conflict: overwrite')
    const { code, stdout } = await run('items')
    expect(code).not.toBe(0)
    expect(stdout).toContain('CREATE UNIQUE INDEX ON')
  })

  it('keeps the last row of a key that is there twice, and lists the others as superseded', async () => {
    await source.query(
      "alter table items drop constraint items_pkey; insert into items values (5, 'newer', 1, '2026-02-01Z'), (6, 'older', 1, '2025-01-01Z')",
    )
    await define('key: [id]', 'mode: incremental', 'cursor: { column: updated_at }')
    expect(await run('items')).toMatchObject({ code: 0, row: { state: 'succeeded', rejected: 2 } })
    expect((await copy.query('select id, name from items where id in (5, 6) order by id')).rows).toEqual([
      { id: 5, name: 'newer' },
      { id: 6, name: 'n6' },
    ])
  })

  it('holds a window back whose rows break what the pipeline wants, and leaves the table as it was', async () => {
    await define()
    await run('items')
    await source.query('update items set name = null where id > 40')
    await define('columns: { name: { required: true } }')
    const { code, stdout } = await run('items')
    expect(code).not.toBe(0)
    expect(stdout).toContain('10 of 50 rows were rejected')
    expect(stdout).toContain('name NULL: expected a value')
    expect((await copy.query('select count(name)::int as names from items')).rows).toEqual([{ names: 50 }])
    await source.query("update items set name = 'back' where name is null")
    expect(await run('items')).toMatchObject({ code: 0, row: { state: 'succeeded' } })
    expect(await rowsOf(copy, 'items')).toEqual(await rowsOf(source, 'items'))
  })

  it('adds a column that the source has got, if the pipeline may', async () => {
    await define()
    await run('items')
    await source.query('alter table items add column more jsonb; update items set more = \'{"a": 1}\' where id = 1')
    const refused = await run('items')
    expect(refused.code).not.toBe(0)
    expect(refused.stdout).toContain('create: { columns: add }')
    await define('create: { columns: add }')
    expect(await run('items')).toMatchObject({ code: 0 })
    expect(await rowsOf(copy, 'items')).toEqual(await rowsOf(source, 'items'))
  })

  it('cuts a table by its key, and reads all shards in one view', async () => {
    await source.query('insert into items select g, null, g, now() from generate_series(100, 2000) g; analyze items')
    await define('workers: 3', 'batch: { rows: 300 }')
    const { code, row } = await run('items')
    expect(code).toBe(0)
    expect(row).toMatchObject({ state: 'succeeded', rows: 1951 })
    expect(await rowsOf(copy, 'items')).toEqual(await rowsOf(source, 'items'))
  })
})

describe.skipIf(!hasPostgres)(`a comparison of both sides (${NO_POSTGRES})`, () => {
  const compare = async (...flags: readonly string[]) =>
    await daybreak(['compare', 'items', '--output', 'json', ...flags], { cwd: project.folder, env: project.env })

  it('finds every value equal after a run, and names the keys that differ later', async () => {
    await define()
    await run('items')
    const equal = await compare()
    expect(equal).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(equal.stdout)).toMatchObject([
      { stream: 'items', source_rows: 50, destination_rows: 50, result: 'equal' },
    ])
    await source.query("insert into items values (70, 'new', 1); update items set name = '' where id = 2")
    await copy.query("delete from items where id = 3; insert into items values (80, 'own', 1)")
    const { code, stdout } = await compare()
    expect(code).toBe(3)
    const [{ keys }] = JSON.parse(stdout)
    expect(keys.toSorted((a: { key: string }, b: { key: string }) => Number(a.key) - Number(b.key))).toEqual([
      { key: '2', difference: 'other values' },
      { key: '3', difference: 'only at the source' },
      { key: '70', difference: 'only at the source' },
      { key: '80', difference: 'only at the destination' },
    ])
    expect(JSON.parse((await compare('--keys', '1')).stdout)[0].keys).toHaveLength(1)
  })

  it('has one hash for a row in PostgreSQL and in DuckDB, for every type', async () => {
    await source.query(`create table wide (id integer primary key, a numeric(38,10), b timestamptz, c timestamp, d date, e time, f boolean, g bytea,
        h float8, i text, j jsonb, k text[], l uuid, m char(4), n numeric);
      insert into wide values (1, 1.5, '2026-03-29 01:30:00.123456+01', '1999-12-31 23:59:59.999999', '0044-03-15 BC', '24:00:00', true, '\\x00ff', 0.1, 'é😀', '{"b": 1, "a": 2}', '{a,null}', gen_random_uuid(), 'x', 1e50),
        (2, null, 'infinity', '-infinity', 'infinity', '00:00:00.000001', false, '', 'NaN', '', 'null', '{}', null, '', 0.00000000000000000001),
        (3, -0.0000000001, '0001-01-01Z', '0044-01-01 BC', '5000-01-01', null, null, null, '-Infinity', null, '[1.0]', null, null, null, null),
        (4, 0, '1969-12-31 23:59:59.999999Z', '1970-01-01', '1970-01-01', '12:00', true, '\\x5c', 123456789012345680, E'a\\nb', '"x"', '{"a,b"}', null, 'äö', 5),
        (5, 9999999999999999999999999999.9999999999, '9999-12-31 23:59:59Z', '2000-02-29', '2000-02-29', '23:59:59', false, '\\x27', 1e-7, '\\N', '{}', '{1,2}', null, 'a  b', 12.50)`)
    await writeConnections()
    await project.pipeline('items', ['source: shop', 'destination: lake', 'streams:', '  wide: { from: wide }'])
    expect(await run('items')).toMatchObject({ code: 0, row: { state: 'succeeded', rejected: 0 } })
    const { stdout, stderr } = await compare()
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject([{ source_rows: 5, destination_rows: 5, result: 'equal', keys: [] }])
  })

  async function writeConnections(): Promise<void> {
    await project.remove()
    project = await createTableProject({
      shop: postgresYaml(server, 'shop'),
      lake: '{ kind: duckdb, path: lake.duckdb }',
    })
  }
})

describe.skipIf(!hasPostgres)(`connections (${NO_POSTGRES})`, () => {
  const ask = async (...argv: readonly string[]) =>
    await daybreak([...argv, '--output', 'json'], { cwd: project.folder, env: project.env })

  it('are listed with the pipelines that use them, tested and discovered', async () => {
    await define()
    const listed = await ask('connection', 'list')
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { name: 'crm', kind: 'postgres', source_of: '', destination_of: 'items' },
      { name: 'shop', kind: 'postgres', source_of: 'items', destination_of: '' },
    ])
    const tested = await ask('connection', 'test', 'shop')
    expect(JSON.parse(tested.stdout)).toMatchObject({
      version: expect.stringMatching(/^PostgreSQL \d+/),
      encrypted: false,
      may_write: true,
    })
    const found = await ask('connection', 'discover', 'shop')
    expect(JSON.parse(found.stdout)).toMatchObject([{ table: 'public.items', columns: 4, key: 'id' }])
    const columns = await ask('connection', 'discover', 'shop', '--table', 'public.it*', '--columns')
    expect(JSON.parse(columns.stdout)).toContainEqual({
      table: 'public.items',
      column: 'amount',
      native: 'numeric(10,2)',
      type: 'numeric',
      required: false,
    })
  })

  it('say what is wrong with a connection that is none', async () => {
    await define()
    expect((await ask('connection', 'test', 'shopp')).stderr).toContain('no connection \\"shopp\\"')
  })
})
