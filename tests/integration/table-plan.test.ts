import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let server: Postgres
let project: TableProject

async function query(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function call(...args: readonly string[]) {
  return await daybreak(args, { cwd: project.folder, env: project.env })
}

async function plan(pipeline: string) {
  const { stdout, stderr } = await call('plan', pipeline, '-o', 'json')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

const INCREMENTAL = [
  'streams:',
  '  orders:',
  '    from: public.orders',
  '    mode: incremental',
  '    cursor: { column: at }',
]

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres()
  await server.sql('create database shop')
  await server.sql('create database crm')
  await query(
    'shop',
    `create table orders (id integer primary key, amount numeric(10,2), free numeric, took interval, at timestamptz not null);
     insert into orders select g, g, g / 3.0, '1 day', timestamptz '2026-01-01 00:00+00' + g * interval '1 minute' from generate_series(1, 50) g;
     create table bad (id integer primary key, amount numeric(10,2)); insert into bad values (1, 'NaN'), (2, 2)`,
  )
  project = await createTableProject({
    shop: postgresYaml(server, 'shop'),
    crm: postgresYaml(server, 'crm'),
    lake: '{ kind: duckdb, path: lake.duckdb }',
  })
  await project.pipeline('to_lake', ['source: shop', 'destination: lake', ...INCREMENTAL])
  await project.pipeline('to_crm', [
    'source: shop',
    'destination: crm',
    'streams:',
    '  orders: { from: public.orders }',
  ])
}, 120_000)

afterAll(async () => {
  await project?.remove()
  await server?.close()
})

describe.skipIf(!hasPostgres)(`plans of tables (${NO_POSTGRES})`, () => {
  it('says window, rows, types and what is not the same behind, and makes nothing', async () => {
    const { id, streams } = await plan('to_lake')
    expect(streams).toEqual([
      {
        ...{ stream: 'orders', action: 'read', mode: 'incremental', on_conflict: 'overwrite', window: 'w000001' },
        ...{ from: 'public.orders', into: 'to_lake.orders', key: ['id'], rows: 50, rows_estimated: false },
        range: { column: 'at', after: null, to: '2026-01-01 00:50:00+00' },
        columns: [
          { from: 'id', native: 'integer', to: 'id', type: 'BIGINT', note: '' },
          {
            from: 'amount',
            native: 'numeric(10,2)',
            to: 'amount',
            type: 'DECIMAL(10,2)',
            note: 'rejects `NaN` and infinity',
          },
          { from: 'free', native: 'numeric', to: 'free', type: 'VARCHAR', note: 'the digits as text' },
          { from: 'took', native: 'interval', to: 'took', type: 'VARCHAR', note: 'as the text that the server writes' },
          {
            ...{ from: 'at', native: 'timestamp with time zone', to: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
            note: 'rejects years after 294246',
          },
        ],
        creates_table: true,
        statements: [
          'CREATE SCHEMA IF NOT EXISTS "to_lake"',
          expect.stringMatching(/^CREATE TABLE IF NOT EXISTS "to_lake"."orders" \("id" BIGINT NOT NULL, /),
        ],
        problems: [],
      },
    ])
    expect(await plan('to_lake')).toMatchObject({ id })
    const { code, stdout } = await call('plan', 'to_lake', '--detailed-exitcode')
    expect(code).toBe(10)
    expect(stdout).toContain(`daybreak run to_lake --plan ${id}`)
    expect((await call('status')).stdout).not.toContain('w000001')
  })

  it('runs a plan that holds, also where rows came after it, and refuses one that holds no longer', async () => {
    const { id } = await plan('to_lake')
    await query('shop', "insert into orders values (51, 1, 1, null, '2026-01-02 00:00+00')")
    const first = await call('run', 'to_lake', '--plan', id, '--quiet')
    expect(first.stderr).toBe('')
    expect(first.code).toBe(0)
    const again = await call('run', 'to_lake', '--plan', id)
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('PLAN_CHANGED')
    expect(again.stderr).toContain('daybreak plan to_lake')
    const { streams } = await plan('to_lake')
    // The row that came after the plan was read, and the overlap of the next window would hold the same rows.
    expect(streams[0]).toMatchObject({ action: 'none', window: '', creates_table: false, statements: [], rows: null })
  })

  it('refuses a plan after a column was added at the source', async () => {
    const { id } = await plan('to_crm')
    await query('shop', 'alter table orders add column note text')
    const { code, stderr } = await call('run', 'to_crm', '--plan', id)
    expect({ code, isRefused: stderr.includes('PLAN_CHANGED') }).toEqual({ code: 2, isRefused: true })
    expect(await query('crm', "select to_regclass('orders')::text as found")).toEqual([{ found: null }])
  })

  it('names what a destination would refuse before anything runs', async () => {
    await query('crm', 'create table orders (id integer primary key)')
    const { streams } = await plan('to_crm')
    expect(streams[0].action).toBe('refuse')
    expect(streams[0].problems[0]).toContain('has no column "amount", "free", "took", "at", "note"; add it')
    const { stdout } = await call('plan', 'to_crm')
    expect(stdout).toContain('1 of 1 streams would be refused: orders')
  })

  it('tries the first rows, and says which are rejected', async () => {
    await project.pipeline('tried', ['source: shop', 'destination: lake', 'streams:', '  bad: { from: bad }'])
    const { code, stdout, stderr } = await call('run', 'tried', '--dry-run')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toContain('of the first 2 rows 1 are accepted, 1 rejected; the first is row 1, amount "NaN"')
    expect((await call('query', 'select 1 from tried.bad', '--pipeline', 'tried')).code).not.toBe(0)
  })

  it('is examined by the doctor: servers, rights and tables', async () => {
    const { stdout } = await call('doctor', '-o', 'json', '--skip', 'disk,memory')
    const found = new Map<string, { state: string; message: string }>(
      JSON.parse(stdout).map((finding: { check: string }) => [finding.check, finding]),
    )
    expect(found.get('source shop')).toMatchObject({ state: 'warn' })
    expect(found.get('source shop')?.message).toMatch(/PostgreSQL \d+.*the login may write/)
    expect(found.get('destination crm')).toMatchObject({ state: 'pass' })
    expect(found.get('project')?.message).toContain(': 3 tables, in')
    await project.pipeline('lost', ['source: shop', 'destination: crm', 'streams:', '  lost: { from: public.ordres }'])
    const second = await call('doctor', '-o', 'json')
    expect(second.stdout).toContain('not public.ordres')
  })
})
