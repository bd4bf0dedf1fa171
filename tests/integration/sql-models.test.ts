import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let server: Postgres
let project: TableProject
let client: pg.Client

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres()
  await server.sql('create database crm')
  client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database: 'crm' })
  await client.connect()
  await client.query(`create table orders (id integer, day date, amount numeric(12,2), tags text[]);
    insert into orders select g, date '2026-01-01' + g % 3, g, array['a'] from generate_series(1, 30) g`)
  project = await createTableProject({ crm: postgresYaml(server, 'crm') })
  await project.pipeline('all', ['source: crm', 'destination: crm', 'streams: { copy: { from: orders } }'])
  await mkdir(join(project.folder, 'config/sql'), { recursive: true })
}, 120_000)
afterAll(async () => {
  await client?.end()
  await project?.remove()
  await server?.close()
})

async function model(name: string, sql: string, lines: readonly string[]) {
  const at = (ending: string) => join(project.folder, `config/sql/${name}.${ending}`)
  await writeFile(at('sql'), sql)
  await writeFile(
    at('yaml'),
    ['version: 1', `model: ${name}`, 'kind: sql', 'description: A test.', 'connection: crm', ...lines, ''].join('\n'),
  )
}

async function call(...flags: readonly string[]) {
  const { code, stdout, stderr } = await daybreak(['model', 'sql', '-o', 'json', ...flags], {
    cwd: project.folder,
    env: project.env,
  })
  return { code, said: stdout === '' ? null : JSON.parse(stdout), stderr }
}

const rows = async (sql: string) => (await client.query(sql)).rows

describe.skipIf(!hasPostgres)(`models of a PostgreSQL connection (${NO_POSTGRES})`, () => {
  it('are built in the order of what they read, in the dialect of the server', async () => {
    // By name the reader comes first.
    await model('a_week', `select sum(total) as total from marts.days -- from nowhere`, ['into: marts.week'])
    await model('days', `select day, sum(amount) filter (where 'a' = any(tags)) as total from orders group by 1;`, [
      ...['into: marts.days', 'key: [day]', 'checks: [{ name: positive, that: total > 0 }]'],
    ])
    expect((await call('--list')).said).toMatchObject([{ model: 'days' }, { model: 'a_week', reads: 'days' }])
    const built = await call()
    expect(built, built.stderr).toMatchObject({
      code: 0,
      said: [
        { model: 'days', rows: 3 },
        { model: 'a_week', rows: 1 },
      ],
    })
    expect(await rows('select total::text from marts.week')).toEqual([{ total: '465.00' }])
  })

  it('keep their rows, readers and rights when a check fails, and those that read them wait', async () => {
    await client.query(
      'create view marts.seen as select * from marts.days; create role reader; grant select on marts.days to reader',
    )
    await client.query('update orders set amount = -1000 where id = 1')
    const held = await call()
    expect(held.code).toBe(3)
    expect(held.said).toMatchObject([
      { model: 'days', outcome: 'held', reason: expect.stringContaining('the check positive fails for 1 rows') },
      { model: 'a_week', outcome: 'waits', reason: 'days is not built' },
    ])
    expect(await rows('select sum(total)::text as total from marts.seen')).toEqual([{ total: '465.00' }])
    await client.query('update orders set amount = 2 where id = 1')
    expect(await call()).toMatchObject({ code: 0 })
    expect(await rows('select sum(total)::text as total from marts.seen')).toEqual([{ total: '466.00' }])
    expect(await rows("select has_table_privilege('reader', 'marts.days', 'select') as may")).toEqual([{ may: true }])
  })

  it('show a reader the old rows or the new ones, and never none', async () => {
    const seen = new Set<number>()
    let isOver = false
    const watching = (async () => {
      const other = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database: 'crm' })
      await other.connect()
      while (!isOver) seen.add((await other.query('select count(*)::int as n from marts.days')).rows[0].n)
      await other.end()
    })()
    for (let at = 0; at < 5; at++) expect((await call()).code).toBe(0)
    isOver = true
    await watching
    expect([...seen]).toEqual([3])
  })

  it('say where the server refuses a query, and which models read each other', async () => {
    await model('days', 'select nothing from orders', ['into: marts.days'])
    expect((await call()).said).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('column "nothing" does not exist') },
      { outcome: 'waits' },
    ])
    await model('days', 'select * from marts.week', ['into: marts.days'])
    expect((await call()).stderr).toContain('read each other')
  })
})
