import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryConnection } from '../../functions/compose/test-connection.ts'
import { loadProject } from '../../functions/config/project.ts'
import { daybreak, testContext } from '../support/cli.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { askApi, writeSqlite } from '../support/table-api.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

// What no answer, log or error may hold.
const CANARY = 'canary-7f3a-never-shown'

let project: TableProject
let silent: Server
let here: { readonly cwd: string; readonly env: Readonly<Record<string, string>> }

beforeAll(async () => {
  // Takes connections and says nothing.
  silent = createServer((socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  const login = 'database: shop, user: reader, password: secret://shop_password'
  project = await createTableProject({
    shop: '{ kind: sqlite, path: shop.sqlite }',
    lake: '{ kind: duckdb, path: lake.duckdb }',
    gone: `{ kind: postgres, host: 127.0.0.1, port: 1, ${login}, connect_timeout: 2s }`,
    mute: `{ kind: mysql, host: 127.0.0.1, port: ${port}, ${login}, connect_timeout: 60s, tls: off }`,
    drop: '{ kind: s3, bucket: acme-drop, endpoint: "http://127.0.0.1:9", access_key_id: AKIA0, secret_access_key: secret://shop_password }',
  })
  here = { cwd: project.folder, env: project.env }
  await writeFile(join(project.folder, 'secrets/shop_password'), CANARY)
  writeSqlite(
    join(project.folder, 'shop.sqlite'),
    "create table orders (id integer primary key, name text); insert into orders values (1, 'a'), (2, 'b'); create table plain (a text)",
  )
  const streams = ['streams:', '  orders: { from: orders }']
  await project.pipeline('to_lake', ['source: shop', 'destination: lake', ...streams])
  expect((await daybreak(['run', 'to_lake', '--quiet'], here)).code).toBe(0)
}, 60_000)

afterAll(async () => {
  silent?.close()
  await project?.remove()
})

const ask = async (name: string) =>
  await askApi(project, (api) => api('POST /api/connections/{name}:test', { path: { name }, body: {} }))

describe('connections over the API', () => {
  it('are listed with kind, place and pipelines, without login and secret', async () => {
    const { connections } = await askApi(project, (api) => api('GET /api/connections'))
    expect(connections.map(({ name }) => name)).toEqual(['drop', 'gone', 'lake', 'mute', 'shop'])
    expect(connections.find(({ name }) => name === 'shop')).toEqual({
      ...{ name: 'shop', kind: 'sqlite', place: 'shop.sqlite', roles: ['source', 'destination'], mayTest: true },
      uses: [{ pipeline: 'to_lake', role: 'source' }],
    })
    expect(connections.find(({ name }) => name === 'gone')).toMatchObject({ place: '127.0.0.1:1/shop', uses: [] })
    for (const hidden of [CANARY, 'reader', 'shop_password', 'AKIA0', project.folder])
      expect(JSON.stringify(connections)).not.toContain(hidden)
    const { stdout } = await daybreak(['connection', 'list', '-o', 'json'], here)
    expect(JSON.parse(stdout)).toContainEqual({
      ...{ name: 'shop', kind: 'sqlite', place: 'shop.sqlite', source_of: 'to_lake', destination_of: '' },
    })
  })

  it('answer a test, which is in the audit', async () => {
    expect(await ask('shop')).toMatchObject({ ok: true, code: null, version: expect.stringMatching(/\d/) })
    expect(await ask('lake')).toMatchObject({ ok: true })
    const { entries } = await askApi(project, (api) => api('GET /api/audit', { query: { action: 'connection' } }))
    expect(entries.map(({ subject, details }) => `${subject}: ${details}`).toSorted()).toEqual([
      'lake: it answered',
      'shop: it answered',
    ])
    await expect(ask('nothing')).rejects.toThrow('no connection "nothing"')
  })

  it('say why there is no answer, and never a secret', async () => {
    for (const name of ['gone', 'drop']) {
      const answer = await ask(name)
      expect(answer).toMatchObject({ ok: false, code: expect.any(String), remedy: expect.any(String), version: null })
      expect(JSON.stringify(answer)).not.toContain(CANARY)
      const { stdout, stderr, code } = await daybreak(['connection', 'test', name], here)
      expect(code).not.toBe(0)
      expect(stdout + stderr).not.toContain(CANARY)
    }
  })

  it('are given up on after a while', async () => {
    const loaded = await loadProject({ projectDir: project.folder, environment: 'local', env: project.env })
    const lines: unknown[] = []
    const { clock } = testContext()
    const answer = await tryConnection('mute', loaded, { clock, log: (line) => lines.push(line), limit: 300 })
    expect(answer).toMatchObject({ ok: false, message: 'connection mute did not answer within 0.3 s' })
    expect(JSON.stringify(lines)).not.toContain(CANARY)
  })
})

describe('a comparison over the API', () => {
  const compare = async (body: { streams?: string[]; keys?: number } = {}) =>
    await askApi(project, (api) =>
      api('POST /api/pipelines/{pipeline}:compare', { path: { pipeline: 'to_lake' }, body }),
    )

  it('finds both sides equal, then names the keys that differ', async () => {
    expect(await compare()).toMatchObject({
      ...{ isEqual: true, sentence: '1 of 1 table is the same at both sides.', partitions: null },
      streams: [{ stream: 'orders', result: 'equal', sourceRows: 2, destinationRows: 2, keys: [] }],
    })
    writeSqlite(join(project.folder, 'shop.sqlite'), "insert into orders values (3, 'c'), (4, 'd')")
    const { isEqual, streams } = await compare({ keys: 1 })
    expect(isEqual).toBe(false)
    expect(streams).toMatchObject([{ result: 'different', sourceRows: 4, destinationRows: 2 }])
    expect(streams[0]?.keys).toMatchObject([{ difference: 'only at the source' }])
    const { entries } = await askApi(project, (api) => api('GET /api/audit', { query: { action: 'pipeline.compare' } }))
    expect(entries.map(({ details }) => details).toSorted()).toEqual(['different', 'equal'])
  })

  it('refuses a stream that is none', async () => {
    await expect(compare({ streams: ['nothing'] })).rejects.toThrow('"nothing" is unknown')
  })
})

describe.skipIf(!hasPostgres)(`a PostgreSQL server${hasPostgres ? '' : ` (${NO_POSTGRES})`}`, () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
    await project.connection('pg', postgresYaml(server, 'postgres'))
  }, 60_000)
  afterAll(() => server?.close())

  it('says version and rights', async () => {
    expect(await ask('pg')).toMatchObject({ ok: true, version: expect.stringContaining('1') })
  })
})
