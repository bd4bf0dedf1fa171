import { expect, it, onTestFinished, vi } from 'vitest'
import { openLocalQueue } from '../../functions/adapters/local/queue/queue.ts'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { pushPath } from '../../functions/handlers/routes.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { Message, Work } from '../../functions/pipeline/entities.ts'
import { wordsOf } from '../../functions/pipeline/slice-words.ts'
import { deadLetter, handle } from '../../functions/pipeline/work/handle.ts'
import { finishRun } from '../../functions/pipeline/work/record.ts'
import { replay } from '../../functions/pipeline/work/replay.ts'
import { newMessage } from '../../functions/pipeline/work/run.ts'
import type { Worker } from '../../functions/pipeline/work/worker.ts'
import { aRun } from '../support/ledger-rows.ts'

// The table of today with one entry more.
vi.mock('../../functions/pipeline/work/kind-table.ts', async (original) => {
  const { KINDS } = await original<typeof import('../../functions/pipeline/work/kind-table.ts')>()
  const probe = { doc: 'A test.', topic: 'Tests.', subject: ['window'], waits: false }
  return { KINDS: { ...KINDS, probe } }
})

const PROBE = { kind: 'probe', pipeline: 'models', window: '2025-02-05' } as unknown as Work

/** A ledger and a local queue, whose probes fail as often as told. */
async function opened(failures: number) {
  const ledger = await openSqliteLedger({ path: ':memory:' })
  onTestFinished(() => ledger.close())
  const clock = createVirtualClock({ now: 1_700_000_000_000, sleeping: 'advance' })
  const log = () => undefined
  const queue = openLocalQueue({ clock, log, random: () => 0, maxAttempts: 2, minBackoff: 1, maxBackoff: 1 })
  let id = 0
  const words = () => wordsOf({ config: { kind: 'files' }, contracts: new Map() })
  const ports = { ledger, queue, clock, log, words, newId: () => `id-${++id}`, processes: null }
  const worked: string[] = []
  let left = failures
  const probe = async (message: Message) => {
    if (left-- > 0) throw new DaybreakError('WAREHOUSE_BUSY', 'not yet')
    worked.push(message.id)
  }
  const worker = { definitions: new Map(), ports, handlers: new Map([['probe', probe]]) } as unknown as Worker
  const message = newMessage(PROBE, null, ports)
  await ledger.apply([{ change: 'message', message }])
  await queue.publish([message])
  const drain = () =>
    queue.drain((each) => handle(each, worker), {
      onDeadLetter: (each, error) => deadLetter(each, error, worker),
    })
  return { ports: worker.ports, message, worked, drain }
}

it('passes the local queue and the ledger without a run, by an entry in the table alone', async () => {
  const { ports, message, worked, drain } = await opened(0)
  expect(await drain()).toMatchObject({ done: 1, dead: 0 })
  expect(worked).toEqual([message.id])
  expect(await ports.ledger.message(message.id)).toMatchObject({ state: 'done', runId: null, work: PROBE })
  expect(pushPath('probe')).toBe('/probe')
})

it('becomes a dead letter with an incident, and is replayed', async () => {
  const { ports, message, worked, drain } = await opened(2)
  expect(await drain()).toMatchObject({ dead: 1 })
  const about = { key: 'message/models/probe/2025-02-05', kind: 'message', pipeline: 'models', window: '2025-02-05' }
  expect(await ports.ledger.incidents({ states: ['open'] })).toMatchObject([{ ...about, runId: null }])
  const request = { kind: PROBE.kind }
  expect(await replay(request, { actor: 'ann' }, ports)).toEqual([{ message: message.id, run: null }])
  expect(await drain()).toMatchObject({ done: 1 })
  expect(worked).toEqual([message.id])
  expect(await ports.ledger.incidents({ states: ['open'] })).toEqual([])
})

it('is not waited for by a run, which does not fail with it either', async () => {
  const { ports } = await opened(0)
  const { ledger } = ports
  for (const state of ['pending', 'dead'] as const) {
    const run = aRun({ id: `run-${state}`, state: 'running', finishedAt: null, reason: null })
    const own = { ...newMessage(PROBE, run.id, ports), state }
    await ledger.apply([
      { change: 'run', run },
      { change: 'message', message: own },
    ])
    await finishRun(run.id, ports)
    expect(await ledger.run(run.id)).toMatchObject({ state: 'skipped', reason: null })
  }
})

it('ends with an incident when nothing handles it', async () => {
  const { ports, message } = await opened(0)
  await handle(message, { definitions: new Map(), ports })
  expect(await ports.ledger.message(message.id)).toMatchObject({ state: 'dead', reason: { code: 'MESSAGE_INVALID' } })
})

it('ends a message in one transaction, though the copy in the queue is older than its row', async () => {
  const { ports, worked, drain } = await opened(0)
  const apply = vi.spyOn(ports.ledger, 'apply')
  expect(await drain()).toMatchObject({ done: 1 })
  expect(worked).toHaveLength(1)
  expect(apply).toHaveBeenCalledOnce()
})
