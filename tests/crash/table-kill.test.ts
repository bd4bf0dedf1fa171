import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

const KILLS = 12
const ROWS = 20_000

let server: Postgres
let project: TableProject
let source: pg.Client
let copy: pg.Client

async function connect(database: string): Promise<pg.Client> {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
  await client.connect()
  return client
}

/** A real process of the command line. */
function start(name: string): ChildProcess {
  const args = [`${process.cwd()}/cli/daybreak.mjs`, 'run', name, '--output', 'json', '--quiet']
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...project.env }
  return spawn(process.execPath, args, { cwd: project.folder, env, stdio: 'ignore' })
}

async function finish(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

async function hashOf(client: pg.Client, table: string): Promise<unknown> {
  return (
    await client.query(
      `select count(*)::int as rows, md5(string_agg(t::text, '|' order by id)) as hash from ${table} t`,
    )
  ).rows[0]
}

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres()
  await server.sql('create database shop')
  await server.sql('create database crm')
  source = await connect('shop')
  copy = await connect('crm')
  await source.query(`create table items (id bigint primary key, name text, amount numeric(20,4), updated_at timestamptz not null);
    insert into items select g, repeat('x', 50) || g, g / 3.0, now() - interval '1 day' from generate_series(1, ${ROWS}) g; analyze items;
    create table whole (like items including all); insert into whole select * from items`)
  project = await createTableProject({ shop: postgresYaml(server, 'shop'), crm: postgresYaml(server, 'crm') })
  await project.pipeline('items', [
    ...['source: shop', 'destination: crm', 'streams:'],
    '  items: { from: items, mode: incremental, cursor: { column: updated_at, overlap: 1h } }',
    '  whole: { from: whole, workers: 2, batch: { rows: 8000 } }',
  ])
}, 120_000)

afterAll(async () => {
  await source?.end()
  await copy?.end()
  await project?.remove()
  await server?.close()
})

/** Writes to the source until the signal aborts: rows are new, changed, and committed late. */
async function writeOn(signal: AbortSignal): Promise<number> {
  const client = await connect('shop')
  let written = 0
  while (!signal.aborted) {
    const id = ROWS + ++written
    await client.query('begin')
    for (const table of ['items', 'whole'])
      await client.query(
        `insert into ${table} values (${id}, 'new', 1, now()); update ${table} set amount = amount + 1, updated_at = now() where id = ${1 + ((written * 7919) % ROWS)}`,
      )
    await wait(written % 10)
    await client.query('commit')
  }
  await client.end()
  return written
}

describe.skipIf(!hasPostgres)(`processes that are killed (${NO_POSTGRES})`, () => {
  it('lose and double nothing, with a source that is written to and two of them at a time', async () => {
    const over = new AbortController()
    const writer = writeOn(over.signal)
    let killed = 0
    for (let round = 0; round < KILLS; round++) {
      const children = round % 3 === 2 ? [start('items'), start('items')] : [start('items')]
      for (const [at, child] of children.entries()) {
        const timer = setTimeout(() => child.kill('SIGKILL'), 600 + ((round * 677 + at * 1409) % 3200))
        void finish(child).finally(() => clearTimeout(timer))
      }
      for (const child of children) {
        await finish(child)
        if (child.signalCode === 'SIGKILL') killed++
      }
    }
    over.abort()
    expect(await writer).toBeGreaterThan(10)
    expect(killed, 'processes that were killed before their end').toBeGreaterThan(3)

    let code: number | null = 1
    for (let runs = 0; runs < 4 && code !== 0; runs++) code = await finish(start('items'))
    expect(code).toBe(0)
    expect(await finish(start('items')), 'a quiet run').toBe(0)
    for (const table of ['items', 'whole'])
      expect(await hashOf(copy, table), table).toEqual(await hashOf(source, table))
    const twice = await copy.query(
      "select stream, number from _daybreak_loads where state = 'done' group by 1, 2 having count(*) > 1",
    )
    expect(twice.rows).toEqual([])
  }, 240_000)
})
