import { expect, it } from 'vitest'
import { DaybreakError } from '../../../functions/errors.ts'
import { ensureLoaded } from '../../../functions/pipeline/night.ts'
import { newMessage } from '../../../functions/pipeline/work/run.ts'
import { createJobWarehouse } from '../../support/job-warehouse.ts'
import { createLoadBench, DATE, TASK } from '../../support/load-bench.ts'

async function planted() {
  const bench = await createLoadBench(createJobWarehouse(() => undefined))
  await bench.stage('1', 'A')
  let id = 0
  const from = { newId: () => `next-${++id}`, clock: bench.ports.clock }
  const followUps = () => [newMessage({ kind: 'tick', pipeline: 'toast' }, null, from)]
  const { ledger } = bench.ports
  const standing = async () => ({
    loaded: (await ledger.partition('toast', 'orders', DATE))?.loaded ?? 0,
    slice: (await bench.slice('1')).state,
    messages: (await ledger.messages({})).map(({ id, runId, state }) => ({ id, runId, state })),
  })
  return { ...bench, task: { ...TASK, followUps }, standing }
}

const FOLLOWED = { id: 'next-1', runId: null, state: 'pending' }

it('records a message with the load that it follows from, sends it once, and none when nothing is loaded', async () => {
  const { task, ports, standing, sent } = await planted()
  expect(await ensureLoaded(task, ports)).toMatchObject({ outcome: 'loaded' })
  expect(await standing()).toEqual({ loaded: 1, slice: 'loaded', messages: [FOLLOWED] })
  expect(sent.map(({ id }) => id)).toEqual(['next-1'])
  expect(await ensureLoaded(task, ports)).toMatchObject({ outcome: 'unchanged' })
  expect((await standing()).messages).toHaveLength(1)
})

it('records neither when the transaction fails, and both by the next delivery', async () => {
  const { task, ports, standing, sent } = await planted()
  const { ledger } = ports
  const broken: typeof ledger = {
    ...ledger,
    async apply(changes) {
      // The last change fails after all others of its transaction were written.
      const isSettling = changes.some(({ change }) => change === 'message')
      const failing = { change: 'incident_state', id: 'nothing', state: 'acknowledged', at: 1 } as const
      await ledger.apply(isSettling ? [...changes, failing] : changes).catch((error: unknown) => {
        throw isSettling ? new DaybreakError('LEDGER_BUSY', 'the ledger is gone') : error
      })
    },
  }
  await expect(ensureLoaded(task, { ...ports, ledger: broken })).rejects.toMatchObject({ code: 'LEDGER_BUSY' })
  expect(await standing()).toEqual({ loaded: 0, slice: 'staged', messages: [] })
  expect(sent).toEqual([])
  expect(await ensureLoaded(task, ports)).toMatchObject({ outcome: 'loaded' })
  expect(await standing()).toMatchObject({ loaded: 1, slice: 'loaded', messages: [{ state: 'pending' }] })
})

it('keeps both when the queue is out of reach after the transaction', async () => {
  const { task, ports, standing } = await planted()
  const queue = {
    async publish() {
      throw new DaybreakError('QUEUE_FAILED', 'the queue is out of reach')
    },
  }
  await expect(ensureLoaded(task, { ...ports, queue })).rejects.toMatchObject({ code: 'QUEUE_FAILED' })
  expect(await standing()).toEqual({ loaded: 1, slice: 'loaded', messages: [FOLLOWED] })
})

it('follows nothing from a load yet', async () => {
  const { ports, standing } = await planted()
  expect(await ensureLoaded(TASK, ports)).toMatchObject({ outcome: 'loaded' })
  expect((await standing()).messages).toEqual([])
})
