import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testFolder } from '../support/folder.ts'
import { runScripts, stepsOf } from '../support/guide.ts'
import { hasPostgres, NO_POSTGRES, POSTGRES_VERSIONS, type Postgres, startPostgres } from '../support/postgres.ts'
import { ROOT } from '../support/world.ts'

const COMMANDS = `npx() { shift; "$NODE" "$ROOT/cli/daybreak.mjs" "$@"; }`

/** Cells of a table are apart by as many spaces as its widest row needs. */
const narrow = (text: string) => text.replaceAll(/ +/g, ' ')

/** Runs the commands of a page in a folder, with this server in the place of the hosts that it names, and looks for what it shows. */
async function follow(page: string, folder: string, server: Postgres | null) {
  const steps = await stepsOf(`docs/guide/${page}`)
  const scripts = steps.map(({ script }) =>
    script
      .replaceAll(/^(.*?) +# exit code (\d)$/gm, '{ $1; } || [ $? = $2 ]')
      .replaceAll(/@db\.\w+\.internal/g, `@127.0.0.1:${server?.port}`)
      .replaceAll(/-h db\.\w+\.internal/g, `-h 127.0.0.1 -p ${server?.port}`),
  )
  const env = { HOME: folder, NODE: process.execPath, ROOT, NO_COLOR: '1', SHOP_PASSWORD: 'Sesame-17' }
  const PATH = [...POSTGRES_VERSIONS.map(({ bin }) => bin), process.env.PATH].join(delimiter)
  const [, ...outputs] = await runScripts([COMMANDS, ...scripts], { cwd: folder, env: { ...env, PATH } })
  for (const [at, { shown }] of steps.entries()) {
    for (const line of shown?.text.trim().split('\n') ?? [])
      expect(narrow(outputs[at] ?? ''), `${page}, step ${at + 1}`).toContain(narrow(line))
  }
}

it('docs/guide/copy-a-database.md shows what its commands print', async () => {
  const folder = await testFolder()
  const till = new DatabaseSync(join(folder, 'till.sqlite'))
  till.exec(`create table customers (id integer primary key, name text not null); insert into customers values (1, 'Ann'), (2, 'Bo');
    create table orders (id integer primary key, customer integer not null, total numeric(10,2) not null);
    insert into orders values (1, 1, 10.5), (2, 1, 12), (3, 2, 4)`)
  till.close()
  await follow('copy-a-database.md', folder, null)
}, 120_000)

it('docs/guide/copy-files-to-sqlite.md shows what its commands print', async () => {
  await follow('copy-files-to-sqlite.md', await testFolder(), null)
}, 120_000)

const hasPsql = spawnSync('psql', ['--version']).status === 0

describe.skipIf(!hasPostgres || !hasPsql)(`guides with PostgreSQL and psql (${NO_POSTGRES})`, () => {
  let server: Postgres

  async function sql(database: string, text: string) {
    const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
    await client.connect()
    await client.query(text)
    await client.end()
  }

  beforeAll(async () => {
    server = await startPostgres({ access: ['host shop reader all scram-sha-256'] })
    for (const each of ['create database shop', 'create database crm', 'create role writer login'])
      await server.sql(each)
    await server.sql(`create role reader login password 'Sesame-17'`)
    await sql(
      'shop',
      `create table orders (id bigint primary key, customer bigint not null, total numeric(10,2), updated_at timestamptz not null);
      create index on orders (updated_at);
      insert into orders select g, 1, g * 10, now() - interval '1 day' from generate_series(1, 3) g;
      grant select on orders to reader`,
    )
    await sql('crm', 'grant create on schema public to writer')
  }, 120_000)
  afterAll(() => server?.close())

  it.each(['copy-postgres-to-a-warehouse.md', 'copy-csv-to-postgres.md'])(
    'docs/guide/%s shows what its commands print',
    async (page) => {
      await follow(page, await testFolder(), server)
    },
    180_000,
  )
})
