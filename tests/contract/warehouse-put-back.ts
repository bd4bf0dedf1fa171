import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { LoadEntry, Table, Warehouse } from '../../functions/pipeline/destination.ts'
import type { LoadPorts } from '../../functions/pipeline/load/task.ts'
import { ensureLoaded } from '../../functions/pipeline/night.ts'
import { createLoadBench, DATE, delivery, TASK } from '../support/load-bench.ts'
import { createMemoryLedger } from '../support/memory-ledger.ts'
import { COLUMNS, TABLE } from './warehouse-table.ts'

export interface PutBackFixture {
  readonly warehouse: Warehouse
  /** Stages a part made of rows, with exactly these columns, and gives its line in a manifest. */
  part(
    name: string,
    columns: Readonly<Record<string, string>>,
    rows: readonly (readonly (string | number | null)[])[],
  ): Promise<LoadEntry>
}

const ORDERS: Table = { ...TABLE, name: 'orders' }
const PARTITION = { pipeline: 'toast', stream: 'orders', window: DATE }
const shaOf = (text: string) => createHash('sha256').update(text).digest('hex')

/**
 * A ledger that is put back knows fewer epochs than the destination, so it gives numbers again that were used. Files that differ
 * in text only have as many rows and the same sums: only the raw file in each row tells them apart.
 */
export function testPutBack(create: () => Promise<PutBackFixture>): void {
  it.each([
    ['AB', 'C'],
    ['ABC', 'B'],
    ['ABC', 'C'],
    ['ABAB', 'B'],
    ['ABCB', 'C'],
  ])(
    'equals the files after it loaded %s, its ledger was put back to the first, and %s came',
    async (before, after) => {
      const { warehouse, part } = await create()
      const uris = new Map<string, string>()
      const lost = await openBench(warehouse, uris)
      const stage = async ({ change }: Bench, letter: string) => {
        const text = `text ${letter}`
        const made = delivery('1', letter, { rows: 1 })
        const raw = { ...made.raw, sha256: shaOf(letter) }
        const entry = await part(letter, COLUMNS, [['1', DATE, text, '10.00', '0', raw.sha256]])
        uris.set(made.part.object, entry.part.uri)
        const staged = { ...made, raw, totals: { amount: '10.00', tip: '0' } }
        await change('1', { state: 'staged', delivery: staged, rejects: made.rejects, raw, reason: null })
      }
      await stage(lost, 'A')
      await load(lost.ports)
      const { ledger } = lost.ports
      const backup = { slice: await lost.slice('1'), partition: await ledger.partition('toast', 'orders', DATE) }
      for (const letter of before.slice(1)) {
        await stage(lost, letter)
        await load(lost.ports)
      }

      const restored = await openBench(warehouse, uris, lost.objects)
      await restored.ports.ledger.apply([
        { change: 'partition', partition: { ...backup.partition!, version: 0 } },
        { change: 'slice', slice: { ...backup.slice, version: 0 } },
      ])
      await stage(restored, after)
      await load(restored.ports)

      const sql = `SELECT order_id, _raw_sha256 FROM toast.orders WHERE business_date = DATE '${DATE}'`
      expect((await warehouse.query(sql)).rows).toEqual([[`text ${after}`, shaOf(after)]])
      expect(await restored.ports.ledger.partition('toast', 'orders', DATE)).toMatchObject({
        ...PARTITION,
        state: 'idle',
      })
    },
  )
}

type Bench = Awaited<ReturnType<typeof openBench>>

/** A bench over a ledger of its own, whose parts are where the fixture put them. */
async function openBench(warehouse: Warehouse, uris: ReadonlyMap<string, string>, objects?: Map<string, Uint8Array>) {
  const bench = await createLoadBench(warehouse, createMemoryLedger(), objects)
  const { clock, ...ports } = bench.ports
  const uri = (name: string) => uris.get(name) ?? ports.objects.uri(name)
  // A destination on another machine takes real time.
  const sleep = (milliseconds: number) => pause(1).then(() => clock.sleep(milliseconds))
  return { ...bench, ports: { ...ports, objects: { ...ports.objects, uri }, clock: { ...clock, sleep } } }
}

async function load(ports: LoadPorts): Promise<void> {
  while ((await ensureLoaded({ ...TASK, table: ORDERS }, ports)).outcome === 'pending') await pause(1)
}
