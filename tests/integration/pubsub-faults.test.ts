import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { newMessage } from '../../functions/pipeline/work/run.ts'
import { differences } from '../crash/differences.ts'
import { rememberParts } from '../crash/remembered.ts'
import { bringIn, continued, DATE, SCOPE, tellUndisturbed, type Undisturbed } from '../crash/story.ts'
import { createScheduler } from '../emulators/scheduler/scheduler.ts'
import { openPubsubWorld, type PubsubWorld, type PubsubWorldOptions } from '../support/pubsub-world.ts'
import { seeded } from '../support/seeded.ts'
import { finalState, type World } from '../support/world.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let transformer: Transformer
let undisturbed: Undisturbed
beforeAll(async () => {
  const options = { lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() }
  transformer = rememberParts(await openDuckdbTransformer(options))
  undisturbed = await tellUndisturbed(transformer, { simulated: true, minimumAge: 0 })
})
afterAll(async () => {
  await undisturbed.close()
  await transformer.close()
})

let world: World
let open: PubsubWorld | undefined
beforeEach(async () => {
  ;({ world } = await continued(undisturbed.chapters[0]!, transformer))
  await bringIn(world, 0)
})
afterEach(async () => {
  await open?.close()
  open = undefined
  await world.close()
})

const enter = async (options?: PubsubWorldOptions) => {
  open = await openPubsubWorld(world, options)
  return open
}
const begin = ({ daybreak }: PubsubWorld) => daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE })
const stateOf = async ({ daybreak: { ports } }: PubsubWorld, { id }: { id: string }) =>
  (await ports.ledger.run(id))?.state
const fromUndisturbed = async () => differences(await finalState(world), undisturbed.chapters[1]!.state)
const statuses = ({ server }: PubsubWorld) => new Set(server.pushes().map(({ answer }) => answer))

it('a night goes through Pub/Sub as it goes through the queue of one process', async () => {
  const place = await enter()
  const run = await begin(place)
  await place.server.drain()
  expect(await stateOf(place, run)).toBe('succeeded')
  expect(statuses(place)).toEqual(new Set([204]))
  expect(await fromUndisturbed()).toEqual([])
})

describe('deliveries', () => {
  it('fault 51: five copies of every push at once have the effect of one', async () => {
    const place = await enter({ firstOutstanding: 10 })
    place.server.misbehave({ copies: 5 })
    const run = await begin(place)
    await place.server.drain()
    expect(await stateOf(place, run)).toBe('succeeded')
    const copies = [...Map.groupBy(place.server.pushes(), ({ messageId }) => messageId).values()].map(
      ({ length }) => length,
    )
    expect(Math.min(...copies)).toBeGreaterThanOrEqual(5)
    const messages = await place.daybreak.ports.ledger.messages({ runId: run.id })
    const partitions = new Set(messages.map(({ work }) => JSON.stringify(work)))
    // One for each thing that was asked for; loads that were not sent yet are ended by the one that is.
    expect(copies.length).toBeGreaterThanOrEqual(partitions.size)
    expect(place.waiting()).toBe(0)
    expect(await fromUndisturbed()).toEqual([])
  })

  it('fault 52: pushes out of order, and some of them six days late, converge; stale ones change nothing', async () => {
    const place = await enter({ firstOutstanding: 4 })
    const run = await begin(place)
    await place.server.drain()
    const { ledger, queue } = place.daybreak.ports
    const messages = await ledger.messages({ runId: run.id })
    const random = seeded(52)
    place.server.misbehave({ reorder: random, delay: () => random() * 6 * DAY, copies: 2 })
    await queue.publish(messages)
    await bringIn(world, 1)
    const correction = await begin(place)
    await place.server.drain()
    expect(await stateOf(place, correction)).toBe('succeeded')
    expect(place.waiting()).toBe(0)
    const { tables, partitions } = await finalState(world)
    expect(tables).toEqual(undisturbed.chapters[2]!.state.tables)
    expect(partitions).toEqual(undisturbed.chapters[2]!.state.partitions)
  })

  it('fault 53: a handler that is slower than the deadline and its second copy have the effect of one', async () => {
    const reached = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    let stuck = false
    const calls = countCalls()
    const place = await enter({
      wrap: (ports) =>
        calls.wrap({
          ...ports,
          objects: {
            ...ports.objects,
            async put(...args) {
              if (!stuck) {
                stuck = true
                reached.resolve()
                await gate.promise
              }
              return await ports.objects.put(...args)
            },
          },
        }),
    })
    const run = await begin(place)
    await reached.promise
    await place.server.advance(600_000)
    await place.server.drain()
    expect(statuses(place)).toEqual(new Set(['expired', 204]))
    expect(calls.underway(), 'the first copy still works').toBeGreaterThan(0)
    gate.resolve()
    // No caller waits for an answer of the first copy any more, so it is over when it calls nothing more.
    for (let quiet = 0; quiet < 10; quiet = calls.underway() === 0 ? quiet + 1 : 0) await sleep(5)
    await place.server.drain()
    expect(await stateOf(place, run)).toBe('succeeded')
    expect(await fromUndisturbed()).toEqual([])
  })

  it('an answer that is lost after the work was done brings the message again, without effect', async () => {
    const place = await enter()
    place.server.misbehave({ loseAnswers: 4 })
    const run = await begin(place)
    await place.server.drain()
    expect(await stateOf(place, run)).toBe('succeeded')
    expect(place.server.pushes().filter(({ answer }) => answer === 'lost')).toHaveLength(4)
    expect(await fromUndisturbed()).toEqual([])
  })
})

describe('poison', () => {
  const poison = async (place: PubsubWorld, location: string): Promise<Message> => {
    const { ports } = place.daybreak
    const run = await begin(place)
    const message = newMessage({ kind: 'ingest', pipeline: 'toast', shard: location, windows: [DATE] }, run.id, ports)
    await ports.ledger.apply([{ change: 'message', message }])
    await ports.queue.publish([message])
    return message
  }
  /** A defect in the reader of the source; it can be mended. */
  const defective = () => {
    let broken = true
    const wrap = (ports: Ports): Ports => ({
      ...ports,
      source: (pipeline) => {
        if (broken) throw new TypeError('a defect')
        return ports.source(pipeline)
      },
    })
    const mend = () => {
      broken = false
    }
    return { wrap, mend }
  }

  it('fault 54: what cannot be right is recorded at its first delivery, acknowledged, and never comes again', async () => {
    const place = await enter()
    const message = await poison(place, '999')
    await place.server.drain()
    expect(statuses(place)).toEqual(new Set([204]))
    const { ledger } = place.daybreak.ports
    expect(await ledger.message(message.id)).toMatchObject({ state: 'dead', reason: { code: 'LOCATION_UNKNOWN' } })
    expect(await ledger.incidents({ states: ['open'] })).toMatchObject([{ reason: { code: 'LOCATION_UNKNOWN' } }])
  })

  it('fault 54: nonsense from a stranger is recorded and acknowledged', async () => {
    const place = await enter()
    await place.client.topic('daybreak-load').publishMessage({ data: Buffer.from('{"messageId"') })
    await place.send('ingest', { hello: 'world' })
    await place.server.drain()
    expect(statuses(place)).toEqual(new Set([204]))
    const incidents = await place.daybreak.ports.ledger.incidents({ states: ['open'] })
    expect(incidents.map(({ reason }) => reason.code)).toEqual(['MESSAGE_INVALID', 'MESSAGE_INVALID'])
  })

  it('fault 54: what fails for no known reason is a dead letter after five deliveries, and succeeds when it is replayed', async () => {
    const { wrap, mend } = defective()
    const place = await enter({ wrap })
    const run = await begin(place)
    await place.server.drain()
    const { ledger } = place.daybreak.ports
    const [dead] = await ledger.messages({ states: ['dead'] })
    expect(dead).toMatchObject({ work: { kind: 'ingest' }, reason: { code: 'INTERNAL', message: 'a defect' } })
    const pushes = place.server.pushes().filter(({ subscription }) => subscription.endsWith('/daybreak-ingest'))
    expect(pushes.map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2, 3, 4, 5])
    expect(await stateOf(place, run)).toBe('failed')
    mend()
    expect((await place.call('/dead-letter:replay', { messages: [dead!.id] })).status).toBe(202)
    await place.server.drain()
    expect(place.waiting()).toBe(0)
    expect((await fromUndisturbed()).filter((line) => line.startsWith('tables'))).toEqual([])
  })

  it('fault 55: without permission to forward dead letters it comes again until the permission is granted', async () => {
    const { wrap } = defective()
    const place = await enter({ wrap, granted: false })
    await begin(place)
    await place.server.drain({ until: world.clock.now() + 3 * 60 * MINUTE })
    const { ledger } = place.daybreak.ports
    expect(place.server.pushes().length).toBeGreaterThan(20)
    expect(await ledger.messages({ states: ['dead'] })).toEqual([])
    await place.grant()
    await place.server.drain()
    expect(await ledger.messages({ states: ['dead'] })).toHaveLength(1)
  })
})

describe('the schedule', () => {
  const sweep = { kind: 'tick', pipeline: 'toast' }
  const schedule = (place: PubsubWorld) =>
    createScheduler({
      now: world.clock.now,
      async moveTo(instant) {
        await place.server.drain({ until: instant })
        await place.server.advance(Math.max(0, instant - world.clock.now()))
      },
      publish: (job) => place.client.topic(job.topic).publishMessage({ data: Buffer.from(job.data) }),
      jobs: [
        {
          name: 'first-look',
          schedule: '30 4 * * *',
          timeZone: 'America/New_York',
          topic: 'daybreak-tick',
          data: Buffer.from(JSON.stringify({ ...sweep, timeZone: 'America/New_York' })),
        },
        {
          name: 'sweep',
          schedule: '*/15 * * * *',
          timeZone: 'Etc/UTC',
          topic: 'daybreak-tick',
          data: Buffer.from(JSON.stringify(sweep)),
        },
      ],
    })
  const loaded = async ({ daybreak: { ports } }: PubsubWorld) =>
    (await ports.ledger.slices({ windows: [DATE], states: ['loaded'] })).map(({ stream }) => stream)
  /** The night after the story's first day, from before the first look on. */
  const tonight = Date.parse('2025-02-07T09:20:00Z')

  it('fault 56: a first look that fires five times is one run', async () => {
    await world.clock.set(tonight)
    const place = await enter({ firstOutstanding: 5 })
    const scheduler = schedule(place)
    scheduler.misbehave({ 'first-look': { times: 5 }, sweep: { times: 0 } })
    const fired = await scheduler.runUntil(tonight + 20 * MINUTE)
    await place.server.drain()
    expect(fired).toHaveLength(5)
    expect(await place.daybreak.ports.ledger.runs({ pipeline: 'toast' })).toHaveLength(1)
    expect(await loaded(place)).toEqual(['order_details', 'payment_details'])
  })

  it('fault 56: a first look that never fires is made up for by the next sweep', async () => {
    await world.clock.set(tonight)
    const place = await enter()
    const scheduler = schedule(place)
    scheduler.misbehave({ 'first-look': { times: 0 } })
    await scheduler.runUntil(tonight + 20 * MINUTE)
    await place.server.drain()
    expect(await loaded(place)).toEqual(['order_details', 'payment_details'])
  })

  it('fault 58: what was recorded and could not be published is sent by the next sweeps', async () => {
    const place = await enter()
    place.server.misbehave({ publish: { status: 'UNAVAILABLE', times: 1_000 } })
    await expect(begin(place)).rejects.toMatchObject({ code: 'QUEUE_FAILED', retryable: true })
    expect(place.server.usage('publish').messages).toBe(0)
    place.server.misbehave({})
    await schedule(place).runUntil(world.clock.now() + 31 * MINUTE)
    await place.server.drain()
    const [run] = await place.daybreak.ports.ledger.runs({ pipeline: 'toast', states: ['succeeded', 'partial'] })
    expect(run).toBeDefined()
    expect((await place.daybreak.ports.ledger.messages({ states: ['pending'] })).length).toBe(0)
    expect(await loaded(place)).toEqual(['order_details', 'payment_details'])
  })

  it('fault 58: a handler that could not publish what it recorded is pushed again, and a sweep sends the rest', async () => {
    let fail = true
    const place = await enter({
      wrap: (ports) => ({
        ...ports,
        queue: {
          ...ports.queue,
          async publish(messages) {
            if (fail && messages.some(({ work }) => work.kind === 'ingest'))
              throw new DaybreakError('QUEUE_FAILED', 'the queue is away')
            await ports.queue.publish(messages)
          },
        },
      }),
    })
    await begin(place)
    await place.server.drain()
    expect(statuses(place)).toEqual(new Set([503, 204]))
    expect(await loaded(place)).toEqual([])
    fail = false
    await schedule(place).runUntil(world.clock.now() + 31 * MINUTE)
    await place.server.drain()
    expect(await loaded(place)).toEqual(['order_details', 'payment_details'])
  })

  it('fault 58: what was published and never recorded is told, acknowledged, and has no effect', async () => {
    const place = await enter()
    const before = await finalState(world)
    const { ports } = place.daybreak
    const ghost = newMessage(
      { kind: 'load', pipeline: 'toast', stream: 'order_details', window: DATE },
      'no-run',
      ports,
    )
    await ports.queue.publish([ghost])
    await place.server.drain()
    expect(statuses(place)).toEqual(new Set([204]))
    expect(place.logs.map(({ code }) => code)).toContain('NOT_FOUND')
    expect(await finalState(world)).toEqual(before)
  })
})

/** Ports that know how many of their calls are under way. */
function countCalls() {
  let underway = 0
  const counted = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name, receiver) {
        const member = Reflect.get(target, name, receiver)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          const result = Reflect.apply(member, target, args)
          if (!(result instanceof Promise)) return result
          underway++
          return result.finally(() => underway--)
        }
      },
    })
  const wrap = (ports: Ports): Ports => ({
    ...ports,
    ledger: counted(ports.ledger),
    objects: counted(ports.objects),
    destination: (pipeline) => counted(ports.destination(pipeline)),
    transformer: counted(ports.transformer),
  })
  return { wrap, underway: () => underway }
}
