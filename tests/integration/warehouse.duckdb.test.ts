import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { closeFile, openFile } from '../../functions/adapters/duckdb/warehouse/client.ts'
import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import { COLUMNS, TABLE } from '../contract/warehouse-table.ts'
import { testFolder } from '../support/folder.ts'
import { entryOf, partWriter, toParquet } from '../support/parts.ts'

const LOADER = join(import.meta.dirname, '../support/warehouse-loader.ts')
const DAY = '2026-01-05'

function open(path: string, options: { patience?: number; idle?: number } = {}) {
  const warehouse = openDuckdbWarehouse({ path, memoryLimit: '256MB', clock: Date, ...options })
  onTestFinished(() => warehouse.close())
  return warehouse
}

/** Parts of two manifests: by default 30,000 rows, and always 50,000. */
async function twoManifests(folder: string, few = 10_000) {
  const part = async (name: string, rows: number) => {
    const path = join(folder, `${name}.parquet`)
    const columns = `'1' AS location_id, DATE '${DAY}' AS business_date, md5(CAST(i AS VARCHAR)) AS order_id`
    const money = 'CAST(1.25 AS DECIMAL(18,2)) AS amount, CAST(0 AS DECIMAL(38,9)) AS tip'
    await toParquet(`SELECT ${columns}, ${money} FROM range(${rows}) r(i)`, path)
    return entryOf(path, { rows })
  }
  const [a, b, c] = await Promise.all([part('a', few), part('b', 2 * few), part('c', 50_000)])
  return [[a, b], [c]]
}

function startLoader(path: string, manifests: readonly unknown[]): ChildProcess {
  const lists = manifests.map((manifest) => JSON.stringify(manifest))
  const child = spawn(process.execPath, [LOADER, path, ...lists], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

it('is old or new after kill -9 at any moment, never mixed, and knows which jobs were done', async () => {
  const folder = await testFolder()
  const path = join(folder, 'warehouse.duckdb')
  const manifests = await twoManifests(folder)
  for (let round = 0; round < 6; round++) {
    const child = startLoader(path, manifests)
    const done: string[] = []
    const lines = createInterface({ input: child.stdout! })
    lines.on('line', (line) => done.push(line))
    while (done.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise((resolve) => setTimeout(resolve, round * 23))
    child.kill('SIGKILL')
    await once(child, 'exit')

    const warehouse = open(path)
    const { rows } = await warehouse.query(
      'SELECT _run_id, count(*), sum(amount) FROM toast.order_details GROUP BY ALL ORDER BY 1',
    )
    expect([[['0', '30000', '37500.00']], [['1', '50000', '62500.00']]]).toContainEqual(rows)
    for (const id of done.slice(1))
      expect(await warehouse.loadStatus({ id, table: TABLE, window: DAY })).toMatchObject({ state: 'done' })
    await warehouse.close()
  }
})

it.skipIf(process.platform === 'win32')(
  'keeps the partition when the disk is full, and loads when it no longer is',
  async () => {
    const folder = await testFolder()
    const path = join(folder, 'warehouse.duckdb')
    const [small, large] = await twoManifests(folder, 200)
    const mine = open(path)
    await mine.ensureTable(TABLE)
    await mine.startLoad({ id: 'first', content: 'c0ffee', table: TABLE, window: DAY, entries: small!, runId: '0' })
    await mine.close()

    // The shell counts in blocks of 512 or 1,024 bytes.
    const limited = ['-c', 'ulimit -f 3000; exec "$@"', 'sh', process.execPath, LOADER, path]
    const child = spawn('sh', [...limited, JSON.stringify(large), JSON.stringify(large)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    while (lines.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    child.kill('SIGKILL')
    await once(child, 'exit')

    expect(await mine.loadStatus({ id: lines[1]!, table: TABLE, window: DAY })).toMatchObject({
      state: 'failed',
      permanent: false,
    })
    expect(await mine.partitionTotals(TABLE, DAY)).toMatchObject({ rows: 600 })
    await mine.startLoad({ id: 'last', content: 'c0ffee', table: TABLE, window: DAY, entries: large!, runId: '1' })
    expect(await mine.loadStatus({ id: 'last', table: TABLE, window: DAY })).toMatchObject({
      state: 'done',
      rows: 50_000,
    })
  },
)

it('says who holds the file, and goes on when it is free', async () => {
  const folder = await testFolder()
  const path = join(folder, 'warehouse.duckdb')
  const child = startLoader(path, await twoManifests(folder))
  await once(createInterface({ input: child.stdout! }), 'line')

  const busy = { code: 'WAREHOUSE_BUSY', message: expect.stringContaining(`PID ${child.pid}`) }
  await expect(open(path, { patience: 200 }).ensureTable(TABLE)).rejects.toMatchObject(busy)

  const patient = open(path, { patience: 20_000 }).partitionTotals(TABLE, DAY)
  setTimeout(() => child.kill('SIGKILL'), 200)
  expect([0, 30_000, 50_000]).toContain((await patient).rows)
})

it('gives the file back when nothing was done for a while', async () => {
  const folder = await testFolder()
  const path = join(folder, 'warehouse.duckdb')
  const mine = open(path, { idle: 50 })
  await mine.ensureTable(TABLE)

  const child = startLoader(path, await twoManifests(folder))
  const [line] = await once(createInterface({ input: child.stdout! }), 'line')

  expect(line).toBe('ready')
})

it('works on after it was closed, and forgets what others may have changed meanwhile', async () => {
  const folder = await testFolder()
  const path = join(folder, 'warehouse.duckdb')
  const [mine, other] = [open(path), open(path)]
  await mine.ensureTable(TABLE)
  await mine.close()
  const note = { name: 'note', type: 'string', description: 'A note.' } as const
  await other.ensureTable({ ...TABLE, columns: [...TABLE.columns, note] })
  await other.close()

  await mine.ensureTable({ ...TABLE, columns: [...TABLE.columns, { ...note, name: 'note_2' }] })

  const { rows } = await mine.query(
    "SELECT column_name FROM duckdb_columns() WHERE column_name LIKE 'note%' ORDER BY 1",
  )
  expect(rows).toEqual([['note'], ['note_2']])
})

it('stores the descriptions of tables and columns in the file', async () => {
  const warehouse = open(join(await testFolder(), 'warehouse.duckdb'))
  await warehouse.ensureTable(TABLE)
  const { rows: tables } = await warehouse.query(
    `SELECT comment FROM duckdb_tables() WHERE table_name = 'order_details'`,
  )
  const { rows: columns } = await warehouse.query(`SELECT comment FROM duckdb_columns() WHERE column_name = 'amount'`)
  expect(tables).toEqual([[TABLE.description]])
  expect(columns).toEqual([['What amount is.']])
})

it.each(["it's", '[ab]', 'a*b', 'date=2026-01-01'])('reads parts in a folder named %j', async (name) => {
  const folder = join(await testFolder(), name)
  await mkdir(folder)
  const { part } = partWriter(folder)
  const entry = await part('part', COLUMNS, [['1', DAY, 'x', '1.00', '0', 'ab']])
  const warehouse = open(join(folder, 'warehouse.duckdb'))
  await warehouse.ensureTable(TABLE)
  await warehouse.startLoad({ id: 'j1', content: 'c0ffee', table: TABLE, window: DAY, entries: [entry], runId: 'r' })
  expect(await warehouse.loadStatus({ id: 'j1', table: TABLE, window: DAY })).toMatchObject({ state: 'done', rows: 1 })
})

it('opened for reading only is shared by several, makes no file, and refuses to write', async () => {
  const path = join(await testFolder(), 'warehouse.duckdb')
  const reading = () => openDuckdbWarehouse({ path, memoryLimit: '256MB', clock: Date, readOnly: true, patience: 0 })
  const early = reading()
  await expect(early.query('SELECT 1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await early.shardTotals(TABLE, DAY)).toEqual([])
  expect(existsSync(path)).toBe(false)
  await early.close()
  const writing = open(path)
  await writing.ensureTable(TABLE)
  await writing.close()
  const script = `const { openDuckdbWarehouse } = await import('${join(process.cwd(), 'functions/adapters/duckdb/warehouse/warehouse.ts')}')
    const warehouse = openDuckdbWarehouse({ path: '${path}', memoryLimit: '256MB', clock: Date, readOnly: true, patience: 0 })
    process.stdout.write(String((await warehouse.query('SELECT count(*) FROM toast.order_details')).rows))
    process.stdin.on('end', () => process.exit()).resume()`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void other.kill('SIGKILL'))
  expect(String((await once(other.stdout, 'data'))[0])).toBe('0')
  const beside = reading()
  onTestFinished(() => beside.close())
  expect((await beside.query('SELECT count(*) FROM toast.order_details')).rows).toEqual([['0']])
  await expect(beside.ensureTable({ ...TABLE, name: 'another' })).rejects.toMatchObject({ code: 'WAREHOUSE_FAILED' })
})

it('reports a log that could not be written into the file', async () => {
  const path = join(await testFolder(), 'warehouse.duckdb')
  const options = { path, memoryLimit: '256MB', patience: 0 }
  const file = await openFile(options)
  // A transaction that has written and is not over keeps DuckDB from it.
  await file.connection.run('CREATE TABLE t (a INTEGER); BEGIN; INSERT INTO t VALUES (1)')
  const failures: unknown[] = []
  await closeFile(file, { checkpoint: true, onFailure: (failure) => failures.push(failure) })
  expect(String(failures)).toContain('Cannot CHECKPOINT')
})

it('a table without a column for the window is replaced whole', async () => {
  const folder = await testFolder()
  const { part } = partWriter(folder)
  const entry = await part('part', COLUMNS, [['1', DAY, 'x', '1.00', '0', 'ab']])
  const warehouse = open(join(folder, 'warehouse.duckdb'))
  const table = { ...TABLE, name: 'whole', partitionColumn: null }
  await warehouse.ensureTable(table)
  for (const [id, window] of [
    ['j1', '2025-02-05'],
    ['j2', '2025-02-06'],
  ] as const)
    await warehouse.startLoad({ id, content: id, table, window, entries: [entry], runId: 'r' })
  expect(await warehouse.partitionTotals(table, '2025-02-06')).toMatchObject({ rows: 1 })
  expect((await warehouse.query('SELECT count(*) FROM toast.whole')).rows).toEqual([['1']])
})
