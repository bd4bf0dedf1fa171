import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { openDestination } from '../../functions/compose/destinations.ts'
import { loadProject } from '../../functions/config/project.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import { TABLE } from '../contract/warehouse-table.ts'
import { SOAK } from '../support/draws.ts'
import { testFolder } from '../support/folder.ts'
import { entryOf, toParquet } from '../support/parts.ts'
import { ROOT, silent } from '../support/world.ts'

const MEGABYTE = 1_000_000
const LIMIT = 64

it('the warehouse gets the limit of its configuration, and what it caches stays below it however much is loaded', async () => {
  const folder = await testFolder()
  const project = await loadProject({ projectDir: ROOT, environment: 'local', env: { DAYBREAK_HOME: folder } })
  const warehouse = { kind: 'duckdb' as const, path: join(folder, 'w.duckdb'), memoryLimit: `${LIMIT}MB` }
  const environment = { ...project.environment, warehouse }
  const ports = { clock: createVirtualClock({ now: 1 }), log: silent }
  const destination = await openDestination({ key: 'warehouse', config: warehouse }, { ...project, environment }, ports)
  const tables = warehouseOf({ destination: () => destination }, 'toast')
  onTestFinished(() => tables.close())
  const one = async (sql: string) => Number((await tables.query(sql)).rows[0]?.[0])
  await tables.ensureTable(TABLE)
  const held: number[] = []
  for (let night = 1; night <= 12; night++) {
    const date = `2026-01-${String(night).padStart(2, '0')}`
    const path = join(folder, `${date}.parquet`)
    const columns = `'1' AS location_id, DATE '${date}' AS business_date, md5('${date}' || i) || md5(CAST(i AS VARCHAR)) AS order_id`
    const money = 'CAST(1.25 AS DECIMAL(18,2)) AS amount, CAST(0 AS DECIMAL(38,9)) AS tip'
    await toParquet(`SELECT ${columns}, ${money} FROM range(100000) r(i)`, path)
    const entries = [entryOf(path, { rows: 100_000 })]
    await tables.startLoad({ id: date, content: 'c0ffee', table: TABLE, window: date, entries, runId: '1' })
    held.push((await one('SELECT sum(memory_usage_bytes) FROM duckdb_memory()')) / MEGABYTE)
  }
  expect(await one('SELECT count(*) FROM toast.order_details')).toBe(1_200_000)
  expect(await one(`SELECT sum(length(order_id)) FROM toast.order_details`)).toBeGreaterThan(LIMIT * MEGABYTE)
  expect((await tables.query("SELECT current_setting('memory_limit')")).rows).toEqual([['61.0 MiB']])
  expect(Math.max(...held)).toBeLessThanOrEqual(LIMIT)
})

/** Megabytes of one process after a third of the nights and after all of them, within limits of the engine and the warehouse. */
async function residentAfter(nights: number, { engine, warehouse }: { engine: number; warehouse: number }) {
  const script = join(import.meta.dirname, '../support/memory-nights.ts')
  const args = ['--expose-gc', script, String(nights), `${engine}MB`, `${warehouse}MB`]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { measured, loaded } = JSON.parse(stdout) as { measured: [number, number, number]; loaded: number }
  expect(loaded).toBe(nights)
  return measured
}

it.skipIf(!SOAK)(
  'a process that loads 600 location-nights keeps within the limits of its caches',
  { timeout: 1_200_000 },
  async () => {
    const limits = { engine: 128, warehouse: LIMIT }
    const [start, third, all] = await residentAfter(600, limits)
    // What the first nights need once (code, JavaScript's heap, parts under way), and what the allocator does not give back.
    const ONCE = 200
    // Half a megabyte a night would be 200.
    const GROWTH = 80
    expect(third - start).toBeLessThan(limits.engine + limits.warehouse + ONCE)
    expect(all - third).toBeLessThan(GROWTH)
  },
)
