import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { createContext } from '../../functions/compose/context.ts'
import type { Daybreak } from '../../functions/compose.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { HandlerContext } from '../../functions/handlers/context.ts'
import type { RunningServer } from '../../functions/http/server.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { startRun } from '../../functions/pipeline/work/run.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import {
  createPushQueue,
  envelope,
  LOCAL,
  LOCAL_TOKEN,
  type Pushed,
  type PushQueue,
  post,
  pump,
  serve,
} from '../support/pushes.ts'
import { ofTheSeven } from '../support/seven.ts'
import { createWorld, type FinalState, finalState, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const NOW = at('2025-02-06T09:30:00Z')

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

interface Process {
  readonly daybreak: Daybreak
  readonly server: RunningServer & Pushed
  readonly stop: () => void
}

// Queue and processes treat all streams alike.
const TWO = ['order_details', 'payment_details']

/** A world whose source has the files of a night, and that expects those of these streams. */
async function deliveredNight(streams?: readonly string[]): Promise<World> {
  const made = await createWorld({ now: NOW, transformer, minimumAge: 0, ...(streams && { streams }) })
  for (const { name, bytes } of night()) await made.write(`185001/20250205/${name}`, bytes)
  return made
}

let world: World
let queue: PushQueue
let processes: Process[]
beforeEach(async () => {
  world = await deliveredNight(TWO)
  queue = createPushQueue()
  processes = []
})
afterEach(async () => {
  for (const { server, daybreak } of processes) {
    await server.drain(200, () => undefined)
    await daybreak.close()
  }
  await world.close()
})

/** A partition of no rejects may be loaded or not; it says the same. */
function withoutEmpty({ tables, partitions, ...state }: FinalState) {
  const { rejects: _, ...others } = tables
  return { ...state, tables: others, partitions: partitions.filter((one) => !('rows' in one) || one.rows !== 0) }
}

/** A process of its own that serves the world. */
async function start(
  more: Partial<HandlerContext> = {},
  wrap: (ports: Ports) => Ports = (ports) => ports,
): Promise<Process> {
  const stopping = new AbortController()
  const daybreak = await world.open((ports) => wrap({ ...ports, queue }))
  const options = { stopping: stopping.signal, localToken: LOCAL_TOKEN }
  const context = { ...createContext(daybreak.worker, world.project, options), ...more }
  const stop = () => stopping.abort(new DaybreakError('CANCELLED', 'the process is ending'))
  const started = { daybreak, server: { ...(await serve(context)), headers: LOCAL }, stop }
  processes.push(started)
  return started
}

const night = (date = DATE) =>
  ofTheSeven(
    generateNight({
      seed: 1,
      date,
      profile: 'small',
      scale: 0.1,
      closed: false,
      location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
    }),
  )

const firstLook = { pipeline: 'toast', timeZone: 'America/New_York', scheduleTime: '2025-02-06T09:30:00Z' }
const sweepAt = (publishTime: string) => envelope({ kind: 'tick', pipeline: 'toast' }, { publishTime })
const arrival = { location: '185001', date: DATE }

async function loaded({ daybreak }: Process): Promise<number> {
  return (await daybreak.ports.ledger.slices({ windows: [DATE], states: ['loaded'] })).length
}

describe('one night through pushes', () => {
  it('is loaded by the first look of its time zone', async () => {
    await world.close()
    world = await deliveredNight()
    const one = await start()
    expect((await post(one.server, '/tick', envelope(firstLook))).status).toBe(204)
    expect(new Set(await pump(one.server, queue))).toEqual(new Set([204]))
    const [run, ...more] = await one.daybreak.ports.ledger.runs({})
    expect(more).toEqual([])
    expect(run).toMatchObject({ trigger: 'schedule', scope: { shards: ['185001'] } })
    expect(await loaded(one)).toBe(7)
  })

  it('is the same in the end when every message comes five times at once, and to two processes', async () => {
    const [one, two] = [await start(), await start()]
    await post(one.server, '/file-arrival', envelope(arrival))
    await pump(
      {
        get port() {
          return Math.random() < 0.5 ? one.server.port : two.server.port
        },
        headers: LOCAL,
      },
      queue,
      { copies: 5 },
    )
    expect(await loaded(one)).toBe(TWO.length)
    const state = withoutEmpty(await finalState(world))
    const other = await deliveredNight(TWO)
    await other.run({ scope: { windows: [DATE], shards: ['185001'] } })
    expect(state).toEqual(withoutEmpty(await finalState(other)))
    await other.close()
  })

  it('fault 56: begins one run when the scheduler fires twice, and none is lost when it never fires', async () => {
    const one = await start()
    const statuses = await Promise.all(
      Array.from({ length: 3 }, () => post(one.server, '/tick', envelope(firstLook)).then(({ status }) => status)),
    )
    expect(statuses).toEqual([204, 204, 204])
    // Fired again a little later, without a time of its own: still the first look of that local day.
    await post(
      one.server,
      '/tick',
      envelope({ pipeline: 'toast', timeZone: 'America/New_York' }, { publishTime: '2025-02-06T09:30:04Z' }),
    )
    expect(await one.daybreak.ports.ledger.runs({})).toHaveLength(1)
    // The next night's first look never comes; a sweep finds what is due, once.
    await pump(one.server, queue)
    for (const { name, bytes } of night('2025-02-06'))
      await world.write(`185001/20250206/${name}`, bytes, at('2025-02-07T09:00:00Z'))
    await world.clock.set(at('2025-02-07T09:45:00Z'))
    for (const time of ['2025-02-07T09:44:59Z', '2025-02-07T09:45:01Z', '2025-02-07T09:45:01Z'])
      await post(one.server, '/tick', sweepAt(time))
    expect(await one.daybreak.ports.ledger.runs({})).toHaveLength(2)
    await pump(one.server, queue)
    const slices = await one.daybreak.ports.ledger.slices({ windows: ['2025-02-06'], states: ['loaded'] })
    expect(slices).toHaveLength(TWO.length)
  })

  it('records no run for a sweep that finds nothing due', async () => {
    const one = await start()
    await post(one.server, '/tick', envelope(firstLook))
    await pump(one.server, queue)
    await world.clock.set(at('2025-02-06T14:00:00Z'))
    await post(one.server, '/tick', sweepAt('2025-02-06T14:00:00Z'))
    await pump(one.server, queue)
    const before = await one.daybreak.ports.ledger.runs({})
    await world.clock.set(at('2025-02-06T14:15:00Z'))
    expect((await post(one.server, '/tick', sweepAt('2025-02-06T14:15:00Z'))).status).toBe(204)
    expect(await one.daybreak.ports.ledger.runs({})).toEqual(before)
  })

  it('fault 58: is taken up by the next sweep when a process died between record and publication', async () => {
    const dead = await start({}, (ports) => ({
      ...ports,
      queue: { ...ports.queue, publish: async () => Promise.reject(new Error('died')) },
    }))
    expect((await post(dead.server, '/tick', envelope(firstLook))).status).toBe(500)
    const alive = await start()
    expect(queue.waiting).toEqual([])
    await world.clock.set(at('2025-02-06T09:45:00Z'))
    await post(alive.server, '/tick', sweepAt('2025-02-06T09:45:00Z'))
    await pump(alive.server, queue)
    expect(await loaded(alive)).toBe(TWO.length)
    expect(await alive.daybreak.ports.ledger.runs({ states: ['queued', 'running'] })).toEqual([])
  })
})

describe('a message that takes long', () => {
  const dates = [DATE, ...Array.from({ length: 6 }, (_, day) => addDays(DATE, -day - 1))]

  /** Every listing takes so long, in the world's time. */
  const slow =
    (milliseconds: number) =>
    (ports: Ports): Ports => ({
      ...ports,
      source: (pipeline) => ({
        name: 'slow',
        async connect(signal) {
          const source = await ports.source(pipeline).connect(signal)
          return {
            ...source,
            async listFiles(folder, named) {
              await world.clock.advance(milliseconds)
              return await source.listFiles(folder, named)
            },
          }
        },
      }),
    })

  it('fault 53: keeps what is done when its time is up, and puts the rest back as a message', async () => {
    const one = await start({ timeBudget: 250_000 }, slow(100_000))
    await one.daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: { windows: dates, shards: ['185001'] } })
    expect(new Set(await pump(one.server, queue))).toEqual(new Set([204]))
    const { ledger } = one.daybreak.ports
    const messages = (await ledger.messages({})).filter(({ work }) => work.kind === 'ingest')
    expect(messages.map(({ work, state }) => [work.kind === 'ingest' && work.windows.length, state])).toEqual([
      [7, 'done'],
      [4, 'done'],
      [1, 'done'],
    ])
    const [run] = await ledger.runs({})
    expect(await ledger.runSlices(run?.id ?? '')).toHaveLength(dates.length * TWO.length)
    expect(await loaded(one)).toBe(TWO.length)
  })

  it('fault 53: is safe when a second copy runs while the first is not answered in time', async () => {
    const one = await start({ timeBudget: 250_000 }, slow(100_000))
    await one.daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: { windows: dates, shards: ['185001'] } })
    await pump(one.server, queue, { copies: 2 })
    expect(await loaded(one)).toBe(TWO.length)
    const { ledger } = one.daybreak.ports
    expect(await ledger.messages({ states: ['pending'] })).toEqual([])
    expect(await ledger.runs({ states: ['queued', 'running'] })).toEqual([])
  })

  it('fault 60: goes back to the queue when the process is about to end, and is done by another', async () => {
    const reading = Promise.withResolvers<void>()
    const stuck = await start({}, (ports) => ({
      ...ports,
      source: (pipeline) => ({
        name: 'stuck',
        async connect(signal) {
          const source = await ports.source(pipeline).connect(signal)
          return {
            ...source,
            async *read(_, signal) {
              reading.resolve()
              await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
              signal?.throwIfAborted()
              yield new Uint8Array()
            },
          }
        },
      }),
    }))
    await post(stuck.server, '/file-arrival', envelope(arrival))
    const tick = queue.waiting.splice(0)
    await post(stuck.server, '/tick', envelope({ messageId: tick[0]?.id }))
    const [ingest] = queue.waiting.splice(0)
    const answer = post(stuck.server, '/ingest', envelope({ messageId: ingest?.id }))
    await reading.promise
    await stuck.server.drain(1_000, stuck.stop)
    expect((await answer).status).toBe(429)
    expect(await stuck.daybreak.ports.ledger.message(ingest?.id ?? '')).toMatchObject({
      state: 'pending',
      attempts: 1,
      reason: { code: 'CANCELLED' },
    })
    const next = await start()
    await next.daybreak.ports.queue.publish(ingest ? [ingest] : [])
    await pump(next.server, queue)
    expect(await loaded(next)).toBe(TWO.length)
  })
})

describe('what cannot be done', () => {
  const incidents = async ({ daybreak }: Process) =>
    (await daybreak.ports.ledger.incidents({ states: ['open'] })).map(({ key, reason }) => `${reason.code} ${key}`)

  it.each([
    ['/tick', { pipeline: 'toast', timeZone: 'America/Nowhere' }, 'MESSAGE_INVALID'],
    ['/tick', { pipeline: 'taost' }, 'CONFIG_MISSING'],
    ['/tick', 'a text', 'MESSAGE_INVALID'],
    ['/ingest', { whatever: 1 }, 'MESSAGE_INVALID'],
    ['/load', null, 'MESSAGE_INVALID'],
    ['/file-arrival', { location: '185001', date: '2025-02-30' }, 'MESSAGE_INVALID'],
  ])('fault 54: a poison message to %s with %j is recorded, then acknowledged', async (path, data, code) => {
    const one = await start()
    expect((await post(one.server, path, envelope(data))).status).toBe(204)
    expect(await incidents(one)).toEqual([`${code} message/unknown/${path}`])
  })

  it('fault 54: a poison message goes back to the queue as long as it cannot be recorded', async () => {
    const refuse = async () => Promise.reject(new DaybreakError('LEDGER_BUSY', 'planted'))
    const one = await start({}, (ports) => ({ ...ports, ledger: { ...ports.ledger, apply: refuse } }))
    expect((await post(one.server, '/ingest', envelope({ whatever: 1 }))).status).toBe(503)
  })

  it('fault 54: a message the queue gave up on is dead with its last reason, opens an incident, and can be replayed', async () => {
    let isDown = true
    const flaky = (ports: Ports): Ports => ({
      ...ports,
      source: (pipeline) => ({
        name: 'flaky',
        connect: async (signal) => {
          if (isDown) throw new DaybreakError('SOURCE_UNREACHABLE', 'planted: no answer')
          return await ports.source(pipeline).connect(signal)
        },
      }),
    })
    const one = await start({}, flaky)
    const { ledger } = one.daybreak.ports
    await post(one.server, '/file-arrival', envelope(arrival))
    const statuses = await pump(one.server, queue, { attempts: 3 })
    expect(statuses).toEqual([204, 429, 429])
    const [ingest] = queue.waiting.splice(0)
    const dead = envelope(
      { messageId: ingest?.id },
      {
        attributes: {
          CloudPubSubDeadLetterSourceSubscription: 'daybreak-ingest-push',
          CloudPubSubDeadLetterSourceDeliveryCount: '5',
        },
      },
    )
    for (const _ of [1, 2]) expect((await post(one.server, '/dead-letter', dead)).status).toBe(204)
    expect(await ledger.message(ingest?.id ?? '')).toMatchObject({
      state: 'dead',
      attempts: 2,
      reason: { code: 'SOURCE_UNREACHABLE' },
    })
    expect(await incidents(one)).toEqual(['SOURCE_UNREACHABLE source/toast'])
    expect((await ledger.runs({}))[0]).toMatchObject({ state: 'failed' })
    const listed = await (await fetch(`http://127.0.0.1:${one.server.port}/dead-letter`, { headers: LOCAL })).json()
    expect(listed).toMatchObject({ messages: [{ id: ingest?.id, state: 'dead' }] })

    isDown = false
    const replayed = await post(one.server, '/dead-letter:replay', { messages: [ingest?.id] })
    expect(replayed.status).toBe(202)
    await pump(one.server, queue)
    expect(await loaded(one)).toBe(TWO.length)
    expect(await incidents(one)).toEqual([])
    expect((await ledger.audit({})).map(({ action, actor }) => `${action} by ${actor}`)).toEqual([
      'message.replay by this-machine',
    ])
    expect((await post(one.server, '/dead-letter:replay', { messages: ['nothing'] })).status).toBe(404)
    expect((await post(one.server, '/dead-letter:replay', { whatever: 1 })).status).toBe(400)
  })

  it('dead letters are replayed all at once, by kind and by age', async () => {
    const one = await start()
    const { ledger, clock } = one.daybreak.ports
    const made: string[] = []
    for (const [age, kind] of [
      [3, 'load'],
      [1, 'load'],
      [0, 'ingest'],
    ] as const) {
      const id = `m-${age}-${kind}`
      const run = await startRun({ pipeline: 'toast', trigger: 'http', scope: {} }, one.daybreak.ports)
      const work =
        kind === 'load'
          ? { kind, pipeline: 'toast', stream: 'order_details', window: DATE }
          : { kind, pipeline: 'toast', shard: '185001', windows: [DATE] }
      const createdAt = clock.now() - age * 86_400_000
      const reason = { code: 'RUN_FAILED', message: 'planted' } as const
      const rest = { createdAt, reason, sentAt: createdAt, unchanged: [], version: 0 }
      const more = { state: 'dead', attempts: 5, notBefore: createdAt, ...rest } as const
      await ledger.apply([{ change: 'message', message: { id, runId: run.id, work, ...more } }])
      made.push(id)
    }
    queue.waiting.splice(0)
    const replay = async (body: unknown) => {
      const answer = await post(one.server, '/dead-letter:replay', body)
      const { replayed = [] } = z
        .looseObject({ replayed: z.array(z.looseObject({ message: z.string() })).optional() })
        .parse(await answer.json())
      return { status: answer.status, messages: replayed.map(({ message }) => message).toSorted() }
    }
    expect(await replay({ kind: 'tick' })).toEqual({ status: 202, messages: [] })
    expect(await replay({ minAge: '4d' })).toEqual({ status: 202, messages: [] })
    expect(await replay({ minAge: '2d' })).toEqual({ status: 202, messages: ['m-3-load'] })
    expect(await replay({ kind: 'load', maxAge: '2d' })).toEqual({ status: 202, messages: ['m-1-load'] })
    expect(await replay({})).toEqual({ status: 202, messages: ['m-0-ingest'] })
    expect(await replay({})).toEqual({ status: 202, messages: [] })
    expect(new Set(queue.waiting.map(({ id }) => id))).toEqual(new Set(made))
    for (const wrong of [null, [], { kind: 'all' }, { maxAge: 'a day' }, { kind: 'load', messages: ['x'] }, 'all'])
      expect((await replay(wrong)).status).toBe(400)
  })

  it('a notice of files the queue gave up on is an incident until the files are loaded', async () => {
    const one = await start()
    const attributes = { CloudPubSubDeadLetterSourceSubscription: 'daybreak-file-arrival-push' }
    const publishTime = '2025-02-06T09:00:00Z'
    const dead = [
      envelope(arrival, { attributes, publishTime }),
      envelope({ ...arrival, pipeline: 'toast' }, { id: 'm2', attributes, publishTime }),
    ]
    for (const body of dead) expect((await post(one.server, '/dead-letter', body)).status).toBe(204)
    const key = `arrival/toast/185001/${DATE}`
    expect(await incidents(one)).toEqual([`INCOMPLETE ${key}`])
    await post(one.server, '/tick', envelope(firstLook))
    await pump(one.server, queue)
    expect(await loaded(one)).toBe(TWO.length)
    expect((await incidents(one)).filter((each) => each.includes('arrival/'))).toEqual([])
    // The queue gives up about an hour later, when a sweep has done the work already.
    for (const body of dead) expect((await post(one.server, '/dead-letter', body)).status).toBe(204)
    expect((await incidents(one)).filter((each) => each.includes('arrival/'))).toEqual([])
  })

  it('a notice of files of an unknown location names it, and is one incident', async () => {
    const one = await start()
    const unknown = envelope({ location: '4711', date: DATE })
    for (const path of ['/file-arrival', '/file-arrival', '/dead-letter'])
      expect((await post(one.server, path, unknown)).status).toBe(204)
    expect(await incidents(one)).toHaveLength(1)
    expect((await incidents(one))[0]).toMatch(/ arrival\/toast\/4711\/2025-02-05$/)
  })

  it('a tick of the schedule the queue gave up on is an incident until the next one comes', async () => {
    const one = await start()
    const attributes = { CloudPubSubDeadLetterSourceSubscription: 'daybreak-tick-push' }
    expect((await post(one.server, '/dead-letter', envelope(firstLook, { attributes }))).status).toBe(204)
    expect(await incidents(one)).toEqual(['INCOMPLETE schedule/toast'])
    await post(one.server, '/tick', envelope(firstLook))
    await pump(one.server, queue)
    expect((await incidents(one)).filter((each) => each.includes('schedule/'))).toEqual([])
  })

  it('a plan the queue gave up on is replayed as a run of its own', async () => {
    const one = await start()
    await post(one.server, '/file-arrival', envelope(arrival))
    const [tick] = queue.waiting.splice(0)
    await post(one.server, '/dead-letter', envelope({ messageId: tick?.id }))
    for (const _ of [1, 2])
      expect((await post(one.server, '/dead-letter:replay', { runId: tick?.runId })).status).toBe(202)
    expect((await post(one.server, '/dead-letter:replay', { runId: 'nothing' })).status).toBe(404)
    await pump(one.server, queue)
    expect(await loaded(one)).toBe(TWO.length)
    const { ledger } = one.daybreak.ports
    expect((await ledger.runs({})).map(({ state }) => state)).toEqual(['succeeded', 'failed'])
    expect(await ledger.messages({ states: ['dead'] })).toEqual([])
    expect(await incidents(one)).toEqual([])
    expect(await ledger.audit({})).toHaveLength(1)
  })

  it('a load that the queue gave up on while its job runs, or just after, goes back to the queue', async () => {
    let runs = true
    const running = (ports: Ports): Ports => ({
      ...ports,
      destination: (pipeline) => ({
        ...ports.destination(pipeline),
        startLoad: async () => ({ created: true }),
        loadStatus: async () => ({ state: 'running' as const }),
        isRunning: async () => runs,
      }),
    })
    const one = await start({ timeBudget: 5_000 }, running)
    await post(one.server, '/file-arrival', envelope(arrival))
    const statuses = await pump(one.server, queue, { attempts: 3 })
    expect(statuses.filter((status) => status === 429)).toHaveLength(queue.waiting.length)
    const [load] = queue.waiting.splice(0)
    expect(load?.work.kind).toBe('load')
    expect((await post(one.server, '/dead-letter', envelope({ messageId: load?.id }))).status).toBe(204)
    expect(queue.waiting.map(({ id }) => id)).toEqual([load?.id])
    expect(await one.daybreak.ports.ledger.message(load?.id ?? '')).toMatchObject({ state: 'pending' })

    // The job ends between the last delivery and the notice of the queue.
    runs = false
    queue.waiting.splice(0)
    expect((await post(one.server, '/dead-letter', envelope({ messageId: load?.id }))).status).toBe(204)
    expect(queue.waiting.map(({ id }) => id)).toEqual([load?.id])
    expect(await one.daybreak.ports.ledger.message(load?.id ?? '')).toMatchObject({ state: 'pending' })
  })
})

describe('files that arrive', () => {
  const inboxes = [{ pipeline: 'toast', bucket: 'inbox', root: '/exports' }]
  const notified = (name: string, attributes = {}) =>
    envelope(
      { kind: 'storage#object', name: `exports/185001/20250205/${name}`, bucket: 'inbox' },
      {
        attributes: {
          eventType: 'OBJECT_FINALIZE',
          bucketId: 'inbox',
          objectId: `exports/185001/20250205/${name}`,
          payloadFormat: 'JSON_API_V1',
          ...attributes,
        },
      },
    )

  it('seven of one day are one look, and one that comes after it is another', async () => {
    const one = await start({ inboxes, gather: 1_000 })
    const names = night().map(({ name }) => name)
    const answers = await Promise.all(names.map((name) => post(one.server, '/file-arrival', notified(name))))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    expect(await one.daybreak.ports.ledger.runs({})).toHaveLength(1)
    await pump(one.server, queue)
    expect(await loaded(one)).toBe(TWO.length)
    await post(one.server, '/file-arrival', notified('OrderDetails.csv'))
    expect((await one.daybreak.ports.ledger.runs({})).map(({ trigger, state }) => `${trigger} ${state}`)).toEqual([
      'file queued',
      'file succeeded',
    ])
  })

  it('are understood as notifications, as events with headers, as events in one piece, and by name', async () => {
    const one = await start({ inboxes })
    const object = { bucket: 'inbox', name: 'exports/185001/20250205/OrderDetails.csv' }
    const type = 'google.cloud.storage.object.v1.finalized'
    const event = {
      specversion: '1.0',
      id: '1',
      source: '//storage.googleapis.com/projects/_/buckets/inbox',
      type,
      data: object,
    }
    const headers = { 'ce-specversion': '1.0', 'ce-type': type, 'ce-id': '1', 'ce-source': event.source }
    const json = { 'content-type': 'application/cloudevents+json' }
    const sent: [unknown, Record<string, string>][] = [
      [notified('OrderDetails.csv'), {}],
      [object, headers],
      [event, json],
      [envelope(arrival), {}],
    ]
    for (const [body, more] of sent) {
      expect((await post(one.server, '/file-arrival', body, more)).status).toBe(204)
      const { scope, trigger } = (await one.daybreak.ports.ledger.runs({ states: ['queued'] }))[0] ?? {}
      expect({ scope, trigger }).toEqual({ scope: { shards: ['185001'], windows: [DATE] }, trigger: 'file' })
      await pump(one.server, queue)
      await world.clock.advance(20_000)
    }
    expect(await one.daybreak.ports.ledger.runs({})).toHaveLength(4)
  })

  it.each([
    ['a deletion', notified('OrderDetails.csv', { eventType: 'OBJECT_DELETE' })],
    ['another bucket', notified('OrderDetails.csv', { bucketId: 'other' })],
    ['another folder', notified('x', { objectId: 'elsewhere/185001/20250205/OrderDetails.csv' })],
    ['a day that does not exist', notified('x', { objectId: 'exports/185001/20250230/OrderDetails.csv' })],
    ['a folder', notified('x', { objectId: 'exports/185001/20250205/' })],
    ['a way out', notified('x', { objectId: 'exports/../185001/20250205/x.csv' })],
  ])('%s is nothing of ours', async (_, body) => {
    const one = await start({ inboxes })
    expect((await post(one.server, '/file-arrival', body)).status).toBe(204)
    expect(await one.daybreak.ports.ledger.runs({})).toEqual([])
    expect(await one.daybreak.ports.ledger.incidents({})).toEqual([])
  })
})

describe('processes that differ', () => {
  it('fault 62: an old and a new revision at once end where the new one alone would', async () => {
    const withEngine =
      (engine: string) =>
      (ports: Ports): Ports => ({
        ...ports,
        transformer: { ...ports.transformer, engine, crossChecks: ports.transformer.crossChecks },
      })
    const before = await start({}, withEngine('e-old'))
    const after = await start({}, withEngine('e-new'))
    await post(before.server, '/file-arrival', envelope(arrival))
    await pump(
      {
        get port() {
          return Math.random() < 0.5 ? before.server.port : after.server.port
        },
        headers: LOCAL,
      },
      queue,
      { copies: 3 },
    )
    const { ledger } = after.daybreak.ports
    const warehouse = warehouseOf(after.daybreak.ports, 'toast')
    expect(await loaded(after)).toBe(TWO.length)
    for (const { stream, wanted, loaded: is, rows } of await ledger.partitions({})) {
      expect(is, stream).toBe(wanted)
      const [[count]] = (await warehouse.query(`SELECT count(*) FROM toast."${stream}"`)).rows as [[string]]
      expect(Number(count), stream).toBe(rows)
    }
    const names: string[] = []
    for await (const { name } of after.daybreak.ports.objects.list('parts/')) names.push(name)
    // Whichever won, each revision has names of its own: neither ever wrote over what the other made.
    expect(new Set(names).size).toBe(names.length)
    // The old one is gone; the next forced look makes everything anew with the new engine.
    await after.daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: { windows: [DATE], force: true } })
    await pump(after.server, queue)
    const engines = (await ledger.slices({ windows: [DATE] })).map(({ delivery }) => delivery?.engine)
    expect(new Set(engines)).toEqual(new Set(['e-new']))
  })

  it.each([
    ['an hour ahead', 3_600_000],
    ['an hour back', -3_600_000],
  ])('fault 64: the clock of one process is %s, and the night ends the same', async (_, shift) => {
    const shifted = (ports: Ports): Ports => ({
      ...ports,
      clock: { ...ports.clock, now: () => world.clock.now() + shift },
    })
    const right = await start()
    const wrong = await start({ now: () => world.clock.now() + shift }, shifted)
    await post(wrong.server, '/file-arrival', envelope(arrival))
    await pump(
      {
        get port() {
          return Math.random() < 0.5 ? right.server.port : wrong.server.port
        },
      },
      queue,
      { copies: 2 },
    )
    // The lease of the other's run seems over, or endless; taking it over does nothing twice.
    for (const { server } of [right, wrong]) await post(server, '/tick', sweepAt('2025-02-06T09:45:00Z'))
    await pump(right.server, queue)
    expect(await loaded(right)).toBe(TWO.length)
    const { ledger } = right.daybreak.ports
    expect(await ledger.messages({ states: ['pending'] })).toEqual([])
    const partitions = await ledger.partitions({ from: DATE, to: DATE })
    expect(partitions.every(({ wanted, loaded: is }) => wanted === is)).toBe(true)
    const ids = (await ledger.runs({})).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
