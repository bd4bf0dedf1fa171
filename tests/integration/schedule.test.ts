import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { startScheduled } from '../../functions/pipeline/work/schedule.ts'
import { generateNight } from '../../mock/night.ts'
import { createSimulatedWarehouse } from '../crash/simulated-warehouse.ts'
import { createScheduler } from '../emulators/scheduler/scheduler.ts'
import { at } from '../support/definition.ts'
import { openPubsubWorld, type PubsubWorld } from '../support/pubsub-world.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const ZONE = 'America/New_York'
const EAST = { id: '185001', name: 'East', time_zone: ZONE, active_from: DATE, active_to: DATE }
const MINUTE = 60_000
const TRIES_OF_ONE_PUBLISH = 4

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
})
afterAll(() => transformer.close())

let world: World
let place: PubsubWorld | undefined
afterEach(async () => {
  await place?.close()
  place = undefined
  await world.close()
})

it('the first look of a time zone leaves alone what another pipeline delivers', async () => {
  const popUp = { ...EAST, id: '185004', name: 'Pop-up', pipelines: ['inbox'] }
  world = await createWorld({ now: at('2025-02-06T09:30:00Z'), transformer, locations: [EAST, popUp] })
  const daybreak = await world.open()
  const definition = daybreak.definitions.get('toast')
  const run =
    definition && (await startScheduled(definition, { at: world.clock.now(), timeZone: ZONE }, daybreak.ports))
  expect(run?.scope.shards).toEqual(['185001'])
  await daybreak.close()
})

describe('a new file of a source with a minimum age, through Pub/Sub', () => {
  const orders = generateNight({
    ...{ seed: 1, date: DATE, profile: 'small', scale: 0.1, closed: false },
    location: { id: '185001', name: 'East', timeZone: ZONE, closeoutHour: 4 },
  }).find(({ name }) => name === 'OrderDetails.csv')
  const streams_off = ['check_details', 'payment_details', 'all_items_report', 'cash_entries', 'kitchen_timings']
  const location = { ...EAST, streams_off: [...streams_off, 'item_selection_details'] }

  async function enter(now: string, age: number): Promise<PubsubWorld> {
    world = await createWorld({ now: at(now), transformer, locations: [location] })
    await world.write('185001/20250205/OrderDetails.csv', orders?.bytes ?? '', at(now) - age)
    const warehouse = createSimulatedWarehouse()
    place = await openPubsubWorld(world, { wrap: (ports) => ({ ...ports, destination: () => warehouse }) })
    return place
  }
  const states = async ({ daybreak: { ports } }: PubsubWorld) => ({
    slices: (await ports.ledger.slices({})).map(({ state }) => state),
    runs: (await ports.ledger.runs({})).map(({ trigger, state }) => `${trigger} ${state}`),
    incidents: (await ports.ledger.incidents({ states: ['open'] })).map(({ key }) => key),
  })
  const arrive = async (entered: PubsubWorld) => {
    await entered.daybreak.start({
      pipeline: 'toast',
      trigger: 'file',
      scope: { shards: ['185001'], windows: [DATE] },
    })
    await entered.server.drain()
  }

  /** Cloud Scheduler for this world. */
  function schedule(entered: PubsubWorld) {
    const topic = 'daybreak-tick'
    const tick = (more: object) => Buffer.from(JSON.stringify({ kind: 'tick', pipeline: 'toast', ...more }))
    return createScheduler({
      now: world.clock.now,
      async moveTo(instant) {
        await entered.server.drain({ until: instant })
        await entered.server.advance(Math.max(0, instant - world.clock.now()))
      },
      publish: (job) => entered.client.topic(job.topic).publishMessage({ data: Buffer.from(job.data) }),
      jobs: [
        { name: 'first-look', schedule: '30 4 * * *', timeZone: ZONE, topic, data: tick({ timeZone: ZONE }) },
        { name: 'sweep', schedule: '*/15 * * * *', timeZone: 'Etc/UTC', topic, data: tick({}) },
      ],
    })
  }

  it('is seen by the first look, opens no incident, and is loaded by the next sweep', async () => {
    const entered = await enter('2025-02-06T09:20:00Z', 10 * MINUTE)
    const scheduler = schedule(entered)
    scheduler.misbehave({ sweep: { times: 0 } })
    await scheduler.runUntil(at('2025-02-06T09:32:00Z'))
    await entered.server.drain()
    expect(await states(entered)).toEqual({ slices: ['seen'], runs: ['schedule partial'], incidents: [] })
    scheduler.misbehave({})
    await scheduler.runUntil(at('2025-02-06T09:46:00Z'))
    await entered.server.drain()
    expect(await states(entered)).toEqual({
      slices: ['loaded'],
      runs: ['schedule succeeded', 'schedule partial'],
      incidents: [],
    })
  })

  it('is loaded by its own run, without a sweep, when the day is late and the file was left alone', async () => {
    const entered = await enter('2025-02-06T15:00:00Z', 10 * MINUTE)
    await arrive(entered)
    expect(await states(entered)).toEqual({ slices: ['loaded'], runs: ['file succeeded'], incidents: [] })
  })

  it('is loaded by the second look of its own run, without a sweep, when the day is late and the file is new', async () => {
    const entered = await enter('2025-02-06T15:00:00Z', 0)
    await arrive(entered)
    expect(await states(entered)).toEqual({ slices: ['loaded'], runs: ['file succeeded'], incidents: [] })
    expect(world.clock.now() - at('2025-02-06T15:00:00Z')).toBeLessThan(5 * MINUTE)
  })

  it('is loaded without a sweep although the second look cannot be published at first', async () => {
    const entered = await enter('2025-02-06T15:00:00Z', 0)
    let failures = 0
    const { publish } = entered.daybreak.ports.queue
    Object.assign(entered.daybreak.ports.queue, {
      async publish(messages: readonly Message[]) {
        const isSecondLook = messages.some(({ work }) => work.kind === 'ingest' && work.again)
        if (isSecondLook && failures++ === 0)
          entered.server.misbehave({ publish: { status: 'UNAVAILABLE', times: TRIES_OF_ONE_PUBLISH } })
        await publish(messages)
      },
    })
    await arrive(entered)
    expect(failures).toBe(2)
    expect(await states(entered)).toEqual({ slices: ['loaded'], runs: ['file succeeded'], incidents: [] })
    expect(world.clock.now() - at('2025-02-06T15:00:00Z')).toBeLessThan(10 * MINUTE)
  })

  it('is loaded by a backfill over HTTP whose range has days that are not late yet, and that day is not partial', async () => {
    const entered = await enter('2025-02-06T09:40:00Z', 0)
    const body = { pipeline: 'toast', startDate: DATE, endDate: '2025-02-06' }
    const asked = await entered.call('/backfill', body, { 'idempotency-key': 'a' })
    expect(asked.status).toBe(202)
    await entered.server.drain()
    expect(await states(entered)).toEqual({ slices: ['loaded'], runs: ['backfill succeeded'], incidents: [] })
    const [backfill] = await entered.daybreak.ports.ledger.backfills({})
    expect(backfill).toMatchObject({ state: 'succeeded', reason: null })
  })
})
