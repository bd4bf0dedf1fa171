import { onTestFinished } from 'vitest'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Table, Warehouse } from '../../functions/pipeline/destination.ts'
import type { Delivery, Message, Slice, SliceMembers } from '../../functions/pipeline/entities.ts'
import type { LoadPorts, LoadTask } from '../../functions/pipeline/load/task.ts'
import type { Ledger, LogEntry } from '../../functions/pipeline/ports.ts'
import { newSlice } from '../../functions/pipeline/steps/decide.ts'
import { aDelivery } from './definition.ts'
import { fitSlice } from './fit-slice.ts'
import { createMemoryObjects } from './memory-objects.ts'

export const DATE = '2025-02-05'

export const ORDERS: Table = {
  schema: 'toast',
  name: 'orders',
  description: 'Orders.',
  columns: [],
  clusterBy: [],
  totals: ['amount'],
  rawColumn: '_raw_sha256',
  shardColumn: 'location_id',
  partitionColumn: 'business_date',
}

export const TASK: LoadTask = {
  pipeline: 'toast',
  stream: 'orders',
  window: DATE,
  table: ORDERS,
  runId: 'run-1',
  environment: 'test',
}

/** Content of a slice: its letter decides name, rows and money of its part. */
export function delivery(shard: string, letter: string, { rows = letter.charCodeAt(0), rejects = 0 } = {}): Delivery {
  const version = `${letter.charCodeAt(0).toString(16).padStart(64, '0')}-c1-e1.parquet`
  return aDelivery({
    raw: { object: `raw/toast/${shard}/${DATE}/Orders.csv/${letter}`, sha256: version.slice(0, 64), bytes: 1 },
    part: { object: `parts/toast/orders/${DATE}/${shard}/${version}`, rows, bytes: 1 },
    rejects: { object: `parts/toast/rejects/${DATE}/${shard}/orders-${version}`, rows: rejects, bytes: 1 },
    totals: { amount: `${rows}.25` },
  })
}

export interface LoadBench {
  readonly ports: LoadPorts
  readonly logged: readonly LogEntry[]
  /** Messages that were published. */
  readonly sent: readonly Message[]
  readonly objects: Map<string, Uint8Array>
  slice(shard: string): Promise<Slice>
  /** A new file of a location becomes a staged slice. */
  stage(shard: string, letter: string, options?: { rows?: number; rejects?: number }): Promise<void>
  /** Any other change of a slice. */
  change(shard: string, more: Partial<SliceMembers>): Promise<void>
  incidents(): Promise<readonly string[]>
}

/** One partition over a real ledger, in memory unless told. Time goes on by a millisecond whenever it is asked for. */
export async function createLoadBench(
  warehouse: Warehouse,
  given?: Ledger,
  objects = new Map<string, Uint8Array>(),
): Promise<LoadBench> {
  const ledger = given ?? (await openSqliteLedger({ path: ':memory:' }))
  onTestFinished(() => ledger.close())
  const logged: LogEntry[] = []
  const sent: Message[] = []
  let now = 1_700_000_000_000
  const clock = {
    now: () => now++,
    async sleep(milliseconds: number) {
      now += milliseconds
    },
  }
  const keyOf = (shard: string) => ({ pipeline: 'toast', stream: 'orders', shard, window: DATE })
  const slice = async (shard: string) => (await ledger.slice(keyOf(shard))) ?? newSlice(keyOf(shard))
  const change = async (shard: string, more: Partial<SliceMembers>): Promise<void> => {
    const changed = fitSlice({ ...(await slice(shard)), ...more }, delivery(shard, 'A'))
    await ledger.apply([{ change: 'slice', slice: changed }]).catch((error: unknown) => {
      if (error instanceof DaybreakError && error.code === 'LEDGER_CONFLICT') return change(shard, more)
      throw error
    })
  }
  return {
    ports: {
      ledger,
      destination: () => warehouse,
      clock,
      objects: createMemoryObjects(objects),
      log: (entry) => void logged.push(entry),
      queue: { publish: async (messages) => void sent.push(...messages) },
    },
    logged,
    sent,
    objects,
    slice,
    change,
    async stage(location, letter, options) {
      const made = delivery(location, letter, options)
      await change(location, { state: 'staged', delivery: made, rejects: made.rejects, raw: made.raw, reason: null })
    },
    async incidents() {
      return (await ledger.incidents({ states: ['open'] })).map(({ key, reason }) => `${key} ${reason.code}`)
    },
  }
}
