import { describe, expect, it } from 'vitest'
import { type LocalQueueOptions, openLocalQueue } from '../../../functions/adapters/local/queue/queue.ts'
import { DaybreakError } from '../../../functions/errors.ts'
import { createVirtualClock } from '../../../functions/lib/virtual-clock.ts'
import type { Message } from '../../../functions/pipeline/entities.ts'
import type { LogEntry } from '../../../functions/pipeline/ports.ts'
import { chaosOf } from '../../support/chaos.ts'
import { ALMOST_LINEAR, growth } from '../../support/growth.ts'
import { aMessage } from '../../support/ledger-rows.ts'
import { seeded } from '../../support/seeded.ts'

const T0 = 1_000_000

function create(options: Partial<LocalQueueOptions> = {}) {
  const clock = createVirtualClock({ now: T0 })
  const told: LogEntry[] = []
  const log = (entry: LogEntry) => void told.push(entry)
  const limits = { maxAttempts: 5, minBackoff: 10_000, maxBackoff: 60_000, concurrency: 1 }
  const queue = openLocalQueue({ clock, log, random: () => 0, ...limits, ...options })
  return { clock: options.clock ?? clock, told, queue }
}

const tick = (id: string, changes: Partial<Message> = {}) =>
  aMessage({ id, attempts: 0, notBefore: T0, work: { kind: 'tick', pipeline: 'toast' }, ...changes })
const ingest = (id: string, changes: Partial<Message> = {}) => tick(id, { work: aMessage().work, ...changes })
const load = (id: string, changes: Partial<Message> = {}, date = '2025-02-05') =>
  tick(id, { work: { kind: 'load', pipeline: 'toast', stream: 'order_details', window: date }, ...changes })
const pause = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('redelivery', () => {
  it('waits twice as long after each failure, up to the limit, and counts attempts', async () => {
    const { queue, clock } = create()
    await queue.publish([tick('a')])
    const at: number[] = []
    const result = await queue.drain(async (_, { attempt }) => {
      at.push((clock.now() - T0) / 1000)
      expect(attempt).toBe(at.length)
      if (at.length < 5) throw new Error('not yet')
    })
    expect(at).toEqual([0, 10, 30, 60, 90])
    expect(result).toEqual({ done: 1, failed: 4, dead: 0, left: 0 })
  })

  it('hands a message over after so many failures, with the last error, and goes on with the others', async () => {
    const { queue } = create({ maxAttempts: 3 })
    await queue.publish([tick('bad'), tick('good')])
    const dead: [string, string][] = []
    let calls = 0
    const result = await queue.drain(
      async ({ id }) => {
        if (id === 'bad') throw new DaybreakError('SOURCE_UNREACHABLE', `failure ${++calls}`)
      },
      { onDeadLetter: async ({ id }, { code, message }) => void dead.push([id, `${code} ${message}`]) },
    )
    expect(dead).toEqual([['bad', 'SOURCE_UNREACHABLE failure 3']])
    expect(result).toEqual({ done: 1, failed: 3, dead: 1, left: 0 })
  })

  it('keeps a message whose end could not be recorded, and tries again', async () => {
    const { queue } = create({ maxAttempts: 1 })
    await queue.publish([tick('a')])
    let tries = 0
    const onDeadLetter = async () => {
      if (++tries < 3) throw new DaybreakError('LEDGER_BUSY', 'locked')
    }
    const result = await queue.drain(() => Promise.reject(new Error('always')), { onDeadLetter })
    expect(result).toEqual({ done: 0, failed: 3, dead: 1, left: 0 })
  })

  it('counts the failures that are on record', async () => {
    const { queue } = create({ maxAttempts: 3 })
    await queue.publish([tick('a', { attempts: 2 })])
    const result = await queue.drain(() => Promise.reject(new Error('always')))
    expect(result).toMatchObject({ failed: 1, dead: 1 })
  })

  it('tells of a failed delivery: message, code, attempt and pause', async () => {
    const { queue, told } = create()
    await queue.publish([tick('a')])
    let calls = 0
    await queue.drain(async () => {
      if (++calls === 1) throw new DaybreakError('LEDGER_BUSY', 'locked')
    })
    const message = 'Message a (tick): delivery 1 of 5 failed, the next is in 10.0 s: locked'
    expect(told).toEqual([{ severity: 'WARNING', message, code: 'LEDGER_BUSY', runId: 'run-1', pipeline: 'toast' }])
  })
})

describe('time', () => {
  it('delivers no message before its time, waiting with the clock', async () => {
    const { queue, clock } = create()
    await queue.publish([tick('later', { notBefore: T0 + 3_600_000 }), tick('now')])
    const seen: string[] = []
    await queue.drain(async ({ id }) => void seen.push(`${id} ${clock.now() - T0}`))
    expect(seen).toEqual(['now 0', 'later 3600000'])
  })

  it('does not wait for what is due after `until`, and says what is left', async () => {
    const { queue, clock } = create()
    await queue.publish([tick('a', { notBefore: T0 + 10 }), tick('b', { notBefore: T0 + 11 })])
    const seen: string[] = []
    const handler = async ({ id }: Message) => void seen.push(id)
    expect(await queue.drain(handler, { until: T0 + 10 })).toMatchObject({ done: 1, left: 1 })
    expect(seen).toEqual(['a'])
    expect(clock.now()).toBe(T0 + 10)
    expect(await queue.drain(handler)).toMatchObject({ done: 1, left: 0 })
  })

  it('lets no virtual hour pass while a message is being handled', async () => {
    const { queue, clock } = create({ concurrency: 2 })
    await queue.publish([tick('long'), tick('later', { notBefore: T0 + 3_600_000 })])
    const seen: string[] = []
    await queue.drain(async ({ id }) => {
      await pause()
      seen.push(`${id} ${clock.now() - T0}`)
    })
    expect(seen).toEqual(['long 0', 'later 3600000'])
  })

  it('on a clock that runs by itself, delivers what becomes due while another lane is busy', async () => {
    const clock = createVirtualClock({ now: T0, sleeping: 'wait' })
    const { queue } = create({ clock, concurrency: 2 })
    await queue.publish([tick('long'), tick('later', { notBefore: T0 + 10 })])
    const release = Promise.withResolvers<void>()
    const seen: string[] = []
    const drained = queue.drain(async ({ id }) => {
      seen.push(id)
      if (id === 'long') await release.promise
    })
    await clock.advance(10)
    await pause()
    expect(seen).toEqual(['long', 'later'])
    release.resolve()
    await drained
  })
})

describe('several at a time', () => {
  it('keeps to the number of lanes, and uses them all', async () => {
    const { queue } = create({ concurrency: 3 })
    await queue.publish(Array.from({ length: 10 }, (_, index) => tick(`${index}`)))
    let busy = 0
    const most: number[] = []
    await queue.drain(async () => {
      most.push(++busy)
      await pause()
      busy--
    })
    expect(Math.max(...most)).toBe(3)
  })

  it('delivers a message that is published again meanwhile once more, and never twice at a time', async () => {
    const { queue } = create({ concurrency: 3 })
    await queue.publish([tick('a')])
    let busy = 0
    let calls = 0
    await queue.drain(async (message) => {
      expect(++busy).toBe(1)
      if (++calls === 1) for (let time = 0; time < 3; time++) await queue.publish([message])
      await pause()
      busy--
    })
    expect(calls).toBe(2)
  })

  it('waits for new messages if it is to stay open, until it is stopped', async () => {
    const { queue } = create()
    const stop = new AbortController()
    const seen: string[] = []
    const drained = queue.drain(async ({ id }) => void seen.push(id), { keepOpen: true, signal: stop.signal })
    for (const id of ['a', 'b']) {
      await pause()
      await queue.publish([tick(id)])
    }
    await pause()
    stop.abort()
    expect(await drained).toMatchObject({ done: 2 })
    expect(seen).toEqual(['a', 'b'])
  })

  it('when stopped, lets what is in progress end, begins nothing, and counts no failure', async () => {
    const { queue } = create({ concurrency: 2 })
    const stop = new AbortController()
    await queue.publish(['ends', 'gives up', 'waits'].map((id) => tick(id)))
    const result = await queue.drain(
      async ({ id }, { signal }) => {
        await pause()
        stop.abort()
        if (id === 'gives up') signal.throwIfAborted()
      },
      { signal: stop.signal },
    )
    expect(result).toEqual({ done: 1, failed: 0, dead: 0, left: 2 })
    const seen: string[] = []
    await queue.drain(async ({ id }, { attempt }) => void seen.push(`${id} ${attempt}`))
    expect(seen.toSorted()).toEqual(['gives up 1', 'waits 1'])
  })
})

describe('order', () => {
  const order = async (messages: readonly Message[], options: Partial<LocalQueueOptions> = {}) => {
    const { queue } = create(options)
    await queue.publish(messages)
    const seen: string[] = []
    await queue.drain(async ({ id }) => void seen.push(id))
    return seen
  }

  it('is first come, first served', async () => {
    expect(await order([tick('a'), ingest('b'), tick('c')])).toEqual(['a', 'b', 'c'])
  })

  it('is that loads which are due go before everything else', async () => {
    expect(await order([ingest('i1'), load('l1'), ingest('i2'), load('l2'), tick('t')])).toEqual([
      ...['l1', 'l2', 'i1', 'i2', 't'],
    ])
    expect(await order([load('later', { notBefore: T0 + 5 }), ingest('i')])).toEqual(['i', 'later'])
  })

  it('is one load at a time while there is something else to do', async () => {
    const { queue } = create({ concurrency: 2 })
    await queue.publish([load('l1'), load('l2'), ingest('i1'), ingest('i2')])
    let loading = 0
    const seen: string[] = []
    await queue.drain(async ({ id, work }) => {
      seen.push(id)
      if (work.kind === 'load') expect(++loading).toBe(1)
      await pause()
      if (work.kind === 'load') loading--
    })
    expect(seen.slice(0, 2)).toEqual(['l1', 'i1'])
    expect(seen.toSorted()).toEqual(['i1', 'i2', 'l1', 'l2'])
  })

  it('leaves it to the ledger which loads wait, and says for how long', () => {
    expect(create().queue).toMatchObject({ can: { delay: true }, loadWait: 300_000 })
    expect(create({ loadWait: 7 }).queue.loadWait).toBe(7)
  })
})

it('misbehaves the same way for the same seed, and loses nothing (faults 51, 52)', async () => {
  const run = async (seed: number) => {
    const { queue } = create(chaosOf({ random: seeded(seed), duplicate: 0.3, reorder: 0.5, delay: 100_000 }))
    await queue.publish(Array.from({ length: 30 }, (_, index) => tick(`${index}`)))
    const seen: string[] = []
    await queue.drain(async ({ id }) => void seen.push(id))
    return seen
  }
  const [once, again, other] = [await run(1), await run(1), await run(2)]
  expect(again).toEqual(once)
  expect(other).not.toEqual(once)
  expect(once.length).toBeGreaterThan(30)
  expect(new Set(once).size).toBe(30)
})

it('handles ten thousand messages in about ten times the processor time of one thousand', async () => {
  const handle = async (ingests: number) => {
    const { queue } = create({ concurrency: 4 })
    // Seven streams of thirty dates: what waits to be loaded does not grow with the locations.
    const loads = 210
    await queue.publish(
      Array.from({ length: ingests }, (_, index) => ingest(`i${index}`, { runId: `run-${index % 7}` })),
    )
    await queue.publish(
      Array.from({ length: loads }, (_, index) => load(`l${index}`, { runId: `run-${index % 7}` }, `${index % 30}`)),
    )
    expect(await queue.drain(async () => {})).toMatchObject({ done: ingests + loads })
  }
  expect(await growth(handle, 1_000)).toBeLessThan(ALMOST_LINEAR)
})
