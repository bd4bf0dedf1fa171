import { expect, it, onTestFinished, vi } from 'vitest'
import { openLocalQueue } from '../../functions/adapters/local/queue/queue.ts'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { EnvironmentConfig } from '../../functions/config/config.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { pushPath, ROUTES } from '../../functions/handlers/routes.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { Work } from '../../functions/pipeline/entities.ts'
import { wordsOf } from '../../functions/pipeline/slice-words.ts'
import { WORDS } from '../../functions/pipeline/words.ts'
import { deadLetter, handle } from '../../functions/pipeline/work/handle.ts'
import { kindOf } from '../../functions/pipeline/work/kinds.ts'
import { finishRun } from '../../functions/pipeline/work/record.ts'
import { replay } from '../../functions/pipeline/work/replay.ts'
import { newMessage } from '../../functions/pipeline/work/run.ts'
import type { Worker } from '../../functions/pipeline/work/worker.ts'
import { topicsOf } from '../../infra/grants/senders.ts'
import { aRun } from '../support/ledger-rows.ts'

// The table of today with one entry more.
vi.mock('../../functions/pipeline/work/kind-table.ts', async (original) => {
  const { KINDS } = await original<typeof import('../../functions/pipeline/work/kind-table.ts')>()
  const probe = { doc: 'A test.', topic: 'Tests.', subject: ['window'], service: 'worker', keep: 60 }
  const rules = { waits: false, gathers: false, senders: { worker: 'sends tests' } }
  return { KINDS: { ...KINDS, probe: { ...probe, ...rules } } }
})

/** Topics of an environment that names none. */
function defaultTopics() {
  const { queue } = EnvironmentConfig.parse({
    ...{ version: 1, environment: 'cloud', queue: { kind: 'pubsub' }, objects: { kind: 'folder', root: 'objects' } },
    ...{
      warehouse: { kind: 'duckdb', path: 'a.duckdb' },
      ledger: { kind: 'sqlite', path: 'a.db' },
      privacy: { hash_key: 'secret://key' },
    },
  })
  if (queue.kind !== 'pubsub') throw new TypeError('expected a queue of Pub/Sub')
  return queue.topics
}

const PROBE: Work = JSON.parse('{ "kind": "probe", "pipeline": "models", "window": "2025-02-05" }')

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
  const worked: Work[] = []
  let left = failures
  const probe = async (work: Work) => {
    if (left-- > 0) throw new DaybreakError('WAREHOUSE_BUSY', 'not yet')
    worked.push(work)
  }
  const worker: Worker = { definitions: new Map(), ports, handlers: new Map([['probe', probe]]) } as never
  const message = newMessage(PROBE, null, ports)
  await ledger.apply([{ change: 'message', message }])
  await queue.publish([message])
  const drain = () =>
    queue.drain((each) => handle(each, worker), {
      onDeadLetter: (each, error) => deadLetter(each, error, worker),
    })
  return { ports: worker.ports, message, worked, drain }
}

it('has topic, path, word, permission and subscription by its entry', () => {
  const topics = defaultTopics()
  expect(topics).toMatchObject({ probe: 'daybreak-probe', notify: 'daybreak-notify' })
  expect(ROUTES).toContainEqual({ method: 'POST', path: '/probe', caller: 'push', handler: 'probe', doc: 'A test.' })
  expect(WORDS.messages.kind).toContain('probe')
  expect(topicsOf('worker', { topics })).toContainEqual({ name: 'daybreak-probe', why: 'sends tests' })
  expect(topicsOf('api', { topics }).map(({ name }) => name)).not.toContain('daybreak-probe')
  expect(kindOf('probe')).toMatchObject({ service: 'worker', keep: 60 })
})

it('passes the local queue and the ledger without a run, by an entry in the table alone', async () => {
  const { ports, message, worked, drain } = await opened(0)
  expect(await drain()).toMatchObject({ done: 1, dead: 0 })
  expect(worked).toEqual([PROBE])
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
  expect(worked).toEqual([PROBE])
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
