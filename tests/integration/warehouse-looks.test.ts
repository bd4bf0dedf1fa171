import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDuckdbReader } from '../../functions/adapters/duckdb/reader/reader.ts'
import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import { COLUMNS, TABLE } from '../contract/warehouse-table.ts'
import { testFolder } from '../support/folder.ts'
import { partWriter } from '../support/parts.ts'

const DAY = '2026-01-05'
// Longer than any test takes: a file that is held so long is not given back.
const FOR_EVER = 2 ** 30

function open(path: string, options: { patience?: number; lookPatience?: number } = {}) {
  const warehouse = openDuckdbWarehouse({ path, memoryLimit: '256MB', clock: Date, idle: FOR_EVER, ...options })
  onTestFinished(() => warehouse.close())
  return warehouse
}

/** A file with one row, which no process has open and whose time is over. */
async function closedFile() {
  const folder = await testFolder()
  const path = join(folder, 'warehouse.duckdb')
  const row = await partWriter(folder).part('one', COLUMNS, [['1', DAY, 'a', '1.00', null, 'ab']])
  const warehouse = open(path)
  await warehouse.ensureTable(TABLE)
  const job = { id: 'j1', content: 'c0ffee', table: TABLE, window: DAY, entries: [row], runId: 'r' }
  expect(await warehouse.startLoad(job)).toMatchObject({ created: true })
  await warehouse.close()
  await pause(100)
  return { folder, path }
}

/** Another process that opens the file to write, runs a statement and holds the file until it is let go. */
async function holdFile(path: string, sql: string) {
  const script = `
    const { openFile } = await import('${join(process.cwd(), 'functions/adapters/duckdb/warehouse/client.ts')}')
    const { connection } = await openFile({ path: process.argv[1], memoryLimit: '256MB', patience: 60_000 })
    await connection.run(process.argv[2])
    process.stdin.on('end', () => process.exit()).resume()
    process.stdout.write('open')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path, sql], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return {
    async letGo() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

const MORE = `INSERT INTO toast.order_details BY NAME SELECT '2' AS location_id, DATE '${DAY}' AS business_date, 'b' AS order_id`
const rowsOf = (totals: readonly { shard: string; rows: number }[] | null) =>
  totals?.map(({ shard, rows }) => `${shard}: ${rows}`)

describe('a look at a warehouse', () => {
  it('lets a writer of another process in, however long a writer would keep the file', async () => {
    const { path } = await closedFile()
    const looking = open(path)
    expect(rowsOf(await looking.shardTotals(TABLE, DAY))).toEqual(['1: 1'])
    await (await holdFile(path, MORE)).letGo()
    expect(rowsOf(await looking.shardTotals(TABLE, DAY))).toEqual(['1: 1', '2: 1'])
  })

  it('answers what it knows while another process has the file, and asks again when it was written', async () => {
    const { path } = await closedFile()
    const looking = open(path, { patience: 0 })
    expect(rowsOf(await looking.shardTotals(TABLE, DAY))).toEqual(['1: 1'])
    const holding = await holdFile(path, 'SELECT 1')
    expect(rowsOf(await looking.shardTotals(TABLE, DAY))).toEqual(['1: 1'])
    await expect(looking.shardTotals(TABLE, '2026-01-06')).rejects.toMatchObject({ code: 'WAREHOUSE_BUSY' })
    await holding.letGo()
    await (await holdFile(path, MORE)).letGo()
    expect(rowsOf(await looking.shardTotals(TABLE, DAY))).toEqual(['1: 1', '2: 1'])
  })

  it('and a write of the same process follow each other, also of two warehouses over one file', async () => {
    const { folder, path } = await closedFile()
    const [first, second] = [open(path), open(path)]
    const part = await partWriter(folder).part('two', COLUMNS, [['2', DAY, 'b', '1.00', null, 'cd']])
    const job = (id: string) => ({ id, content: id, table: TABLE, window: DAY, entries: [part], runId: 'r' })
    const looks = Promise.all([first, second, first].map((each) => each.shardTotals(TABLE, DAY)))
    const writes = Promise.all([first.startLoad(job('j2')), second.startLoad(job('j3'))])
    for (const found of await looks) expect(rowsOf(found)).toHaveLength(1)
    expect(await writes).toMatchObject([{ created: true }, { created: true }])
    for (const each of [first, second]) expect(rowsOf(await each.shardTotals(TABLE, DAY))).toEqual(['2: 1'])
    await Promise.all([first.close(), second.close()])
    expect(rowsOf(await open(path).shardTotals(TABLE, DAY))).toEqual(['2: 1'])
  })
})

describe('a process that answers questions', () => {
  /** A reader, and how often it started a process. */
  async function countedReader() {
    const { folder, path } = await closedFile()
    const log = join(folder, 'starts')
    const command = `echo $$ >> '${log}'; exec "$0" "$@"`
    const program = ['bash', '-c', command, process.execPath, join(process.cwd(), 'cli/daybreak.mjs')]
    const reader = openDuckdbReader({ path, schemas: ['toast'], memoryLimit: '256MB', tempRoot: folder, program })
    const pids = async () => (existsSync(log) ? (await readFile(log, 'utf8')).trim().split('\n').map(Number) : [])
    const { signal } = new AbortController()
    const ask = async (sql: string, limits = {}) => {
      const question = { sql, limit: 10, countTo: 10, timeout: 60_000, signal, onWait: () => undefined, ...limits }
      const { batches } = await reader.ask(question)
      return (await Array.fromAsync(batches)).flat().flat()
    }
    return { ask, pids, path }
  }
  const COUNT = 'SELECT count(*) FROM order_details'

  it('is asked again, also after a wrong question, holds no file meanwhile, and sees what was written', async () => {
    const { ask, pids, path } = await countedReader()
    expect(await ask(COUNT)).toEqual(['1'])
    await expect(ask('SELECT nothing')).rejects.toMatchObject({ code: 'USAGE_INVALID' })
    await (await holdFile(path, MORE)).letGo()
    expect(await ask(COUNT)).toEqual(['2'])
    expect(await pids()).toHaveLength(1)
  })

  it('is not asked again after a question that was stopped', async () => {
    const { ask, pids } = await countedReader()
    const long = 'SELECT count(*) FROM range(1000000000000)'
    await expect(ask(long, { timeout: 200 })).rejects.toMatchObject({ code: 'QUERY_LIMIT' })
    expect(await ask(COUNT)).toEqual(['1'])
    expect(await pids()).toHaveLength(2)
  })

  it('is replaced when it died between two questions', async () => {
    const { ask, pids } = await countedReader()
    expect(await ask(COUNT)).toEqual(['1'])
    process.kill((await pids())[0] ?? 0, 'SIGKILL')
    expect(await ask(COUNT)).toEqual(['1'])
    expect(await pids()).toHaveLength(2)
  })
})
