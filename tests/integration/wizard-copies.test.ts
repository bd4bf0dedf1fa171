import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testFolder } from '../support/folder.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { atTerminal, configOf, inProject, KEYS } from '../support/wizard.ts'

const { enter, down, ctrlC } = KEYS

let server: Postgres

async function query(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function lakeRows(path: string, sql: string) {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres({ access: ['host shop reader all scram-sha-256'] })
  await server.sql('create database shop')
  await server.sql('create database crm')
  await server.sql(`create role reader login password 'Sesame-17'`)
  await query(
    'shop',
    `create table customers (code uuid not null unique default gen_random_uuid(), name text not null);
     create table orders (id bigint primary key, amount numeric(38,10), updated_at timestamptz not null);
     create index on orders (updated_at);
     insert into customers (name) values ('Ann'), ('');
     insert into orders select g, g / 7.0, timestamptz '2026-01-01' + g * interval '1 minute' from generate_series(1, 500) g;
     grant select on all tables in schema public to reader`,
  )
}, 120_000)

afterAll(() => server?.close())

describe.skipIf(!hasPostgres)(`the wizard with PostgreSQL (${NO_POSTGRES})`, () => {
  const address = () => `postgres://reader@${server.host}:${server.port}/shop`

  it('copies to DuckDB by a password that is a secret alone, and finds key and cursor in the catalog', async () => {
    const folder = await testFolder()
    const flags = [
      'init',
      '--source',
      address(),
      '--source-set',
      'password=secret://shop_pg',
      '--destination',
      'duckdb:lake.duckdb',
    ]
    const more = [
      '--tables',
      'public.orders,public.customers',
      '--mode',
      'orders=incremental',
      '--cursor',
      'orders=updated_at',
    ]
    const without = await inProject(folder, [...flags, ...more])
    expect(without).toMatchObject({ code: 2 })
    expect(without.stderr).toContain(join(folder, '.daybreak/secrets/shop_pg'))
    mkdirSync(join(folder, '.daybreak/secrets'), { recursive: true })
    writeFileSync(join(folder, '.daybreak/secrets/shop_pg'), 'Sesame-17\n')
    const done = await inProject(folder, [...flags, ...more, '--run'])
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(done.stdout).toMatch(/state +succeeded/)
    const yaml = configOf(folder).get('config/pipelines/shop_to_lake.yaml')
    expect(yaml).toContain('key: [id]')
    expect(yaml).toContain('key: [code]')
    expect(
      await lakeRows(join(folder, 'lake.duckdb'), 'select count(*), sum(amount) from shop_to_lake.orders'),
    ).toEqual([['500', String((await query('shop', 'select sum(amount)::text as sum from orders'))[0]?.sum)]])
  })

  it('asks for a password, keeps it as a secret, and shows it nowhere', async () => {
    const folder = await testFolder()
    const left = await atTerminal(
      folder,
      ['init', '--tables', 'public.orders', '--destination', 'duckdb:lake.duckdb'],
      [
        ['Source', enter],
        ['Host', server.host, enter],
        ['Port', String(server.port), enter],
        ['Database', 'shop', enter],
        ['Login', 'reader', enter],
        ['Secret with its password', 'shop_pg', enter],
        ['is not there yet', 'Sesame-17', enter],
        ['Name of this connection', enter],
        ['Name of this connection', enter],
        ['which rows a run reads', enter],
        ['whose key is there', enter],
        ['Run now?', down, enter],
      ],
    )
    expect(left, left.stderr).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, '.daybreak/secrets/shop_pg'), 'utf8')).toBe('Sesame-17')
    expect([...configOf(folder).values(), left.stdout, left.stderr].join('\n')).not.toContain('Sesame-17')
    expect(configOf(folder).get('config/connections.yaml')).toContain('password: secret://shop_pg')
    const ran = await inProject(folder, ['run', 'shop_to_lake'])
    expect(ran.stdout, ran.stderr).toMatch(/state +succeeded/)
  })

  it('copies SQLite to PostgreSQL', async () => {
    const folder = await testFolder()
    const till = new DatabaseSync(join(folder, 'till.sqlite'))
    till.exec(
      `create table tips (id integer primary key, amount numeric(8,2), note text); insert into tips values (1, 2.5, 'a'), (2, null, '')`,
    )
    till.close()
    const target = `postgres://postgres@${server.host}:${server.port}/crm`
    const flags = [
      '--source',
      'sqlite:till.sqlite',
      '--tables',
      'tips',
      '--destination',
      target,
      '--on-conflict',
      'merge',
      '--run',
    ]
    const done = await inProject(folder, ['init', ...flags])
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(done.stdout).toMatch(/state +succeeded/)
    expect(await query('crm', 'select id::int, amount::text, note from tips order by id')).toEqual([
      { id: 1, amount: '2.50', note: 'a' },
      { id: 2, amount: null, note: '' },
    ])
  })
})

it('copies a folder of CSV to SQLite with types, and lists the rows that are rejected', async () => {
  const folder = await testFolder()
  mkdirSync(join(folder, 'in'))
  writeFileSync(join(folder, 'in/prices-1.csv'), 'sku,price,valid\nA,1.50,2026-01-01\nB,2,2026-01-02\n')
  writeFileSync(join(folder, 'in/prices-2.csv'), 'sku,price,valid\nC,3.25,2026-02-01\n')
  const flags = [
    '--source',
    'folder:in',
    '--files',
    'prices-*.csv',
    '--destination',
    'sqlite:shop.sqlite',
    '--key',
    'sku',
  ]
  const types = ['--convert', 'price=numeric:12:2', '--convert', 'valid=date']
  const done = await inProject(folder, ['init', ...flags, ...types, '--run'])
  expect(done, done.stderr).toMatchObject({ code: 0 })
  expect(done.stdout).toMatch(/state +succeeded/)
  const shop = new DatabaseSync(join(folder, 'shop.sqlite'))
  expect(shop.prepare('select sku, cast(price as text) as price, valid from prices order by sku').all()).toMatchObject([
    { sku: 'A', price: '1.5', valid: '2026-01-01' },
    { sku: 'B', price: '2', valid: '2026-01-02' },
    { sku: 'C', price: '3.25', valid: '2026-02-01' },
  ])
  shop.close()
  writeFileSync(join(folder, 'in/prices-3.csv'), 'sku,price,valid\nD,cheap,2026-02-01\n')
  const shown = await inProject(folder, ['init', ...flags, ...types, '--write', 'replace'])
  expect(shown.stdout).toMatch(/prices-3\.csv +2 +price +cheap/)
})

const hasScript = spawnSync('script', ['--version']).status === 0

describe.skipIf(!hasScript)('the wizard at a pseudo-terminal (skipped: no script of util-linux)', () => {
  it('draws its questions, and Ctrl-C ends the process with 130 and no file of the project', async () => {
    const folder = await testFolder()
    new DatabaseSync(join(folder, 'shop.sqlite')).exec('create table a (id integer primary key)')
    // Without a size each letter would be a line.
    const program = `stty cols 100 rows 40; exec '${process.execPath}' '${process.cwd()}/cli/daybreak.mjs' init`
    const child = spawn('script', ['-qec', program, '/dev/null'], {
      cwd: folder,
      env: { ...process.env, CI: '', TERM: 'xterm', DAYBREAK_HOME: '' },
    })
    const chunks: string[] = []
    child.stdout.setEncoding('utf8').on('data', (text: string) => chunks.push(text))
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    const until = async (shown: string) => {
      for (let waited = 0; !chunks.join('').includes(shown); waited += 50) {
        if (waited > 30_000) throw new Error(`not shown: ${shown}\n${chunks.join('')}`)
        await wait(50)
      }
      await wait(100)
    }
    await until('Source')
    for (const key of [down, down, enter]) child.stdin.write(key)
    await until('File, from')
    child.stdin.write(ctrlC)
    expect(await ended).toBe(130)
    expect(existsSync(join(folder, 'config'))).toBe(false)
    expect(chunks.join('')).toContain('Nothing was written to the project')
  }, 60_000)
})
