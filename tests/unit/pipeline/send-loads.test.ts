import { describe, expect, it } from 'vitest'
import { applied } from '../../../functions/pipeline/apply.ts'
import { isWaiting, type Message } from '../../../functions/pipeline/entities.ts'
import type { Queue } from '../../../functions/pipeline/ports.ts'
import { resendLoads, sendLoads, waitingFor } from '../../../functions/pipeline/work/send-loads.ts'
import { aMessage } from '../../support/ledger-rows.ts'
import { createMemoryLedger } from '../../support/memory-ledger.ts'
import { seeded } from '../../support/seeded.ts'
import { createTurns } from '../../support/turns.ts'

const DATE = '2025-02-05'
const WAIT = 300_000

const ingestOf = (id: string, changes: Partial<Message> = {}) => aMessage({ id, attempts: 0, ...changes })
const loadOf = (
  id: string,
  { stream = 'order_details', window = DATE, ...changes }: Partial<Message> & { stream?: string; window?: string } = {},
) =>
  aMessage({
    id,
    attempts: 0,
    createdAt: 0,
    sentAt: null,
    work: { kind: 'load', pipeline: 'toast', stream, window },
    ...changes,
  })

/** A ledger with messages in it, a queue that keeps what it gets, and a clock that is moved by hand. */
async function open(...messages: readonly Message[]) {
  const ledger = createMemoryLedger()
  await ledger.apply(messages.map((message) => ({ change: 'message', message })))
  const published: Message[] = []
  const publish = async (some: readonly Message[]) => void published.push(...some)
  const queue: Queue = { can: { delay: false }, loadWait: WAIT, publish }
  let now = 1
  const clock = { now: () => now, sleep: async () => undefined }
  const ports = { ledger, queue, clock }
  return {
    ...{ ledger, ports, published },
    advance: (milliseconds: number) => {
      now += milliseconds
    },
    ids: () => published.splice(0).map(({ id }) => id),
    async end(id: string, changes: Partial<Message> = { state: 'done' }) {
      const message = await ledger.message(id)
      if (message) await ledger.apply([{ change: 'message', message: { ...message, ...changes } }])
    },
    /** As a worker that ended a message of the date, or as a sweep. */
    send: (...dates: readonly string[]) => sendLoads('toast', ports, dates.length > 0 ? dates : undefined),
  }
}

describe.each([
  ['as a sweep sends them', []],
  ['as the end of a message of the date sends them', [DATE]],
])('loads that wait in the ledger, %s', (_, dates) => {
  it('are sent when the last ingest of their date has ended: one per partition, which stands for the others', async () => {
    const world = await open(
      ingestOf('a'),
      ingestOf('b'),
      loadOf('l1'),
      loadOf('l2'),
      loadOf('c1', { stream: 'check_details' }),
    )
    await world.end('a')
    expect(await world.send(...dates)).toBe(0)
    await world.end('b')
    expect(await world.send(...dates)).toBe(2)
    expect(world.ids()).toEqual(['c1', 'l1'])
    expect(await world.ledger.message('l2')).toMatchObject({ state: 'done' })
    expect(await world.ledger.message('l1')).toMatchObject({ state: 'pending', notBefore: 1, sentAt: 1 })
    expect(await world.send(...dates)).toBe(0)
  })

  it('wait for ingests of other runs, but of no other date and no other pipeline', async () => {
    const other = { kind: 'ingest', pipeline: 'toast', shard: '1', windows: ['2025-02-04'] } as const
    const world = await open(
      ...[ingestOf('a', { work: other }), ingestOf('b', { work: { ...other, pipeline: 'other', windows: [DATE] } })],
      loadOf('l1', { runId: 'run-2' }),
      loadOf('l2', { window: '2025-02-04' }),
    )
    expect(await world.send(...dates)).toBe(1)
    expect(world.ids()).toEqual(['l1'])
  })

  it('do not wait for one that has failed: it may fail for hours', async () => {
    const world = await open(ingestOf('a'), loadOf('l1'))
    await world.end('a', { attempts: 1 })
    expect(await world.send(...dates)).toBe(1)
  })

  it('are sent after a while, also while a load is under way, and then no more until that one has had its time', async () => {
    const world = await open(ingestOf('a'), loadOf('l1'))
    world.advance(WAIT - 2)
    expect(await world.send(...dates)).toBe(0)
    world.advance(1)
    expect(await world.send(...dates)).toBe(1)
    await world.ledger.apply([{ change: 'message', message: loadOf('l2') }])
    expect(await world.send(...dates)).toBe(0)
    world.advance(WAIT)
    expect(await world.send(...dates)).toBe(1)
    expect(world.ids()).toEqual(['l1', 'l2'])
  })

  it('wait for a load of their partition that was sent, until it ends', async () => {
    const world = await open(loadOf('l1'))
    await world.send(...dates)
    await world.ledger.apply([
      { change: 'message', message: loadOf('l2') },
      { change: 'message', message: loadOf('c1', { stream: 'check_details' }) },
    ])
    expect(await world.send(...dates)).toBe(1)
    await world.end('l1')
    expect(await world.send(...dates)).toBe(1)
    expect(world.ids()).toEqual(['l1', 'c1', 'l2'])
  })

  it('of several runs: the first of each stays open, for its own run', async () => {
    const world = await open(loadOf('l1'), ...['l2', 'l3'].map((id) => loadOf(id, { runId: 'run-2' })))
    expect(await world.send(...dates)).toBe(1)
    expect(await world.ledger.message('l2')).toMatchObject({ state: 'pending', sentAt: null })
    expect(await world.ledger.message('l3')).toMatchObject({ state: 'done' })
  })

  it('are sent at once by a sweep when a clock that was ahead recorded them', async () => {
    const world = await open(ingestOf('a'), loadOf('l1', { createdAt: 9_000_000_000 }))
    expect(await world.send(...dates)).toBe(dates.length === 0 ? 1 : 0)
  })

  it('are sent again when the worker that marked them as sent died before it sent them', async () => {
    const world = await open(ingestOf('a', { state: 'done' }), loadOf('l1'))
    await sendLoads('toast', { ...world.ports, queue: { ...world.ports.queue, publish: async () => undefined } }, dates)
    await world.send(...dates)
    world.ids()
    const late = (await world.ledger.message('a'))!
    await resendLoads(late, world.ports)
    expect(world.ids()).toEqual([])
    world.advance(10_000)
    await resendLoads(late, world.ports)
    expect(world.ids()).toEqual(['l1'])
  })
})

it('waits: a pending load that was not sent, and nothing else', () => {
  const waits = [
    loadOf('l'),
    loadOf('l', { sentAt: 1 }),
    loadOf('l', { state: 'done' }),
    ingestOf('a', { sentAt: null }),
  ]
  expect(waits.map(isWaiting)).toEqual([true, false, false, false])
})

/** Three ingests of two runs end at once, two workers load what is sent, and some of them die; each comes again. */
async function race(seed: number, deaths: number) {
  const random = seeded(seed)
  const world = await open(ingestOf('a'), ingestOf('b'), ingestOf('c', { runId: 'run-2' }))
  const { ledger, published } = world
  const turns = createTurns(random)
  const covered = new Set<string>()
  let made = 0
  let ingesting = 3
  let pushes = 0
  const sentIds: string[] = []

  const ingest = (worker: number, id: string) => async () => {
    const ports = turns.portsOf(worker, world.ports)
    const message = await ports.ledger.message(id)
    if (message?.state === 'pending') {
      // The slices, and the loads that they ask for; a second time as well, since they are still staged.
      const loads = ['order_details', 'check_details'].map((stream) =>
        loadOf(`${id}${made++}`, { stream, runId: message.runId }),
      )
      await ports.ledger.apply(loads.map((load) => ({ change: 'message', message: load })))
      await ports.ledger.apply([{ change: 'message', message: { ...message, state: 'done' } }])
    } else if (message) {
      world.advance(10_000)
      await resendLoads(message, ports)
    }
    await sendLoads('toast', ports, [DATE])
    ingesting--
  }
  const load = (worker: number) => async () => {
    const ports = turns.portsOf(worker, world.ports)
    while (published.length > 0 || ingesting > 0) {
      const sent = published.shift()
      try {
        if (sent) await loadOne(sent, ports)
        else await ports.ledger.message('a')
      } catch (error) {
        // It comes again.
        if (sent) published.push(sent)
        throw error
      }
    }
  }
  const loadOne = async ({ id: sentId, work }: Message, ports: typeof world.ports) => {
    pushes++
    sentIds.push(sentId)
    const alike = await waitingFor(work, ports)
    const sent = await ports.ledger.message(sentId)
    const seen = await ports.ledger.messages({ work })
    const ending = [...(sent?.state === 'pending' ? [sent] : []), ...alike]
    for (const one of ending) await applied([{ change: 'message', message: { ...one, state: 'done' } }], ports.ledger)
    for (const { id } of seen) covered.add(id)
    await sendLoads('toast', ports, [DATE])
  }
  await turns.run([ingest(0, 'a'), ingest(1, 'b'), ingest(2, 'c'), load(3), load(4)], {
    deaths,
    beside: () => undefined,
  })
  const all = await ledger.messages({ kind: 'load' })
  const left = await ledger.messages({ kind: 'load', states: ['pending'] })
  const awaited = new Set(left.map(({ work }) => JSON.stringify(work)))
  const lost = all.filter(({ id, work }) => !covered.has(id) && !awaited.has(JSON.stringify(work)))
  return { pushes, left, lost, twice: sentIds.filter((id, at) => sentIds.indexOf(id) !== at) }
}

describe('in any order of their calls', () => {
  it.each(Array.from({ length: 100 }, (_, seed) => seed))(
    'no load is lost, and none is left (seed %i)',
    async (seed) => {
      const { pushes, left, lost, twice } = await race(seed, 0)
      expect({ left, lost, twice }).toEqual({ left: [], lost: [], twice: [] })
      // Two partitions, once for each time that no ingest was under way; more only for what came after a load had begun.
      expect(pushes).toBeLessThanOrEqual(8)
    },
  )

  it.each(Array.from({ length: 100 }, (_, seed) => seed))(
    'no load is lost when workers die (seed %i)',
    async (seed) => {
      const { lost } = await race(1000 + seed, 2)
      expect(lost).toEqual([])
    },
  )
})
