import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { createContext } from '../../functions/compose/context.ts'
import type { Daybreak } from '../../functions/compose.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { RunningServer } from '../../functions/http/server.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { rememberParts } from '../crash/remembered.ts'
import { createSimulatedWarehouse } from '../crash/simulated-warehouse.ts'
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
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'

let transformer: Transformer
beforeAll(async () => {
  const options = { lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() }
  transformer = rememberParts(await openDuckdbTransformer(options))
})
afterAll(() => transformer.close())

let world: World
let queue: PushQueue
let daybreak: Daybreak
let server: RunningServer & Pushed
/** True for a message whose first publication the queue refuses. */
let refused: (message: Message) => boolean
beforeEach(async () => {
  const location = {
    id: '185001',
    name: 'East',
    time_zone: 'America/New_York',
    active_from: '2025-02-04',
    active_to: DATE,
    streams_off: ['check_details', 'all_items_report', 'item_selection_details', 'kitchen_timings'],
  }
  world = await createWorld({ now: at('2025-02-06T09:30:00Z'), transformer, locations: [location], minimumAge: 0 })
  queue = createPushQueue()
  refused = () => false
  const publish = async (messages: readonly Message[]) => {
    if (messages.some(refused)) {
      refused = () => false
      throw new DaybreakError('QUEUE_FAILED', 'planted: nothing was taken')
    }
    await queue.publish(messages)
  }
  const warehouse = createSimulatedWarehouse()
  daybreak = await world.open((ports) => ({
    ...ports,
    destination: () => warehouse,
    queue: { ...ports.queue, publish },
  }))
  for (const date of ['2025-02-04', DATE]) {
    const night = ofTheSeven(
      generateNight({
        ...{ seed: 1, date, profile: 'small', scale: 0.1, closed: false },
        location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
      }),
    )
    for (const { name, bytes } of night) await world.write(`185001/${date.replaceAll('-', '')}/${name}`, bytes)
  }
  const options = { stopping: new AbortController().signal, localToken: LOCAL_TOKEN }
  const context = { ...createContext(daybreak.worker, world.project, options), timeBudget: 60_000 }
  server = { ...(await serve(context)), headers: LOCAL }
})
afterEach(async () => {
  await server.drain(200, () => undefined)
  await daybreak.close()
  await world.close()
})

const firstLook = envelope({ pipeline: 'toast', timeZone: 'America/New_York', scheduleTime: '2025-02-06T09:30:00Z' })
const states = async () => (await daybreak.ports.ledger.runs({})).map(({ state }) => state)
const pushed = (message: Message) => envelope({ messageId: message.id }, { id: message.id })

/** Delivers everything, as often as it takes, with the pauses of a subscription; no sweep comes. */
async function deliver(): Promise<void> {
  for (let turn = 0; turn < 30 && queue.waiting.length > 0; turn++) {
    await pump(server, queue, { attempts: 1 })
    await world.clock.advance(10_000)
  }
}

describe('fault 58: what was recorded, but not sent', () => {
  it('is sent when the plan of a run comes again', async () => {
    refused = ({ work }) => work.kind === 'ingest'
    await post(server, '/tick', firstLook)
    await deliver()
    expect(await states()).toEqual(['succeeded'])
  })

  it('is sent when the files of a day come again, and the run ends without waiting for a sweep', async () => {
    refused = ({ work }) => work.kind === 'load'
    await post(server, '/tick', firstLook)
    await deliver()
    expect(await daybreak.ports.ledger.messages({ states: ['pending'] })).toEqual([])
    expect(await states()).toEqual(['succeeded'])
  })

  it('is sent when an ingest comes again whose time was up before its last day', async () => {
    // The first object that is put takes longer than a message may.
    const { objects, clock } = daybreak.ports
    const { put } = objects
    const slowly: typeof put = async (name, content) => {
      Object.assign(objects, { put })
      await clock.sleep(60_001)
      return await put(name, content)
    }
    Object.assign(objects, { put: slowly })
    // Of the two publications, the second one: the rest.
    refused = ({ work }) => work.kind === 'ingest' && work.windows.length === 1
    await post(server, '/tick', firstLook)
    await deliver()
    const messages = await daybreak.ports.ledger.messages({})
    expect(messages.filter(({ work }) => work.kind === 'ingest').map(({ state }) => state)).toEqual(['done', 'done'])
    expect(await states()).toEqual(['succeeded'])
  })

  it('is sent when a file event comes again whose run was never let go', async () => {
    refused = ({ work }) => work.kind === 'tick'
    const event = envelope({ location: '185001', date: DATE })
    expect((await post(server, '/file-arrival', event)).status).toBe(503)
    await world.clock.advance(10_000)
    expect((await post(server, '/file-arrival', event)).status).toBe(204)
    await deliver()
    expect(await states()).toEqual(['succeeded'])
  })

  it('is sent once, and what is on its way is left alone', async () => {
    await post(server, '/tick', firstLook)
    const [tick] = queue.waiting
    await pump(server, queue, { attempts: 1 })
    const ingests = queue.waiting.length
    await post(server, '/tick', pushed(tick!))
    expect(queue.waiting).toHaveLength(ingests)
    await world.clock.advance(10_000)
    await post(server, '/tick', pushed(tick!))
    expect(queue.waiting).toHaveLength(2 * ingests)
    await deliver()
    expect(await states()).toEqual(['succeeded'])
  })

  it('is sent when the message comes again that moved a backfill on', async () => {
    const body = { startDate: '2025-01-08', endDate: DATE, locations: ['185001'] }
    const asked = await post(server, '/backfill', body, { 'idempotency-key': 'one' })
    expect(asked.status).toBe(202)
    let ticks = 0
    refused = ({ work }) => work.kind === 'tick' && ++ticks === 1
    await deliver()
    expect(await daybreak.ports.ledger.backfills({})).toMatchObject([{ state: 'succeeded' }])
  })
})

describe('a message that is worked on', () => {
  it('is done afterwards, although its row moved meanwhile', async () => {
    const { objects, ledger } = daybreak.ports
    const { put } = objects
    const counting: typeof put = async (name, content) => {
      Object.assign(objects, { put })
      const pending = await ledger.messages({ states: ['pending'] })
      for (const message of pending)
        await ledger.apply([{ change: 'message', message: { ...message, attempts: message.attempts + 1 } }])
      return await put(name, content)
    }
    Object.assign(objects, { put: counting })
    await post(server, '/tick', firstLook)
    // Each is pushed once.
    for (let turn = 0; turn < 3; turn++) await pump(server, queue, { attempts: 1 })
    expect(await ledger.messages({ states: ['pending'] })).toEqual([])
    expect(await states()).toEqual(['succeeded'])
  })
})

describe('a partition that the warehouse refused three times', () => {
  it('is loaded when its dead message is replayed', async () => {
    const { ledger, destination } = daybreak.ports
    const warehouse = destination('toast')
    const { loadStatus } = warehouse
    const failed = async () => ({ state: 'failed', permanent: false, message: 'the backend failed' }) as const
    Object.assign(warehouse, { loadStatus: failed })
    await post(server, '/tick', firstLook)
    await deliver()
    const dead = await ledger.messages({ states: ['dead'] })
    expect(dead.length).toBeGreaterThan(0)
    Object.assign(warehouse, { loadStatus })
    const replayed = await post(server, '/dead-letter:replay', { messages: dead.map(({ id }) => id) })
    expect(replayed.status).toBe(202)
    await deliver()
    expect(await ledger.messages({ states: ['dead', 'pending'] })).toEqual([])
    expect(
      (await ledger.partitions({})).filter(({ state, loaded, wanted }) => state !== 'idle' || loaded !== wanted),
    ).toEqual([])
    expect(await ledger.incidents({ states: ['open'] })).toEqual([])
  })
})
