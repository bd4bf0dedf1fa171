import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type LocalQueueOptions, openLocalQueue } from '../../functions/adapters/local/queue/queue.ts'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { relay } from '../../functions/ledger/relay.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Change, Ledger, Queue } from '../../functions/pipeline/ports.ts'
import { chaosOf } from '../support/chaos.ts'
import { aMessage, aPartition } from '../support/ledger-rows.ts'
import { seeded } from '../support/seeded.ts'

// A small pipeline over the ledger: a tick asks for three loads, each load counts itself in its partition. However it is
// interrupted, each partition is counted once.
const DATES = ['2025-02-04', '2025-02-05', '2025-02-06']

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-outbox-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface World {
  readonly ledger: Pick<Ledger, 'apply' | 'message' | 'messages' | 'partition'>
  readonly queue: Queue
}

const start = { ...aMessage({ id: 'tick', attempts: 0, notBefore: 0, work: { kind: 'tick', pipeline: 'toast' } }) }

async function begin({ ledger, queue }: World): Promise<void> {
  if ((await ledger.message(start.id)) !== null) return
  await ledger.apply([{ change: 'message', message: start }])
  await queue.publish([start])
}

async function handle({ id }: Message, { ledger, queue }: World): Promise<void> {
  const message = await ledger.message(id)
  if (message?.state !== 'pending') return
  const done: Change = { change: 'message', message: { ...message, state: 'done' } }
  const { work } = message
  if (work.kind === 'tick') {
    const loads = DATES.map((date): Message => {
      return {
        ...start,
        id: `load-${date}`,
        work: { kind: 'load', pipeline: 'toast', stream: 'order_details', window: date },
      }
    })
    await ledger.apply([done, ...loads.map((load): Change => ({ change: 'message', message: load }))])
    await queue.publish(loads)
  }
  if (work.kind === 'load') {
    const stored = await ledger.partition('toast', work.stream, work.window)
    const partition = stored ?? aPartition({ window: work.window, rows: 0 })
    await ledger.apply([done, { change: 'partition', partition: { ...partition, rows: partition.rows + 1 } }])
  }
}

/** The world, in which the nth call is the last: it dies before the call or after it, and every call after that fails. */
function dying(world: World, nth: number, when: 'before' | 'after'): { world: World; calls: () => number } {
  let calls = 0
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get:
        (target, name) =>
        async (...args: unknown[]) => {
          calls++
          if (calls > nth || (calls === nth && when === 'before')) throw new Error(`dead since call ${nth}`)
          const result = await (target as Record<PropertyKey, (...args: unknown[]) => unknown>)[name]!(...args)
          if (calls === nth) throw new Error(`died after call ${nth}`)
          return result
        },
    })
  return { world: { ledger: wrap(world.ledger), queue: wrap(world.queue) }, calls: () => calls }
}

const openQueue = (options: Partial<LocalQueueOptions> = {}) =>
  openLocalQueue({
    ...{ clock: createVirtualClock({ now: 1 }), log: () => {}, random: () => 0 },
    ...{ maxAttempts: 10, minBackoff: 10, maxBackoff: 100 },
    ...options,
  })

/** One life of a process: a queue that knows nothing, what is on record, and then all that is due. */
async function live(
  ledger: Ledger,
  kill: (world: World) => World,
  options?: Partial<LocalQueueOptions>,
): Promise<void> {
  const queue = openQueue(options)
  const world = kill({ ledger, queue })
  await relay({ ...world, now: () => Number.MAX_SAFE_INTEGER })
  await begin(world)
  await queue.drain((message) => handle(message, world))
}

async function expectCountedOnce(ledger: Ledger): Promise<void> {
  expect((await ledger.partitions({})).map(({ window: date, rows }) => [date, rows])).toEqual(
    DATES.map((date) => [date, 1]),
  )
  expect(await ledger.messages({ states: ['pending', 'dead'] })).toEqual([])
}

it.each(['before', 'after'] as const)(
  'a process that dies %s any of its calls, also between "state written" and "message sent", loses no message (fault 58)',
  async (when) => {
    let nth = 1
    for (; ; nth++) {
      const ledger = await openSqliteLedger({ path: join(folder, `${nth}.sqlite`) })
      let calls = () => 0
      const kill = (world: World) => {
        const mortal = dying(world, nth, when)
        calls = mortal.calls
        return mortal.world
      }
      await live(ledger, kill, { maxAttempts: 1 }).catch(() => undefined)
      const reached = calls() >= nth
      await live(ledger, (world) => world)
      await expectCountedOnce(ledger)
      await ledger.close()
      if (!reached) break
    }
    expect(nth, 'places where it died').toBeGreaterThan(12)
  },
)

it('messages delivered twice, at once, in any order and days late have one effect each (faults 51, 52)', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const ledger = await openSqliteLedger({ path: join(folder, `chaos-${seed}.sqlite`) })
    const chaos = chaosOf({ random: seeded(seed), duplicate: 0.8, reorder: 0.8, delay: 6 * 86_400_000 })
    await live(ledger, (world) => world, { ...chaos, concurrency: 5 })
    await expectCountedOnce(ledger)
    await ledger.close()
  }
})

it('five deliveries of one message at the same time have one effect (fault 51)', async () => {
  const ledger = await openSqliteLedger({ path: join(folder, 'five.sqlite') })
  const world = { ledger, queue: openQueue() }
  await begin(world)
  await handle(start, world)
  const load = await ledger.message(`load-${DATES[0]}`)
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => handle(load!, world)))
  expect(outcomes.map(({ status }) => status)).toContain('fulfilled')
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'LEDGER_CONFLICT' })
  }
  expect(await ledger.partition('toast', 'order_details', DATES[0]!)).toMatchObject({ rows: 1 })
  await ledger.close()
})
