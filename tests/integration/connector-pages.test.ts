import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasMariadb, type Mariadb, startMariadb } from '../support/mariadb.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

/** The SQL blocks of a page in order: rights of a source, rights of a destination, and what else. */
function sqlOf(page: string): readonly string[] {
  const text = readFileSync(join('docs/connectors', page), 'utf8')
  return [...text.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, sql = '']) => sql)
}

let project: TableProject
const projects: TableProject[] = []

async function makeProject(connections: Readonly<Record<string, string>>) {
  project = await createTableProject(connections)
  projects.push(project)
}

async function call(...args: readonly string[]) {
  return await daybreak(args, {
    cwd: project.folder,
    env: project.env,
    clock: { now: () => Date.now(), sleep: async () => undefined },
  })
}

afterAll(async () => {
  for (const each of projects) await each.remove()
})

describe.skipIf(!hasPostgres)(`the rights of docs/connectors/postgres.md (${NO_POSTGRES})`, () => {
  const [ofSource = '', ofDestination = '', ofTable = ''] = sqlOf('postgres.md')
  let server: Postgres

  async function sql(database: string, text: string) {
    const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
    await client.connect()
    try {
      const results: unknown = await client.query(text)
      return [results].flat().at(-1)
    } finally {
      await client.end()
    }
  }

  const yaml = (database: string, user: string) =>
    `{ kind: postgres, host: ${server.host}, port: ${server.port}, database: ${database}, user: ${user} }`

  beforeAll(async () => {
    server = await startPostgres()
    for (const each of ['create database shop', 'create database crm']) await server.sql(each)
    await sql(
      'shop',
      `create table tips (id integer primary key, amount numeric(8,2)); insert into tips values (1, 2.5), (2, null)`,
    )
    await sql('crm', 'create table tips (id integer primary key, amount numeric(8,2))')
    await sql('shop', ofSource)
    await sql('crm', ofDestination)
    await makeProject({ shop: yaml('shop', 'reader'), crm: yaml('crm', 'writer') })
    await project.pipeline('made', ['source: shop', 'destination: crm', 'streams:', '  made: { from: public.tips }'])
    await project.pipeline('there', ['source: shop', 'destination: crm', 'streams:', '  tips: { from: public.tips }'])
  }, 120_000)
  afterAll(() => server?.close())

  it('let a source be read and nothing be changed', async () => {
    const tested = await call('connection', 'test', 'shop')
    expect(tested, tested.stderr).toMatchObject({ code: 0 })
    expect(tested.stdout).not.toContain('may change tables')
  })

  it('let a destination make its table and load it, also a second time', async () => {
    for (const _ of [1, 2]) {
      const ran = await call('run', 'made')
      expect(ran.stdout, ran.stderr).toMatch(/state +succeeded/)
      await sql('shop', 'insert into tips select max(id) + 1, 7 from tips')
    }
  })

  it('let a table of another role be loaded, and not before', async () => {
    const before = await call('run', 'there')
    expect(before.code).not.toBe(0)
    expect(before.stdout + before.stderr).toContain('permission denied for table tips')
    await sql('crm', ofTable)
    const after = await call('run', 'there')
    expect(after.stdout, after.stderr).toMatch(/state +succeeded/)
  })

  it('let tables of later days be read', async () => {
    await sql('shop', 'create table later (id integer primary key)')
    expect((await call('connection', 'discover', 'shop')).stdout).toContain('public.later')
  })
})

describe.skipIf(!hasMariadb)('the rights of docs/connectors/mysql.md (skipped: no MariaDB)', () => {
  const [ofSource = '', ofDestination = ''] = sqlOf('mysql.md')
  let server: Mariadb

  beforeAll(async () => {
    server = await startMariadb()
    await server.run(`create database pos; create database crm;
      create table pos.tips (id int primary key, amount decimal(8,2)); insert into pos.tips values (1, 2.5), (2, null)`)
    await server.run(ofSource)
    await server.run(ofDestination)
    const yaml = (database: string, user: string) =>
      `{ kind: mysql, host: ${server.socket}, database: ${database}, user: ${user}, password: secret://mysql }`
    await makeProject({ pos: yaml('pos', 'reader'), crm: yaml('crm', 'writer') })
    await project.secret('mysql', 'change-me')
    await project.pipeline('tips', [
      'source: pos',
      'destination: crm',
      'streams:',
      '  tips: { from: tips, on_conflict: merge }',
      '  all: { from: tips }',
    ])
  }, 120_000)
  afterAll(() => server?.close())

  it('let a source be read and nothing be changed, and a destination be made and loaded twice', async () => {
    const tested = await call('connection', 'test', 'pos')
    expect(tested, tested.stderr).toMatchObject({ code: 0 })
    expect(tested.stdout).not.toContain('may change tables')
    for (const _ of [1, 2]) {
      const ran = await call('run', 'tips')
      expect(ran.stdout, ran.stderr).toMatch(/state +succeeded/)
      await server.run('insert into pos.tips select max(id) + 1, 7 from pos.tips')
    }
  })
})
