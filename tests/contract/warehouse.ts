import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type {
  JobReference,
  LoadEntry,
  LoadJob,
  Table,
  TableColumn,
  Warehouse,
} from '../../functions/pipeline/destination.ts'
import { DAY, load } from './warehouse-load.ts'
import { testPutBack } from './warehouse-put-back.ts'
import { COLUMNS, TABLE } from './warehouse-table.ts'

export interface WarehouseFixture {
  readonly warehouse: Warehouse
  /** The instant that loads are told. */
  readonly now: number
  /** A query for the run and the milliseconds since 1970 of the rows of a date: `_run_id`, `at`. */
  originSql(date: string): string
  /** How a decimal of a table comes out of a query: with the zeros at its end, or without. */
  decimal(text: string): string
  /** True where a column has all the digits of its kind, however few its contract names: then more are kept, not refused. */
  readonly keepsDigits: boolean
  /** True where the days of a table are kept apart. */
  readonly partitions: boolean
  /** Stages a part made of rows, with exactly these columns, and gives its line in a manifest. */
  part(name: string, columns: Readonly<Record<string, string>>, rows: readonly Row[]): Promise<LoadEntry>
  /** A line for a part that is not there. */
  missing(name: string): LoadEntry
  /** A line for an object that is no part. */
  broken(name: string): Promise<LoadEntry>
}

type Row = readonly (string | number | null)[]

const NEXT_DAY = '2026-01-06'
// A table may refuse to be read without its date.
const IS_DAY = `business_date = DATE '${DAY}'`
const COUNT = `SELECT count(*) FROM toast.order_details WHERE ${IS_DAY}`

const job = (id: string, entries: readonly LoadEntry[], other: Partial<LoadJob> = {}): LoadJob => ({
  id,
  content: createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16),
  table: TABLE,
  window: DAY,
  entries,
  runId: 'run-1',
  ...other,
})

const order = (location: string, id: string, amount: string | null, tip: string | null = '0', date = DAY): Row => [
  location,
  date,
  id,
  amount,
  tip,
  RAW,
]

const RAW = 'c0ffee'.repeat(10)

/** A job of the table and the day that most tests load. */
const named = (id: string): JobReference => ({ id, table: TABLE, window: DAY })

/** Promises of every warehouse. */
export function testWarehouse(create: () => Promise<WarehouseFixture>): void {
  const loaded = async () => {
    const fixture = await create()
    const { warehouse, part } = fixture
    await warehouse.ensureTable(TABLE)
    const a = await part('a', COLUMNS, [order('1', 'x', '10.10', '0.000000001'), order('1', 'y', '-0.10')])
    const b = await part('b', COLUMNS, [order('2', 'z', '5.00')])
    return { ...fixture, a, b }
  }

  it('makes a partition what the parts hold, and reports it', async () => {
    const { warehouse, a, b } = await loaded()

    await load(warehouse, job('j1', [a, b]))

    const totals = { amount: '15.00', tip: '0.000000001' }
    const sources = [
      { shard: '1', rawSha256: RAW, rows: 2 },
      { shard: '2', rawSha256: RAW, rows: 1 },
    ]
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({ state: 'done', rows: 3, totals, sources })
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 3, totals, sources })
    expect(await warehouse.shardTotals(TABLE, DAY)).toEqual([
      { shard: '1', rows: 2, totals: { amount: '10.00', tip: '0.000000001' } },
      { shard: '2', rows: 1, totals: { amount: '5.00', tip: '0.000000000' } },
    ])
  })

  it('counts a table whose rows name no shard, without a list of shards', async () => {
    const { warehouse, a, b } = await loaded()
    const table = { ...TABLE, shardColumn: null }
    await load(warehouse, { ...job('j1', [a, b]), table })
    const totals = { amount: '15.00', tip: '0.000000001' }
    expect(await warehouse.partitionTotals(table, DAY)).toMatchObject({ rows: 3, totals, sources: null })
    expect(await warehouse.shardTotals(table, DAY)).toBeNull()
  })

  it('adds the run and the time to each row', async () => {
    const { warehouse, a, now, originSql } = await loaded()
    await load(warehouse, job('j1', [a]))
    const { columns, rows } = await warehouse.query(originSql(DAY))
    expect(columns).toEqual(['_run_id', 'at'])
    expect(rows).toEqual([['run-1', String(now)]])
  })

  it('replaces the whole partition and no other', async () => {
    const { warehouse, part, a, b } = await loaded()
    const other = await part('c', COLUMNS, [order('1', 'q', '7.00', '0', NEXT_DAY)])
    await load(warehouse, job('j1', [a]))
    await load(warehouse, job('j2', [other], { window: NEXT_DAY }))

    await load(warehouse, job('j3', [b]))

    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 1, totals: { amount: '5.00' } })
    expect(await warehouse.partitionTotals(TABLE, NEXT_DAY)).toMatchObject({ rows: 1, totals: { amount: '7.00' } })
  })

  it('does nothing for a job id that was used, and counts what the partition holds now', async () => {
    const { warehouse, a, b } = await loaded()
    expect(await warehouse.startLoad(job('j1', [a]))).toEqual({ created: true })
    await load(warehouse, job('j1', [a]))
    await load(warehouse, job('j2', [b]))

    expect(await warehouse.startLoad(job('j1', [a]))).toEqual({ created: false })
    await load(warehouse, job('j1', [a]))

    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 1 })
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({
      state: 'done',
      sources: [{ shard: '2', rows: 1 }],
    })
    expect(await warehouse.isRunning('j1')).toBe(false)
  })

  it('refuses a job id that loaded other content, and leaves the partition as it was', async () => {
    const { warehouse, a, b } = await loaded()
    await load(warehouse, job('j1', [a]))
    await expect(warehouse.startLoad(job('j1', [b]))).rejects.toMatchObject({ code: 'JOB_CONFLICT' })
    await expect(warehouse.startLoad(job('j1', [a], { content: 'other' }))).rejects.toMatchObject({
      code: 'JOB_CONFLICT',
    })
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 2 })
  })

  it('knows the largest epoch that a partition was loaded under, whichever ledger it was', async () => {
    const { warehouse, a, b } = await loaded()
    const other = { ...TABLE, name: 'check_details' }
    const survey = async (tables: readonly Table[], dates: readonly string[]) =>
      (await warehouse.survey(tables, dates)).filter(({ epoch }) => epoch > 0)
    expect(await survey([TABLE], [DAY])).toEqual([])
    for (const [epoch, entries] of [
      [1_764_500_009, [a]],
      [1_764_500_010, [b]],
      [1_764_500_002, [a]],
    ] as const)
      await load(warehouse, job(`test_toast_order_details_20260105_e${epoch}_a1_c0ffeec0ffee`, entries))
    const known = { stream: 'order_details', window: DAY, epoch: 1_764_500_010 }
    expect(await survey([other, TABLE], [NEXT_DAY, DAY])).toMatchObject([known])
    expect(await survey([TABLE], [NEXT_DAY])).toEqual([])
  })

  it('loads once when a job is started many times at once', async () => {
    const { warehouse, a } = await loaded()
    await Promise.all(Array.from({ length: 5 }, () => load(warehouse, job('j1', [a]))))
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 2 })
  })

  it('empties the partition for a manifest without entries', async () => {
    const { warehouse, a } = await loaded()
    await load(warehouse, job('j1', [a]))
    await load(warehouse, job('j2', []))
    expect(await warehouse.loadStatus(named('j2'))).toMatchObject({ state: 'done', rows: 0 })
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 0 })
  })

  it('loads parts of zero rows', async () => {
    const { warehouse, part } = await loaded()
    const empty = await part('empty', COLUMNS, [])
    await load(warehouse, job('j1', [empty]))
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({ state: 'done', rows: 0 })
  })

  it('matches columns by name, and fills those that a part of an older contract lacks with NULL', async () => {
    const { warehouse, part, a, decimal } = await loaded()
    const { tip: _, ...older } = COLUMNS
    const reversed = Object.fromEntries(Object.entries(older).toReversed())
    const old = await part('old', reversed, [[RAW, '1.25', 'o', DAY, '3']])

    await load(warehouse, job('j1', [old]))
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({
      state: 'done',
      rows: 1,
      totals: { amount: '1.25', tip: '0' },
    })

    await load(warehouse, job('j2', [a, old]))
    const { rows } = await warehouse.query(
      `SELECT order_id, amount, tip FROM toast.order_details WHERE ${IS_DAY} ORDER BY order_id`,
    )
    expect(rows).toEqual([
      ['o', '1.25', null],
      ['x', decimal('10.10'), decimal('0.000000001')],
      ['y', decimal('-0.10'), decimal('0.000000000')],
    ])
  })

  it('adds money exactly where floating point cannot', async () => {
    const { warehouse, part } = await loaded()
    const amounts = ['9007199254740993.01', ...Array.from({ length: 100 }, () => '0.01')]
    const many = await part(
      'many',
      COLUMNS,
      amounts.map((amount, n) => order('1', String(n), amount, '0.1')),
    )
    await load(warehouse, job('j1', [many]))
    const totals = { amount: '9007199254740994.01', tip: '10.100000000' }
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({ rows: 101, totals })
  })

  it('keeps a narrower type exact, and refuses or keeps digits that the contract does not name', async () => {
    const { warehouse, part, keepsDigits } = await loaded()
    const narrow = await part('narrow', { ...COLUMNS, amount: 'DECIMAL(9,2)' }, [order('1', 'n', '1.50')])
    await load(warehouse, job('j1', [narrow]))
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({ state: 'done', totals: { amount: '1.50' } })

    const finer = await part('finer', { ...COLUMNS, amount: 'DECIMAL(18,4)' }, [order('1', 'f', '1.2345')])
    await load(warehouse, job('j2', [narrow, finer]))
    const refused = { state: 'failed', permanent: true, message: expect.stringMatching(/finer.*amount/s) }
    const kept = { state: 'done', rows: 2, totals: { amount: '2.7345' } }
    expect(await warehouse.loadStatus(named('j2'))).toMatchObject(keepsDigits ? kept : refused)
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: keepsDigits ? 2 : 1 })
  })

  it('fails for good when a part is missing, names it, and leaves the partition as it was', async () => {
    const { warehouse, missing, a, b } = await loaded()
    await load(warehouse, job('j1', [a]))

    await load(warehouse, job('j2', [b, missing('none')]))

    const message = expect.stringContaining('none')
    const failed = { state: 'failed', permanent: true, code: 'OBJECT_MISSING', message }
    expect(await warehouse.loadStatus(named('j2'))).toMatchObject(failed)
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 2 })
  })

  it('fails for good when an object is no part, names it, and leaves the partition as it was', async () => {
    const { warehouse, broken, a, b } = await loaded()
    await load(warehouse, job('j1', [a]))
    await load(warehouse, job('j2', [b, await broken('damaged')]))
    const message = expect.stringContaining('damaged')
    expect(await warehouse.loadStatus(named('j2'))).toMatchObject({ state: 'failed', permanent: true, message })
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 2 })
  })

  it('keeps a failed job failed, also when what it lacked is there', async () => {
    const { warehouse, missing, part } = await loaded()
    const none = missing('none')
    await load(warehouse, job('j1', [none]))
    await part('none', COLUMNS, [order('1', 'x', '1')])
    await load(warehouse, job('j1', [none]))
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({ state: 'failed' })
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 0 })
  })

  it('refuses rows of another business date', async () => {
    const { warehouse, part, a } = await loaded()
    const mixed = await part('mixed', COLUMNS, [order('1', 'x', '1'), order('1', 'y', '1', '0', NEXT_DAY)])
    await load(warehouse, job('j1', [a, mixed]))
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({ state: 'failed', permanent: true })
    expect(await warehouse.partitionTotals(TABLE, NEXT_DAY)).toMatchObject({ rows: 0 })
  })

  it('fails permanently when the table does not exist', async () => {
    const { warehouse, part } = await create()
    await load(warehouse, job('j1', [await part('a', COLUMNS, [])]))
    expect(await warehouse.loadStatus(named('j1'))).toMatchObject({ state: 'failed', permanent: true })
  })

  it('knows nothing of a job that was never started', async () => {
    const { warehouse } = await create()
    expect(await warehouse.loadStatus(named('j1'))).toBeNull()
  })

  it('counts zero where nothing was loaded', async () => {
    const { warehouse } = await create()
    const nothing = { rows: 0, totals: { amount: '0', tip: '0' }, sources: [] }
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject(nothing)
    expect(await warehouse.shardTotals(TABLE, DAY)).toEqual([])
    await warehouse.ensureTable(TABLE)
    expect(await warehouse.partitionTotals(TABLE, DAY)).toMatchObject(nothing)
  })

  it('adds the columns that a table lacks, and keeps its rows', async () => {
    const { warehouse, a } = await loaded()
    await load(warehouse, job('j1', [a]))
    const note = { name: 'note', type: 'string', description: "The server's note." } as const
    await warehouse.ensureTable({ ...TABLE, columns: [...TABLE.columns, note] })
    const { rows } = await warehouse.query(`SELECT order_id, note FROM toast.order_details WHERE ${IS_DAY} ORDER BY 1`)
    expect(rows).toEqual([
      ['x', null],
      ['y', null],
    ])
  })

  it('loads on when the contract has lost a column', async () => {
    const { warehouse, a } = await loaded()
    await load(warehouse, job('j1', [a]))
    const table = { ...TABLE, columns: TABLE.columns.filter(({ name }) => name !== 'tip'), totals: ['amount'] }
    await warehouse.ensureTable(table)
    await load(warehouse, job('j2', [a], { table }))
    expect(await warehouse.loadStatus(named('j2'))).toMatchObject({
      state: 'done',
      rows: 2,
      totals: { amount: '10.00' },
    })
  })

  it('refuses to change the type of a column', async () => {
    const { warehouse } = await loaded()
    const columns = TABLE.columns.map((column) =>
      column.name === 'amount' ? { ...column, type: 'string' as const } : column,
    )
    const changing = warehouse.ensureTable({ ...TABLE, columns })
    await expect(changing).rejects.toMatchObject({ code: 'LOAD_REJECTED', message: expect.stringContaining('amount') })
  })

  it('describes a table as it is, and none where there is none', async () => {
    const { warehouse, partitions } = await create()
    expect(await warehouse.describeTable({ schema: 'nowhere', name: 'nothing' })).toBeNull()
    expect(await warehouse.describeTable(TABLE)).toBeNull()

    const note = { name: 'note', type: 'string', description: "The server's note." } as const
    const wider = { ...TABLE, columns: [...TABLE.columns, note] }
    for (const table of [TABLE, wider]) {
      await warehouse.ensureTable(table)
      const described = await warehouse.describeTable({ schema: 'toast', name: 'order_details' })
      expect(described?.columns.filter(isOfContract)).toEqual(table.columns.filter(isOfContract).map(asDescribed))
      expect(described?.partitioning).toEqual(partitions ? { unit: 'day', column: 'business_date' } : null)
    }

    function isOfContract({ name }: { readonly name: string }): boolean {
      return name !== '_run_id'
    }
    function asDescribed(column: TableColumn) {
      return { name: column.name, type: warehouse.dialect.type(column), description: column.description }
    }
  })

  it('makes a table once, however many ask for it at once', async () => {
    const { warehouse } = await create()
    await Promise.all(Array.from({ length: 4 }, () => warehouse.ensureTable(TABLE)))
    expect((await warehouse.query(COUNT)).rows).toEqual([['0']])
  })

  it('answers queries with text and null', async () => {
    const { warehouse, decimal } = await create()
    const sql = `SELECT CAST(1.50 AS DECIMAL(9,2)) AS money, DATE '2026-01-05' AS day, NULL AS nothing, 9007199254740993 AS large`
    expect(await warehouse.query(sql)).toEqual({
      columns: ['money', 'day', 'nothing', 'large'],
      rows: [[decimal('1.50'), '2026-01-05', null, '9007199254740993']],
    })
  })

  it.each([
    'DROP TABLE toast.order_details',
    'DELETE FROM toast.order_details',
    'INSERT INTO toast.order_details (order_id) VALUES (1) RETURNING order_id',
    'SELECT 1; DROP TABLE toast.order_details',
    'SELEC 1',
    '',
    'SELECT * FROM nowhere.nothing',
  ])('refuses to run %j as a query', async (sql) => {
    const { warehouse } = await loaded()
    await expect(warehouse.query(sql)).rejects.toMatchObject({ code: 'USAGE_INVALID' })
    expect((await warehouse.query(COUNT)).rows).toEqual([['0']])
  })

  testPutBack(create)

  it('can be closed twice', async () => {
    const { warehouse } = await loaded()
    await warehouse.close()
    await warehouse.close()
  })
}
