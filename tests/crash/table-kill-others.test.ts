import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasMariadb, type Mariadb, startMariadb } from '../support/mariadb.ts'
import { hasPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

const KILLS = 8
const ROWS = 20_000

const hasBoth = hasMariadb && hasPostgres

let postgres: Postgres
let mariadb: Mariadb
let project: TableProject
let source: pg.Client

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

const ITEMS = 'select id, name, amount from items order by id'

async function itemsAtSource(): Promise<readonly string[]> {
  return (await source.query(ITEMS)).rows.map(({ id, name, amount }) => [id, name, amount].join('|'))
}

/** Rows and loads that a destination has, by a client that is not ours. */
const SIDES: Readonly<Record<string, () => Promise<{ readonly items: readonly string[]; readonly twice: number }>>> = {
  async to_mysql() {
    const items = await mariadb.run(ITEMS.replace('from items', 'from crm.items'))
    const twice = await mariadb.run(
      "select number from crm._daybreak_loads where state = 'done' group by number having count(*) > 1",
    )
    return { items: items.map((row) => row.join('|')), twice: twice.length }
  },
  async to_sqlite() {
    const database = new DatabaseSync(join(project.folder, 'crm.sqlite'))
    const items = database.prepare(ITEMS).all()
    const twice = database
      .prepare("select number from _daybreak_loads where state = 'done' group by number having count(*) > 1")
      .all()
    database.close()
    return {
      items: items.map(({ id, name, amount }) => [id, name, Number(amount).toFixed(4)].join('|')),
      twice: twice.length,
    }
  },
}

beforeAll(async () => {
  if (!hasBoth) return
  ;[postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()])
  await postgres.sql('create database shop')
  await mariadb.run('create database crm character set utf8mb4')
  source = new pg.Client({ host: postgres.host, port: postgres.port, user: 'postgres', database: 'shop' })
  await source.connect()
  await source.query(`create table items (id bigint primary key, name text, amount numeric(12,4), updated_at timestamptz not null);
    insert into items select g, repeat('x', 50) || g, g / 3.0, now() - interval '1 day' from generate_series(1, ${ROWS}) g; analyze items`)
  project = await createTableProject({
    shop: postgresYaml(postgres, 'shop'),
    mysql: `{ kind: mysql, host: ${mariadb.socket}, database: crm, user: root }`,
    sqlite: '{ kind: sqlite, path: crm.sqlite }',
  })
  for (const kind of ['mysql', 'sqlite'])
    await project.pipeline(`to_${kind}`, [
      ...['source: shop', `destination: ${kind}`, 'streams:'],
      '  items: { from: items, mode: incremental, cursor: { column: updated_at, overlap: 1h } }',
    ])
}, 120_000)

afterAll(async () => {
  await source?.end()
  await project?.remove()
  await mariadb?.close()
  await postgres?.close()
})

describe.skipIf(!hasBoth)('processes that are killed (skipped: no MariaDB or no PostgreSQL)', () => {
  it.each(Object.keys(SIDES))(
    '%s lose and double nothing, with a source that changes and two of them at a time',
    async (name) => {
      let killed = 0
      for (let round = 0; round < KILLS; round++) {
        await source.query(
          `insert into items values ((select max(id) + 1 from items), 'new', 1, now()); update items set amount = amount + 1, updated_at = now() where id % ${KILLS} = ${round}`,
        )
        const children = round % 3 === 2 ? [start(name), start(name)] : [start(name)]
        for (const [at, child] of children.entries()) {
          const timer = setTimeout(() => child.kill('SIGKILL'), 700 + ((round * 677 + at * 1409) % 3200))
          void finish(child).finally(() => clearTimeout(timer))
        }
        for (const child of children) {
          await finish(child)
          if (child.signalCode === 'SIGKILL') killed++
        }
      }
      expect(killed, 'processes that were killed before their end').toBeGreaterThan(2)
      let code: number | null = 1
      for (let runs = 0; runs < 4 && code !== 0; runs++) code = await finish(start(name))
      expect(code).toBe(0)
      expect(await finish(start(name)), 'a quiet run').toBe(0)
      const { items, twice } = (await SIDES[name]?.()) ?? { items: [], twice: -1 }
      expect(twice).toBe(0)
      const expected = await itemsAtSource()
      expect(items.filter((row, at) => row !== expected[at]).slice(0, 5)).toEqual([])
      expect(items).toHaveLength(expected.length)
    },
    240_000,
  )
})
