import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { askApi, writeSqlite } from '../support/table-api.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

const SHOP = `
create table customers (id integer primary key, name text not null, credit decimal(10,2));
create table orders (id integer primary key, amount decimal(10,2));
create table stock (id integer primary key, pieces integer);
insert into customers values (1, 'Ana', 10.5), (2, 'Ben', 0), (3, 'Cy', 'abc');
insert into orders values (1, 3.25), (2, 4.5);
insert into stock values (1, 5), (2, 6)`

const STREAMS = [
  'streams:',
  '  customers: { from: customers }',
  '  orders: { from: orders, mode: incremental, cursor: { column: id } }',
  '  stock: { from: stock, mode: snapshot }',
]

let project: TableProject
const run = (name: string) => daybreak(['run', name, '--quiet'], { cwd: project.folder, env: project.env })
const shop = () => join(project.folder, 'shop.sqlite')
const query = { pipeline: 'to_lake' }

beforeAll(async () => {
  project = await createTableProject({
    shop: '{ kind: sqlite, path: shop.sqlite }',
    lake: '{ kind: duckdb, path: lake.duckdb }',
  })
  writeSqlite(shop(), SHOP)
  await project.pipeline('to_lake', ['source: shop', 'destination: lake', 'reject_budget: 1', ...STREAMS])
  await project.pipeline('strict', ['source: shop', 'destination: lake', ...STREAMS.slice(0, 2)])
  expect((await run('to_lake')).code).toBe(0)
  writeSqlite(shop(), 'insert into orders values (3, 1.25), (4, 1)')
  expect((await run('to_lake')).code).toBe(0)
  expect((await run('strict')).code).not.toBe(0)
}, 60_000)

afterAll(async () => {
  await project?.remove()
})

describe('the API shows a pipeline of tables', () => {
  it('with each table, its last window and its rows', async () => {
    const status = await askApi(project, (api) => api('GET /api/status', { query }))
    expect(status.sentence).toBe('3 of 3 tables are up to date.')
    expect(status.counts).toMatchObject({ complete: 3, incomplete: 0, cells: { loaded: 6 } })
    expect(status.nextAt).toMatch(/T00:00:00Z$/)
    expect(status.tables).toMatchObject([
      { stream: 'customers', mode: 'full', standing: 'loaded', loaded: { rows: 2, rejected: 1 }, open: null },
      {
        ...{ stream: 'orders', mode: 'incremental', into: 'orders', loaded: { window: 'w000002', shard: 'all' } },
        recent: [
          { window: 'w000001', rows: 2 },
          { window: 'w000002', state: 'loaded' },
        ],
      },
      { stream: 'stock', mode: 'snapshot', loaded: { rows: 2 } },
    ])
    // Every is a day and late after is a day.
    for (const { readAt, lateAt } of status.tables ?? [])
      expect(Date.parse(lateAt ?? '') - Date.parse(readAt ?? '')).toBe(2 * 86_400_000)
  })

  it('as a matrix of its windows, in the order in which they were read', async () => {
    const { streams, shards, windows } = await askApi(project, (api) => api('GET /api/status', { query }))
    expect(streams.map(({ name }) => name)).toEqual(['customers', 'orders', 'stock'])
    expect(shards).toMatchObject([{ id: 'all' }])
    const [first, second] = windows.filter(({ window }) => window.startsWith('w'))
    expect([first?.cells, second?.cells]).toEqual([' o ', ' o '])
    expect(windows.filter(({ cells }) => cells === '~ o').length).toBeGreaterThan(0)
    expect(windows.map(({ at }) => Date.parse(at))).toEqual(
      windows.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b),
    )
    const { days } = await askApi(project, (api) => api('GET /api/status/days', { query }))
    expect(days.find(({ window }) => window === 'w000002')).toMatchObject({
      ...{ verdict: 'complete', states: { orders: 'loaded', customers: 'off' }, goneAt: null },
    })
  })

  it('with a window that was refused: its reason, its run, its incident and its rejected rows', async () => {
    const own = { pipeline: 'strict' }
    const status = await askApi(project, (api) => api('GET /api/status', { query: own }))
    expect(status.sentence).toBe('0 of 1 table is up to date. Not loaded yet: customers.')
    const [table] = status.tables ?? []
    expect(table).toMatchObject({ standing: 'open', loaded: null, open: { state: 'quarantined', rejected: 1 } })
    expect(table?.open?.reason?.message).toContain('1 of 3 rows')
    const window = table?.open?.window ?? ''
    const { runs } = await askApi(project, (api) => api('GET /api/runs', { query: own }))
    expect(runs).toMatchObject([{ pipeline: 'strict', state: 'partial', rejected: 1 }])
    const { incidents } = await askApi(project, (api) => api('GET /api/incidents', { query: own }))
    expect(incidents.map(({ pipeline }) => pipeline)).toEqual(['strict'])
    const rejects = await askApi(project, (api) => api('GET /api/rejects', { query: { ...own, window: [window] } }))
    expect(rejects.rejects).toMatchObject([{ stream: 'customers', line: 3, value: 'abc' }])
    const others = await askApi(project, (api) => api('GET /api/rejects', { query: { ...own, window: ['w000009'] } }))
    expect(others.rejects).toEqual([])
    expect(
      (await askApi(project, (api) => api('GET /api/status', { query: { ...own, state: 'disputed' } }))).tables,
    ).toEqual([])
  })

  it('with a slice of it: when it was read, made a part and loaded', async () => {
    const path = { pipeline: 'to_lake', window: 'w000001', shard: 'all', stream: 'orders' }
    const slice = await askApi(project, (api) => api('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', { path }))
    expect(slice).toMatchObject({ state: 'loaded', rows: 2, goneAt: null, dueAt: null })
    expect(slice.life.map(({ step }) => step)).toEqual(['landed', 'typed', 'staged', 'loaded'])
    expect(slice.life.every(({ at }) => at !== null)).toBe(true)
  })

  it('in the list of pipelines, with the kinds of both sides', async () => {
    const { pipelines } = await askApi(project, (api) => api('GET /api/pipelines'))
    expect(pipelines.find(({ name }) => name === 'to_lake')).toMatchObject({
      ...{ kind: 'table', source: { name: 'shop', kind: 'sqlite' }, destination: { name: 'lake', kind: 'duckdb' } },
      streams: [{ name: 'customers', description: 'customers' }, { name: 'orders' }, { name: 'stock' }],
    })
  })

  it('and begins no run that reads rejected rows of it from an archive', async () => {
    const body = { pipeline: 'strict', reason: 'again' }
    await expect(askApi(project, (api) => api('POST /api/rejects:replay', { body }))).rejects.toThrow('copies tables')
  })
})
