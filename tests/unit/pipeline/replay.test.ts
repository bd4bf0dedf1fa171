import { expect, it } from 'vitest'
import { DaybreakError } from '../../../functions/errors.ts'
import type { Warehouse } from '../../../functions/pipeline/destination.ts'
import type { LoadPorts } from '../../../functions/pipeline/load/task.ts'
import { ensureLoaded } from '../../../functions/pipeline/night.ts'
import type { Ports } from '../../../functions/pipeline/ports.ts'
import { replay } from '../../../functions/pipeline/work/replay.ts'
import { createJobWarehouse } from '../../support/job-warehouse.ts'
import { aMessage, aRun } from '../../support/ledger-rows.ts'
import { createLoadBench, DATE, TASK } from '../../support/load-bench.ts'
import { createMemoryLedger } from '../../support/memory-ledger.ts'

const REQUEST = { messages: ['dead'] }

/** A partition that was quarantined because its status could not be asked for, and a dead message that asks for its load. */
async function quarantined() {
  const warehouse = createJobWarehouse()
  const bench = await createLoadBench(warehouse, createMemoryLedger())
  await bench.stage('1', 'A')
  const refuse: Partial<Warehouse> = {
    loadStatus: async () => {
      throw new DaybreakError('WAREHOUSE_DENIED', 'planted')
    },
  }
  const refusing: LoadPorts = { ...bench.ports, destination: () => ({ ...warehouse, ...refuse }) }
  expect(await ensureLoaded(TASK, refusing)).toMatchObject({ outcome: 'quarantined' })
  const work = { kind: 'load', pipeline: 'toast', stream: 'orders', window: DATE } as const
  const dead = aMessage({ id: 'dead', runId: 'run-1', work, state: 'dead', version: 0 })
  await bench.ports.ledger.apply([
    { change: 'run', run: aRun({ id: 'run-1', state: 'running', finishedAt: null }) },
    { change: 'message', message: dead },
  ])
  const row = () => bench.ports.ledger.partition('toast', 'orders', DATE)
  const ports: Ports = bench.ports as never
  return { warehouse, row, ports }
}

it('waits for a job of the partition that still runs, and starts no second one next to it', async () => {
  const { warehouse, row, ports } = await quarantined()
  const [job] = warehouse.running()
  await replay(REQUEST, { actor: 'me' }, ports)
  expect(await row()).toMatchObject({ state: 'pending', jobId: job?.id })
  await ensureLoaded(TASK, ports)
  expect(warehouse.running().map(({ id }) => id)).toEqual([job?.id])
  warehouse.end(job?.id ?? '')
  expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
  expect(await row()).toMatchObject({ state: 'idle', jobId: job?.id })
})

it('starts another job for a partition whose job has ended', async () => {
  const { warehouse, row, ports } = await quarantined()
  const [job] = warehouse.running()
  warehouse.end(job?.id ?? '', { state: 'failed', permanent: true, message: 'refused' })
  await replay(REQUEST, { actor: 'me' }, ports)
  expect(await row()).toMatchObject({ state: 'idle' })
  await ensureLoaded(TASK, ports)
  expect(warehouse.running()).toHaveLength(1)
  expect(warehouse.running()[0]?.id).not.toBe(job?.id)
})
