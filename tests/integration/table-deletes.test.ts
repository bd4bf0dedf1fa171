import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasMariadb, type Mariadb, startMariadb } from '../support/mariadb.ts'
import { hasPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let project: TableProject
let postgres: Postgres | undefined
let mariadb: Mariadb | undefined

const DESTINATIONS = ['sqlite', 'duckdb', ...(hasPostgres ? ['postgres'] : []), ...(hasMariadb ? ['mysql'] : [])]

// A day later each time that it is told.
let ahead = 0
const CLOCK = {
  now: () => Date.now() + ahead,
  sleep: async (milliseconds: number) =>
    void (await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 20)))),
}

const call = (...args: readonly string[]) =>
  daybreak([...args], { cwd: project.folder, env: project.env, clock: CLOCK })

async function run(name: string) {
  const { stdout, stderr } = await call('run', name, '--output', 'json', '--quiet')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

const shop = () => new DatabaseSync(join(project.folder, 'shop.sqlite'), { timeout: 5_000 })

function change(sql: string): void {
  const database = shop()
  database.exec(sql)
  database.close()
}

/** Ids of the table of a destination, with a mark behind those that are deleted softly. */
async function ids(kind: string, table: string, soft = false): Promise<readonly string[]> {
  const { stdout, stderr, code } = await call('compare', `${table}_${kind}`, '-o', 'json')
  expect([stderr, code === 0 || code === 3]).toEqual(['', true])
  await project.pipeline(`read_${kind}`, [
    ...[`source: ${kind}`, 'destination: back', 'streams:'],
    `  ${table}_${kind}_back: { from: ${from(kind, table)}, key: [id] }`,
  ])
  await run(`read_${kind}`)
  const back = new DatabaseSync(join(project.folder, 'back.sqlite'))
  const rows = back.prepare(`select * from ${table}_${kind}_back order by id`).all()
  back.close()
  expect(JSON.parse(stdout)[0].result === 'equal').toBe(true)
  return rows.map((row) => `${row['id']}${soft && row['_deleted_at'] !== null ? ' gone' : ''}`)
}

function from(kind: string, table: string): string {
  if (kind === 'duckdb') return `${table}_${kind}.${table}`
  return table
}

beforeAll(async () => {
  project = await createTableProject({
    shop: '{ kind: sqlite, path: shop.sqlite }',
    sqlite: '{ kind: sqlite, path: copy.sqlite }',
    duckdb: '{ kind: duckdb, path: lake.duckdb }',
    back: '{ kind: sqlite, path: back.sqlite }',
  })
  // Readers and writers of the source do not wait for each other.
  change('pragma journal_mode = wal')
  if (hasPostgres) {
    postgres = await startPostgres()
    await postgres.sql('create database crm')
    await project.connection('postgres', postgresYaml(postgres, 'crm'))
  }
  if (hasMariadb) {
    mariadb = await startMariadb()
    await mariadb.run('create database crm')
    await project.connection('mysql', `{ kind: mysql, host: ${mariadb.socket}, database: crm, user: root }`)
  }
}, 120_000)

afterAll(async () => {
  await project?.remove()
  await postgres?.close()
  await mariadb?.close()
})

async function define(kind: string, table: string, deletes: string): Promise<string> {
  await project.pipeline(`${table}_${kind}`, [
    ...[
      'source: shop',
      `destination: ${kind}`,
      'streams:',
      `  ${table}:`,
      `    from: ${table}`,
      '    mode: incremental',
    ],
    ...['    cursor: { column: at, overlap: 1m }', `    deletes: ${deletes}`],
  ])
  return `${table}_${kind}`
}

describe.each(DESTINATIONS)('deletes by comparing keys in %s', (kind) => {
  it('deletes rows hard once a day', async () => {
    const name = await define(kind, 'hard', '{ compare_keys: daily, effect: hard, most: 0.5 }')
    change(`drop table if exists hard; create table hard (id text primary key, at datetime);
      insert into hard values ('a', '2026-01-01 08:00:00'), ('é', '2026-01-01 09:00:00'), ('B''"', '2026-01-01 10:00:00')`)
    expect(await run(name)).toMatchObject({ state: 'succeeded' })
    change("delete from hard where id = 'a'")
    ahead += 86_400_000
    expect(await run(name)).toMatchObject({ state: 'succeeded' })
    expect(await ids(kind, 'hard')).toEqual(['B\'"', 'é'])
    change("delete from hard where id = 'é'")
    expect(await run(name)).toMatchObject({ state: 'skipped' })
    ahead += 86_400_000
    await run(name)
    expect(await ids(kind, 'hard')).toEqual(['B\'"'])
  })

  it('marks rows softly, and takes the mark off when a key comes back', async () => {
    const name = await define(kind, 'soft', '{ compare_keys: every_run, most: 0.5 }')
    change(`drop table if exists soft; create table soft (id integer primary key, at datetime);
      insert into soft values (1, '2026-01-01 10:00:00'), (2, '2026-01-01 10:00:01'), (3, '2026-01-01 10:00:02')`)
    await run(name)
    change('delete from soft where id = 2')
    expect(await run(name)).toMatchObject({ state: 'succeeded' })
    expect(await ids(kind, 'soft', true)).toEqual(['1', '2 gone', '3'])
    change("insert into soft values (2, '2026-01-01 10:00:01')")
    await run(name)
    expect(await ids(kind, 'soft', true)).toEqual(['1', '2', '3'])
  })

  it('deletes nothing where more rows are gone than it may, and says so until it may', async () => {
    const name = await define(kind, 'many', '{ compare_keys: every_run, effect: hard, most: 0.4 }')
    change(`drop table if exists many; create table many (id integer primary key, at datetime);
      insert into many values (1, '2026-01-01 10:00:00'), (2, '2026-01-01 10:00:01')`)
    await run(name)
    change('delete from many where id = 1')
    for (let times = 0; times < 2; times++) {
      const refused = await run(name)
      expect(refused).toMatchObject({ state: 'partial' })
      expect(refused.reason).toContain(
        '1 of 2 rows of many have a key that the source has no longer, more than the share of 0.4',
      )
    }
    const open = async () =>
      JSON.parse((await call('incidents', 'list', '--kind', 'stream', '--stream', 'many', '-o', 'json')).stdout)
    expect(await open()).toMatchObject([{ code: 'ROWS_GONE' }])
    await define(kind, 'many', '{ compare_keys: every_run, effect: hard, most: 0.5 }')
    expect(await run(name)).toMatchObject({ state: 'succeeded' })
    expect(await open()).toEqual([])
    expect(await ids(kind, 'many')).toEqual(['2'])
  })

  it('equals a source that is written to meanwhile, once it is quiet', async () => {
    const name = await define(kind, 'busy', '{ compare_keys: every_run, effect: hard, most: 1 }')
    change(`drop table if exists busy; create table busy (id integer primary key, at datetime);
      insert into busy select value, datetime('now') from json_each('[1,2,3,4,5,6,7,8,9,10]')`)
    const stop = new AbortController()
    const writing = (async () => {
      for (let id = 11; !stop.signal.aborted; id++) {
        change(`insert into busy values (${id}, datetime('now')); delete from busy where id = ${id - 7}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    for (let times = 0; times < 3; times++) expect((await run(name)).state).toBe('succeeded')
    stop.abort()
    await writing
    await run(name)
    const database = shop()
    const expected = database.prepare('select id from busy order by id').all()
    database.close()
    expect(await ids(kind, 'busy')).toEqual(expected.map(({ id }) => String(id)))
  })
})
