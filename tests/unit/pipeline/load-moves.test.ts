import { describe, expect, it } from 'vitest'
import { DaybreakError, ERRORS, type ErrorCode } from '../../../functions/errors.ts'
import type { LoadStatus, Warehouse } from '../../../functions/pipeline/destination.ts'
import type { LoadPorts } from '../../../functions/pipeline/load/task.ts'
import { manifestName } from '../../../functions/pipeline/manifest.ts'
import { ensureLoaded } from '../../../functions/pipeline/night.ts'
import { createJobWarehouse, type JobWarehouse } from '../../support/job-warehouse.ts'
import { createLoadBench, DATE, delivery, TASK } from '../../support/load-bench.ts'
import { createMemoryLedger } from '../../support/memory-ledger.ts'

const TRANSIENT: LoadStatus = { state: 'failed', permanent: false, message: 'the backend had an error' }
const KEY = `load/toast/orders/${DATE}`

async function bench(...statuses: (LoadStatus | undefined)[]) {
  const warehouse = createJobWarehouse(() => statuses.shift())
  const made = await createLoadBench(warehouse, createMemoryLedger())
  const later = (milliseconds: number): LoadPorts => {
    const { clock } = made.ports
    return { ...made.ports, clock: { ...clock, now: () => clock.now() + milliseconds } }
  }
  const row = async () => (await made.ports.ledger.partition('toast', 'orders', DATE))!
  return { warehouse, later, row, ...made }
}

const failing = (ports: LoadPorts, members: Partial<Warehouse>): LoadPorts => ({
  ...ports,
  destination: (pipeline: string) => ({ ...ports.destination(pipeline), ...members }),
})

const CODES = Object.entries(ERRORS).flatMap(([code, { retryable }]) => (isCode(code) ? [{ code, retryable }] : []))
const PASSING = CODES.flatMap(({ code, retryable }) => (retryable || code === 'CANCELLED' ? [code] : []))
const LASTING = CODES.flatMap(({ code }) => (PASSING.includes(code) ? [] : [code]))

function isCode(code: string): code is ErrorCode {
  return code in ERRORS
}

describe.each(['startLoad', 'loadStatus', 'ensureTable'] as const)('an error of %s', (call) => {
  const throwing = (code: ErrorCode) => ({
    [call]: async () => {
      throw new DaybreakError(code, 'planted')
    },
  })

  it.each(LASTING)('%s moves the row, opens an incident, and a later attempt loads', async (code) => {
    const { ports, stage, row, incidents, later } = await bench()
    await stage('1', 'A')
    const { outcome } = await ensureLoaded(TASK, failing(ports, throwing(code)))
    expect(outcome).toBe('quarantined')
    expect(await row()).toMatchObject({ state: 'quarantined', reason: { code } })
    expect(await incidents()).toEqual([`${KEY} ${code}`])

    const held = code === 'LOAD_REJECTED' || code === 'NOT_RECONCILED'
    const again = await ensureLoaded({ ...TASK, ...(held && { force: true }) }, later(120_000))

    expect(again.outcome).toBe('loaded')
    expect(await incidents()).toEqual([])
  })

  it.each(PASSING)('%s is for the next delivery, which goes on with the row', async (code) => {
    const { ports, stage, row } = await bench()
    await stage('1', 'A')
    await expect(ensureLoaded(TASK, failing(ports, throwing(code)))).rejects.toMatchObject({ code })
    expect(await row()).toMatchObject({ state: 'pending' })
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
  })
})

describe('a row between claim and settle', () => {
  it('takes the next epoch when its job id belongs to other content', async () => {
    const { ports, stage, warehouse } = await bench()
    await stage('1', 'A')
    let conflicts = 0
    const startLoad: Warehouse['startLoad'] = async (job) => {
      if (conflicts++ === 0) throw new DaybreakError('JOB_CONFLICT', 'planted')
      return await warehouse.startLoad(job)
    }
    const { outcome, partition } = await ensureLoaded(TASK, failing(ports, { startLoad }))
    expect(outcome).toBe('loaded')
    expect(partition.epoch).toBe(1_700_000_002)
  })

  it.each(['gone', 'damaged'])('wants another manifest when its own is %s', async (how) => {
    const { ports, stage, objects, row } = await bench()
    await stage('1', 'A')
    const busy = async () => {
      throw new DaybreakError('WAREHOUSE_BUSY', 'planted')
    }
    await expect(ensureLoaded(TASK, failing(ports, { startLoad: busy }))).rejects.toMatchObject({
      code: 'WAREHOUSE_BUSY',
    })
    if (how === 'gone') objects.delete(manifestName(TASK, 1))
    else objects.set(manifestName(TASK, 1), Buffer.from('{"version": 1'))
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
    expect(await row()).toMatchObject({ state: 'idle', loaded: 2, wanted: 2 })
  })

  it('is not claimed again while the job that could not be asked for still runs', async () => {
    const warehouse = createJobWarehouse()
    const { ports, stage } = await createLoadBench(warehouse)
    await stage('1', 'A')
    const loadStatus = async () => {
      throw new DaybreakError('WAREHOUSE_DENIED', 'planted')
    }
    expect(await ensureLoaded(TASK, failing(ports, { loadStatus }))).toMatchObject({ outcome: 'quarantined' })
    const forced = { ...TASK, force: true }
    expect(await ensureLoaded(forced, ports)).toMatchObject({ outcome: 'pending' })
    expect(warehouse.running()).toHaveLength(1)
    warehouse.end(warehouse.running()[0]!.id)
    expect(await ensureLoaded({ ...forced, budget: 0 }, ports)).toMatchObject({ outcome: 'pending' })
    warehouse.end(warehouse.running()[0]!.id)
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
  })
})

describe('a failure of the warehouse’s own', () => {
  it('is an incident after three attempts, is tried again with longer pauses, and ends its incident itself', async () => {
    const { ports, stage, row, incidents, later, warehouse } = await bench(
      ...Array.from({ length: 5 }, () => TRANSIENT),
    )
    await stage('1', 'A')
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'quarantined' })
    expect(await incidents()).toEqual([`${KEY} WAREHOUSE_FAILED`])
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'quarantined', partition: { attempt: 3 } })

    expect(await ensureLoaded(TASK, later(60_000))).toMatchObject({ outcome: 'quarantined', partition: { attempt: 4 } })
    expect(await ensureLoaded(TASK, later(120_000))).toMatchObject({ partition: { attempt: 4 } })
    expect(await ensureLoaded(TASK, later(400_000))).toMatchObject({ partition: { attempt: 5 } })
    expect(await incidents()).toEqual([`${KEY} WAREHOUSE_FAILED`])

    expect(await ensureLoaded(TASK, later(40_000_000))).toMatchObject({ outcome: 'loaded' })
    expect(await row()).toMatchObject({ state: 'idle' })
    expect(await incidents()).toEqual([])
    expect(warehouse.commits).toHaveLength(1)
  })

  it('is tried at once when its time was written by a clock that was ahead', async () => {
    const { ports, stage, later } = await bench(TRANSIENT, TRANSIENT, TRANSIENT)
    await stage('1', 'A')
    await ensureLoaded(TASK, later(86_400_000))
    expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
  })
})

/** A ledger that loaded some letters, and one that is as the first was after the first of them. */
async function putBackAfterFirst(warehouse: JobWarehouse, letters: readonly string[]) {
  const lost = await createLoadBench(warehouse)
  await lost.stage('1', letters[0]!)
  await ensureLoaded(TASK, lost.ports)
  const partition = (await lost.ports.ledger.partition('toast', 'orders', DATE))!
  const slice = await lost.slice('1')
  for (const letter of letters.slice(1)) {
    await lost.stage('1', letter)
    await ensureLoaded(TASK, lost.ports)
  }
  const restored = await createLoadBench(warehouse)
  await restored.ports.ledger.apply([
    { change: 'partition', partition: { ...partition, version: 0 } },
    { change: 'slice', slice: { ...slice, version: 0 } },
  ])
  return { ...restored, ports: { ...restored.ports, objects: lost.ports.objects } }
}

describe('a ledger that was put back', () => {
  it.each([
    ['knows which epochs it has seen', true],
    ['does not know its epochs', false],
  ])('loads what differs in text only, over a warehouse that %s', async (_, knows) => {
    for (const [before, after] of [
      ['AB', 'C'],
      ['ABC', 'B'],
      ['ABC', 'C'],
      ['ABAB', 'B'],
      ['ABCB', 'C'],
    ] as const) {
      const warehouse = createJobWarehouse(() => undefined)
      const { ports, change } = await putBackAfterFirst(warehouse, [...before])
      // As many rows and the same money, so that only the raw file tells them apart.
      const made = delivery('1', after, { rows: before.charCodeAt(0) })
      await change('1', { state: 'staged', delivery: made, rejects: made.rejects, raw: made.raw })
      const survey = knows ? warehouse.survey : async () => []
      const { outcome, partition } = await ensureLoaded(TASK, failing(ports, { survey }))
      expect(outcome, before + after).toBe('loaded')
      expect(
        warehouse.table.map(({ rawSha256 }) => rawSha256),
        before + after,
      ).toEqual([made.raw.sha256])
      if (knows) expect(partition.epoch).toBeGreaterThan(1_700_000_000 + before.length)
    }
  })
})
