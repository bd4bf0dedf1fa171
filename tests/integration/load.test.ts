import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import { openFolderObjects } from '../../functions/adapters/local/objects/objects.ts'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Delivery } from '../../functions/pipeline/entities.ts'
import type { LoadPorts, LoadTask } from '../../functions/pipeline/load/task.ts'
import { ensureLoaded } from '../../functions/pipeline/night.ts'
import { newSlice } from '../../functions/pipeline/steps/decide.ts'
import { COLUMNS, TABLE } from '../contract/warehouse-table.ts'
import { aDelivery } from '../support/definition.ts'
import { testFolder } from '../support/folder.ts'
import { partWriter } from '../support/parts.ts'

const DATE = '2026-01-05'
const TASK: LoadTask = {
  pipeline: 'toast',
  stream: 'order_details',
  window: DATE,
  table: TABLE,
  runId: 'run-1',
  environment: 'test',
}

/** Two processes' worth of ports over one ledger file, one folder of objects and one warehouse file. */
async function twoPorts() {
  const folder = await testFolder()
  const open = async (): Promise<LoadPorts> => {
    const ledger = await openSqliteLedger({ path: join(folder, 'ledger.sqlite') })
    const path = join(folder, 'warehouse.duckdb')
    const warehouse = openDuckdbWarehouse({ path, memoryLimit: '256MB', clock: Date })
    onTestFinished(() => Promise.all([ledger.close(), warehouse.close()]).then(() => undefined))
    const clock = { now: Date.now, sleep: async () => undefined }
    return {
      ledger,
      destination: () => warehouse,
      clock,
      objects: openFolderObjects({ root: join(folder, 'objects') }),
      log: () => {},
      queue: { publish: async () => undefined },
    }
  }
  const [one, two] = [await open(), await open()]
  const writer = partWriter(folder)
  const deliver = async (shard: string, letter: string): Promise<Delivery> => {
    const rows = Array.from({ length: letter.charCodeAt(0) - 60 }, (_, n) => [shard, DATE, `${n}`, '1.01', '0', letter])
    const { part } = await writer.part(`${shard}-${letter}`, COLUMNS, rows)
    const object = `parts/toast/order_details/${DATE}/${shard}/${letter}.parquet`
    await one.objects.put(object, { path: part.uri })
    const cents = String(rows.length * 101).padStart(3, '0')
    const totals = { amount: `${cents.slice(0, -2)}.${cents.slice(-2)}`, tip: '0.000000000' }
    const bytes = (await one.objects.size(object)) ?? 0
    const raw = { object: `raw/toast/${shard}/${DATE}/OrderDetails.csv/${letter}`, sha256: letter, bytes: 1 }
    return aDelivery({ raw, part: { object, rows: rows.length, bytes }, totals })
  }
  const stage = async (shard: string, delivery: Delivery) => {
    const key = { pipeline: 'toast', stream: 'order_details', shard, window: DATE }
    const slice = (await one.ledger.slice(key)) ?? newSlice(key)
    await one.ledger.apply([{ change: 'slice', slice: { ...slice, state: 'staged', raw: delivery.raw, delivery } }])
  }
  return { one, two, deliver, stage }
}

it('loads, corrects and takes back over real ports, with several workers at once', async () => {
  const { one, two, deliver, stage } = await twoPorts()
  const [a, b, other] = [await deliver('1', 'A'), await deliver('1', 'B'), await deliver('2', 'C')]
  await stage('2', other)
  for (const delivery of [a, b, a]) {
    await stage('1', delivery)
    const outcomes = await Promise.all([one, two, one].map((ports) => ensureLoaded(TASK, ports)))
    for (const { partition } of outcomes) expect(partition.rows).toBe(delivery.part.rows + other.part.rows)
    expect(await two.destination('toast').shardTotals(TABLE, DATE)).toMatchObject([
      { shard: '1', rows: delivery.part.rows, totals: { amount: delivery.totals.amount } },
      { shard: '2', rows: other.part.rows, totals: { amount: other.totals.amount } },
    ])
  }
  expect((await two.ledger.slices({})).map(({ state }) => state)).toEqual(['loaded', 'loaded'])
  const { rows } = await warehouseOf(one, 'toast').query('SELECT count(*) FROM main._jobs')
  expect(rows).toEqual([['3']])
})

it('names the part that is gone, keeps the table, and heals when the part is back (fault 37)', async () => {
  const { one, deliver, stage } = await twoPorts()
  const a = await deliver('1', 'A')
  await stage('1', a)
  await ensureLoaded(TASK, one)
  const gone = { ...a, part: { ...a.part, object: `parts/toast/order_details/${DATE}/1/B.parquet`, rows: 6 } }
  await stage('1', gone)

  const { outcome, partition } = await ensureLoaded(TASK, one)

  expect(outcome).toBe('quarantined')
  const message = expect.stringContaining('1/B.parquet')
  expect(partition).toMatchObject({ reason: { code: 'OBJECT_DAMAGED', message } })
  expect(await one.destination('toast').partitionTotals(TABLE, DATE)).toMatchObject({ rows: a.part.rows })

  await stage('1', await deliver('1', 'B'))
  expect(await ensureLoaded(TASK, one)).toMatchObject({ outcome: 'loaded', partition: { rows: 6 } })
})
