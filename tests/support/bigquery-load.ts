import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { BigqueryWarehouseOptions } from '../../functions/adapters/bigquery/warehouse.ts'
import { openFolderObjects } from '../../functions/adapters/local/objects/objects.ts'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import type { Delivery } from '../../functions/pipeline/entities.ts'
import type { LoadPorts, LoadTask } from '../../functions/pipeline/load/task.ts'
import { newSlice } from '../../functions/pipeline/steps/decide.ts'
import { COLUMNS, TABLE } from '../contract/warehouse-table.ts'
import type { BigqueryServerOptions } from '../emulators/bigquery/server.ts'
import { bigqueryWorld } from './bigquery.ts'
import { aDelivery } from './definition.ts'
import { testFolder } from './folder.ts'
import { partWriter } from './parts.ts'

export const DATE = '2026-01-05'

/** The load of the partition that these tests are about. */
export const TASK: LoadTask = {
  pipeline: 'toast',
  stream: 'order_details',
  window: DATE,
  table: TABLE,
  runId: 'run-1',
  environment: 'test',
  budget: 60_000,
}

/** The real load code over a ledger, a folder of objects and a local BigQuery; each worker has a warehouse of its own. */
export async function bigqueryLoads(options: BigqueryServerOptions = {}) {
  const folder = await testFolder()
  const objects = openFolderObjects({ root: join(folder, 'objects') })
  const ofUri = (uri: string) => ({ path: objects.uri(uri.slice('gs://acme/'.length)) })
  const world = await bigqueryWorld({
    objects: async (uri) => ((await objects.size(uri.slice(10))) === null ? null : ofUri(uri)),
    ...options,
  })
  const ledger = await openSqliteLedger({ path: join(folder, 'ledger.sqlite') })
  onTestFinished(() => ledger.close())
  const { part } = partWriter(folder)
  return {
    ...world,
    ledger,
    objects,
    worker: (other: Partial<BigqueryWarehouseOptions> = {}): LoadPorts => {
      const warehouse = world.open(other)
      return {
        ledger,
        objects: { ...objects, uri: (name) => `gs://acme/${name}` },
        destination: () => warehouse,
        clock: world.clock,
        log: (entry) => void world.logged.push(entry),
        queue: { publish: async () => undefined },
      }
    },
    /** A part whose rows and cents follow from its letter: A has 5 rows, B has 6. */
    async deliver(
      shard: string,
      letter: string,
      columns: Readonly<Record<string, string>> = COLUMNS,
    ): Promise<Delivery> {
      const rows = Array.from({ length: letter.charCodeAt(0) - 60 }, (_, n) =>
        [shard, DATE, `${n}`, '1.01', '0', letter, 'more'].slice(0, Object.keys(columns).length),
      )
      const written = await part(`${shard}-${letter}`, columns, rows)
      const object = `parts/toast/order_details/${DATE}/${shard}/${letter}.parquet`
      await objects.put(object, { path: written.part.uri })
      const cents = String(rows.length * 101).padStart(3, '0')
      const totals = { amount: `${cents.slice(0, -2)}.${cents.slice(-2)}`, tip: '0.000000000' }
      const bytes = (await objects.size(object)) ?? 0
      const raw = { object: `raw/toast/${shard}/${DATE}/OrderDetails.csv/${letter}`, sha256: letter, bytes: 1 }
      return aDelivery({ raw, part: { object, rows: rows.length, bytes }, totals })
    },
    async stage(shard: string, delivery: Delivery): Promise<void> {
      const key = { pipeline: 'toast', stream: 'order_details', shard, window: DATE }
      const slice = (await ledger.slice(key)) ?? newSlice(key)
      await ledger.apply([{ change: 'slice', slice: { ...slice, state: 'staged', raw: delivery.raw, delivery } }])
    },
    /** Rows of the partition, past the API. */
    async held(): Promise<number> {
      const [row] = await world.server.rows(
        `SELECT count(*) FROM "toast"."order_details" WHERE business_date = DATE '${DATE}'`,
      )
      return Number(row?.[0])
    },
    partition: () => ledger.partition('toast', 'order_details', DATE),
  }
}
