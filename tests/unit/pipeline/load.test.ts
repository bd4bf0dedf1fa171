import { describe, expect, it } from 'vitest'
import { DaybreakError } from '../../../functions/errors.ts'
import type { LoadStatus, PartitionContent } from '../../../functions/pipeline/destination.ts'
import { manifestName, parseManifest } from '../../../functions/pipeline/manifest.ts'
import { ensureLoaded } from '../../../functions/pipeline/night.ts'
import { createJobWarehouse } from '../../support/job-warehouse.ts'
import { createLoadBench, DATE, delivery, TASK } from '../../support/load-bench.ts'

const REJECTS_TASK = { ...TASK, stream: 'rejects', table: { ...TASK.table, name: 'rejects', totals: [] } }
const TRANSIENT: LoadStatus = { state: 'failed', permanent: false, message: 'the backend had an error' }
const PERMANENT: LoadStatus = { state: 'failed', permanent: true, message: 'part x has another type' }

/** Counts of a warehouse that holds a letter of location 1, but for what it got wrong. */
function counted(letter: string, wrong: Partial<PartitionContent> = {}) {
  const { part, raw, totals } = delivery('1', letter)
  const sources = [{ shard: '1', rawSha256: raw.sha256, rows: part.rows }]
  return { state: 'done', rows: part.rows, totals, sources, ...wrong } as const
}

/** A bench whose warehouse ends jobs as told, one after the other, and well when nothing is told. */
async function bench(...statuses: (LoadStatus | undefined)[]) {
  const warehouse = createJobWarehouse(() => statuses.shift())
  return { warehouse, ...(await createLoadBench(warehouse)) }
}

describe('a partition is loaded', () => {
  it('from the parts of all its slices, which say so then', async () => {
    const { ports, stage, slice, warehouse, logged } = await bench()
    await stage('1', 'A')
    await stage('2', 'B')

    const { outcome, partition } = await ensureLoaded(TASK, ports)

    expect(outcome).toBe('loaded')
    const equal = { wanted: 1, loaded: 1, state: 'idle', rows: 131, totals: { amount: '131.50' } }
    expect(partition).toMatchObject(equal)
    expect(warehouse.table.map(({ part }) => part.uri)).toEqual([
      expect.stringMatching(/^memory:\/\/parts\/toast\/orders\/2025-02-05\/1\//),
      expect.stringMatching(/^memory:\/\/parts\/toast\/orders\/2025-02-05\/2\//),
    ])
    expect([(await slice('1')).state, (await slice('2')).state]).toEqual(['loaded', 'loaded'])
    expect(await ports.ledger.partition('toast', 'orders', DATE)).toEqual(partition)
    expect(logged).toMatchObject([{ severity: 'INFO', step: 'load', counts: { rows: 131, parts: 2, manifest: 1 } }])
  })

  it('once: a second time nothing is written, put or started', async () => {
    const { ports, stage, warehouse, objects } = await bench()
    await stage('1', 'A')
    const { partition } = await ensureLoaded(TASK, ports)
    expect(await ensureLoaded(TASK, ports)).toEqual({ outcome: 'unchanged', partition })
    expect(warehouse.commits).toHaveLength(1)
    expect(objects.size).toBe(1)
  })

  it('again for a correction, and for one that takes it back', async () => {
    const { ports, stage, warehouse } = await bench()
    for (const letter of ['A', 'B', 'A']) {
      await stage('1', letter)
      expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
    }
    expect(warehouse.table[0]?.part.rows).toBe(65)
    expect(warehouse.commits.map(({ id }) => id.replace(/.*_e\d+(\d)_(a\d)_.*/, '$1 $2'))).toEqual([
      '1 a1',
      '2 a1',
      '3 a1',
    ])
  })

  it('not at all when a correction was taken back before anybody loaded it, and the slice says loaded', async () => {
    const { ports, stage, slice, warehouse } = await bench()
    await stage('1', 'A')
    await ensureLoaded(TASK, ports)
    await stage('1', 'B')
    await stage('1', 'A')

    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'unchanged', partition: { wanted: 1 } })

    expect((await slice('1')).state).toBe('loaded')
    expect(warehouse.commits).toHaveLength(1)
  })

  it('empty when no slice has anything to give', async () => {
    const { ports, change, warehouse } = await bench()
    await change('1', { state: 'missing' })
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded', partition: { rows: 0 } })
    expect(warehouse.commits[0]?.entries).toEqual([])
  })

  it('with zero rows, nothing and a held file kept apart in its manifest', async () => {
    const { ports, stage, change, slice, objects, warehouse } = await bench()
    await stage('1', 'A', { rows: 0 })
    await change('2', { state: 'missing' })
    await change('3', { state: 'quarantined' })
    await stage('4', 'D')
    await ensureLoaded(TASK, ports)
    await change('4', { state: 'quarantined' })
    await ensureLoaded(TASK, ports)

    const manifest = parseManifest(objects.get(manifestName(TASK, 1))!)
    expect(manifest.entries.map(({ shard: location, part }) => [location, part.rows])).toEqual([
      ['1', 0],
      ['4', 68],
    ])
    expect(manifest.absent).toEqual([
      { shard: '2', stream: 'orders', state: 'missing' },
      { shard: '3', stream: 'orders', state: 'quarantined' },
    ])
    expect((await slice('4')).state).toBe('quarantined')
    expect(warehouse.table).toHaveLength(2)
  })

  it('with the rejects of all streams, and the slices stay as they are', async () => {
    const { ports, stage, slice, warehouse } = await bench()
    await stage('1', 'A', { rejects: 3 })
    await stage('2', 'B', { rejects: 0 })
    await stage('3', 'C', { rejects: 1 })
    expect(await ensureLoaded(REJECTS_TASK, ports)).toMatchObject({ outcome: 'loaded', partition: { rows: 4 } })
    expect(warehouse.table.map(({ stream, rawSha256 }) => [stream, rawSha256.slice(-2)])).toEqual([
      ['orders', '41'],
      ['orders', '43'],
    ])
    expect((await slice('1')).state).toBe('staged')
  })

  it('under job ids that no lost ledger used before', async () => {
    const warehouse = createJobWarehouse(() => undefined)
    const lost = await createLoadBench(warehouse)
    await lost.stage('1', 'A')
    await ensureLoaded(TASK, lost.ports)
    const fresh = await createLoadBench(warehouse)
    await fresh.stage('1', 'B')
    const later = { now: () => 1_700_000_060_000, sleep: async () => undefined }

    const objects = lost.ports.objects
    expect(await ensureLoaded(TASK, { ...fresh.ports, objects, clock: later })).toMatchObject({ outcome: 'loaded' })

    expect(warehouse.table[0]?.part.rows).toBe(66)
  })
})

describe('a load that fails', () => {
  it('is tried with a new job id when it was no fault of the data', async () => {
    const { ports, stage, warehouse, incidents } = await bench(TRANSIENT, TRANSIENT)
    await stage('1', 'A')
    expect(await ensureLoaded(TASK, ports)).toMatchObject({
      outcome: 'loaded',
      partition: { attempt: 3, state: 'idle' },
    })
    expect(warehouse.commits[0]?.id).toMatch(/_a3_[0-9a-f]{12}$/)
    expect(await incidents()).toEqual([])
  })

  it('is held after the third time, as an incident, and the slices stay staged', async () => {
    const { ports, stage, slice, incidents, warehouse } = await bench(TRANSIENT, TRANSIENT, TRANSIENT)
    await stage('1', 'A')
    const { outcome, partition } = await ensureLoaded(TASK, ports)
    expect(outcome).toBe('quarantined')
    const message = expect.stringContaining('the backend had an error')
    expect(partition).toMatchObject({ loaded: 0, reason: { code: 'WAREHOUSE_FAILED', message } })
    expect(await ports.ledger.partition('toast', 'orders', DATE)).toEqual(partition)
    expect(await incidents()).toEqual([`load/toast/orders/${DATE} WAREHOUSE_FAILED`])
    expect((await slice('1')).state).toBe('staged')
    expect(warehouse.commits).toEqual([])
  })

  it('is held at once when the data is at fault', async () => {
    const { ports, stage, incidents } = await bench(PERMANENT)
    await stage('1', 'A')
    const reason = { code: 'LOAD_REJECTED', message: expect.stringContaining('part x has another type') }
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'quarantined', partition: { attempt: 1, reason } })
    expect(await incidents()).toEqual([`load/toast/orders/${DATE} LOAD_REJECTED`])
  })

  it('says so when a part is gone from object storage', async () => {
    const { ports, stage } = await bench({ ...PERMANENT, code: 'OBJECT_MISSING' })
    await stage('1', 'A')
    const held = { outcome: 'quarantined', partition: { reason: { code: 'OBJECT_MISSING' } } }
    expect(await ensureLoaded(TASK, ports)).toMatchObject(held)
  })

  it('is held when the table cannot become what the contract says', async () => {
    const { ports, stage, warehouse } = await bench()
    await stage('1', 'A')
    const ensureTable = async () => {
      throw new DaybreakError('LOAD_REJECTED', 'column amount is text')
    }
    const held = {
      outcome: 'quarantined',
      partition: { reason: { message: expect.stringContaining('amount is text') } },
    }
    expect(await ensureLoaded(TASK, { ...ports, destination: () => ({ ...warehouse, ensureTable }) })).toMatchObject(
      held,
    )
  })

  it('stays held, is tried again by force, and its incident ends with a success', async () => {
    const { ports, stage, incidents, warehouse } = await bench(PERMANENT, PERMANENT)
    await stage('1', 'A')
    await ensureLoaded(TASK, ports)
    const { partition } = await ensureLoaded(TASK, ports)
    expect(await ensureLoaded(TASK, ports)).toEqual({ outcome: 'quarantined', partition })
    expect(await ensureLoaded({ ...TASK, force: true }, ports)).toMatchObject({ outcome: 'quarantined' })
    expect(await incidents()).toHaveLength(1)

    expect(await ensureLoaded({ ...TASK, force: true }, ports)).toMatchObject({ outcome: 'loaded' })

    expect(await incidents()).toEqual([])
    expect(warehouse.commits).toHaveLength(1)
  })

  it('is tried again by itself with the next manifest', async () => {
    const { ports, stage, incidents } = await bench(PERMANENT)
    await stage('1', 'A')
    await ensureLoaded(TASK, ports)
    await stage('1', 'B')
    const loaded = { outcome: 'loaded', partition: { state: 'idle', wanted: 2, loaded: 2 } }
    expect(await ensureLoaded(TASK, ports)).toMatchObject(loaded)
    expect(await incidents()).toEqual([])
  })

  it.each<[string, LoadStatus]>([
    ['a row', counted('A', { rows: 64 })],
    ['a cent', counted('A', { totals: { amount: '65.26' } })],
    ['all its money', counted('A', { totals: {} })],
    ['the raw file of its rows', counted('A', { sources: counted('B').sources })],
  ])('to reconcile by %s is never said to be loaded', async (_, status) => {
    const { ports, stage, slice, incidents } = await bench(undefined, status)
    await stage('1', 'B')
    await ensureLoaded(TASK, ports)
    await stage('1', 'A')
    const { outcome, partition } = await ensureLoaded(TASK, ports)
    expect(outcome).toBe('quarantined')
    expect(partition).toMatchObject({ loaded: 0, reason: { code: 'NOT_RECONCILED' } })
    expect(await incidents()).toEqual([`load/toast/orders/${DATE} NOT_RECONCILED`])
    expect((await slice('1')).state).toBe('staged')
  })

  it('to reconcile only in notation is no failure', async () => {
    const { ports, stage } = await bench(counted('A', { totals: { amount: '65.250000000' } }))
    await stage('1', 'A')
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
  })

  it('does not compare sums of columns that the table no longer has', async () => {
    const { ports, stage } = await bench(counted('A', { totals: {} }))
    await stage('1', 'A')
    const task = { ...TASK, table: { ...TASK.table, totals: [] } }
    expect(await ensureLoaded(task, ports)).toMatchObject({ outcome: 'loaded' })
  })
})

describe('a load that is interrupted', () => {
  it('is put back when its time is up, and ended by the next worker, without a second job', async () => {
    const warehouse = createJobWarehouse()
    const { ports, stage } = await createLoadBench(warehouse)
    await stage('1', 'A')
    const pending = { outcome: 'pending', partition: { state: 'pending', loading: 1 } }
    expect(await ensureLoaded({ ...TASK, budget: 2_000 }, ports)).toMatchObject(pending)
    expect(await ensureLoaded({ ...TASK, budget: 0 }, ports)).toMatchObject(pending)
    expect(warehouse.running()).toHaveLength(1)

    warehouse.end(warehouse.running()[0]!.id)

    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded', partition: { attempt: 1 } })
  })

  it('goes on under the same id when the warehouse was busy', async () => {
    const { ports, stage, warehouse } = await bench()
    await stage('1', 'A')
    const startLoad = async () => {
      throw new DaybreakError('WAREHOUSE_BUSY', 'another process has the file')
    }
    const failing = ensureLoaded(TASK, { ...ports, destination: () => ({ ...warehouse, startLoad }) })
    await expect(failing).rejects.toMatchObject({ code: 'WAREHOUSE_BUSY' })
    const { partition } = await ensureLoaded(TASK, ports)
    expect(partition).toMatchObject({ state: 'idle', loaded: 1 })
    expect(warehouse.commits[0]?.id).toBe(partition.jobId)
  })

  it('between put and want leaves a number that the next worker wants and goes past', async () => {
    const { ports, stage, objects } = await bench()
    await stage('1', 'A')
    const apply = async () => {
      throw new DaybreakError('LEDGER_BUSY', 'planted')
    }
    const dying = ensureLoaded(TASK, { ...ports, ledger: { ...ports.ledger, apply } })
    await expect(dying).rejects.toMatchObject({ code: 'LEDGER_BUSY' })
    await stage('1', 'B')
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded', partition: { wanted: 2, rows: 66 } })
    expect([...objects.keys()]).toEqual([manifestName(TASK, 1), manifestName(TASK, 2)])
  })

  it('makes a new manifest when the wanted one is gone from object storage', async () => {
    const { ports, stage, objects } = await bench()
    await stage('1', 'A')
    await ensureLoaded(TASK, ports)
    objects.clear()
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded', partition: { wanted: 2, loaded: 2 } })
  })
})
