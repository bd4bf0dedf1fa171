import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { createContext } from '../../functions/compose/context.ts'
import type { Daybreak } from '../../functions/compose.ts'
import type { RunningServer } from '../../functions/http/server.ts'
import { addDays, datesBetween } from '../../functions/lib/business-date.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { cancelRun } from '../../functions/pipeline/work/run.ts'
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
import { createWorld, type World } from '../support/world.ts'

const FIRST = '2025-01-01'

let transformer: Transformer
let transforms: string[]
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
let queue: PushQueue
let daybreak: Daybreak
let server: RunningServer & Pushed
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-11T14:00:00Z'), transformer })
  queue = createPushQueue()
  transforms = []
  daybreak = await world.open((ports) => ({
    ...ports,
    queue,
    transformer: {
      ...transformer,
      engine: transformer.engine,
      transform: (request) => {
        transforms.push(`${request.constants.map(({ value }) => value).join('/')}/${request.sourceFile}`)
        return transformer.transform(request)
      },
    },
  }))
  const stopping = new AbortController().signal
  const context = createContext(daybreak.worker, world.project, { stopping, localToken: LOCAL_TOKEN })
  server = { ...(await serve(context)), headers: LOCAL }
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  // A day of its own for each date: the same bytes under another date would be held.
  for (const [seed, date] of datesBetween(FIRST, addDays(FIRST, 39)).entries()) {
    const night = generateNight({ seed, date, profile: 'small', scale: 0.1, closed: false, location })
    const orders = night.find(({ name }) => name === 'OrderDetails.csv')
    await world.write(`185001/${date.replaceAll('-', '')}/OrderDetails.csv`, orders?.bytes ?? '')
  }
})
afterEach(async () => {
  await server.drain(100, () => undefined)
  await daybreak.close()
  await world.close()
})

const body = (days: number, more = {}) => ({
  startDate: FIRST,
  endDate: addDays(FIRST, days - 1),
  streams: ['order_details'],
  ...more,
})
const create = (request: unknown, key = 'k1') => post(server, '/backfill', request, { 'idempotency-key': key })
const Resource = z.looseObject({ id: z.string(), state: z.string(), runIds: z.array(z.string()) })
const read = async (answer: Response) => Resource.parse(await answer.json())
const show = async (id: string) =>
  read(await fetch(`http://127.0.0.1:${server.port}/backfill/${id}`, { headers: LOCAL }))
const steer = async (id: string, verb: string) => (await post(server, `/backfill/${id}:${verb}`, {})).status
const loaded = async () => (await daybreak.ports.ledger.slices({ states: ['loaded'] })).length

describe('a backfill over HTTP', () => {
  it('is accepted at once, and worked through by messages alone', async () => {
    const answer = await create(body(40))
    const resource = await read(answer)
    expect({ status: answer.status, location: answer.headers.get('location') }).toEqual({
      status: 202,
      location: `/backfill/${resource.id}`,
    })
    expect(resource).toMatchObject({ state: 'running', startDate: FIRST, endDate: '2025-02-09' })
    await pump(server, queue, { attempts: 100 })
    expect(await show(resource.id)).toMatchObject({ state: 'succeeded', nextDate: '2025-02-10' })
    expect(await loaded()).toBe(40)
    const runs = await daybreak.ports.ledger.runs({ backfillId: resource.id })
    expect(runs.length).toBeGreaterThan(1)
    expect((await daybreak.ports.ledger.audit({})).map(({ action }) => action)).toEqual(['backfill.create'])
  })

  it('fault 66: posted twice, even at once, is one', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(body(3))))
    const ids = await Promise.all(answers.map(async (answer) => (await read(answer)).id))
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(202))
    expect(new Set(ids).size).toBe(1)
    await pump(server, queue)
    expect((await create(body(3))).status).toBe(202)
    expect(await daybreak.ports.ledger.backfills({})).toHaveLength(1)
    expect(await daybreak.ports.ledger.runs({})).toHaveLength(1)
    expect((await create(body(3), 'another-key')).status).toBe(202)
    expect(await daybreak.ports.ledger.backfills({})).toHaveLength(2)
  })

  it('fault 66: with the key of another request is refused', async () => {
    await create(body(3))
    const answer = await create(body(4))
    expect(answer.status).toBe(422)
    expect(answer.headers.get('content-type')).toMatch('application/problem+json')
    expect(await answer.json()).toMatchObject({
      code: 'KEY_REUSED',
      status: 422,
      type: 'urn:daybreak:error:KEY_REUSED',
    })
  })

  it('fault 66: that overlaps another waits for it, and does nothing twice', async () => {
    const one = await read(await create(body(10), 'one'))
    await world.clock.advance(1_000)
    const other = await read(await create(body(10, { startDate: '2025-01-05', endDate: '2025-01-14' }), 'two'))
    expect({ one: one.state, other: other.state }).toEqual({ one: 'running', other: 'queued' })
    await pump(server, queue, { attempts: 100 })
    expect((await show(one.id)).state).toBe('succeeded')
    expect((await show(other.id)).state).toBe('succeeded')
    const days = transforms.filter((each) => each < '185001/2025-01-15')
    expect(new Set(days).size).toBe(days.length)
    expect(days.length).toBe(14)
  })

  it.each([
    ['ten years', { endDate: '2034-12-31' }, /3652 days; at most 366/],
    ['the end before the start', { endDate: '2024-12-31' }, /before startDate/],
    ['a day that does not exist', { startDate: '2025-02-30' }, /startDate/],
    ['an unknown location', { locations: ['999'] }, /"999" is unknown/],
    ['an unknown stream', { streams: ['order_detials'] }, /Did you mean "?order_details/],
    ['an unknown pipeline', { pipeline: 'taost' }, /taost/],
    ['an unknown field', { dates: [] }, /Unrecognized key/],
    ['a list that is too long', { locations: Array(1001).fill('185001') }, /1000/],
  ])('fault 66: of %s is refused', async (_, more, why) => {
    const answer = await create(body(3, more))
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(why) })
    expect(await daybreak.ports.ledger.backfills({})).toEqual([])
  })

  it('wants a key, and tells a plan without one', async () => {
    expect((await post(server, '/backfill', body(3))).status).toBe(400)
    for (const [startDate, endDate] of [
      ['0001-01-01', '0001-01-31'],
      ['1999-12-31', '2000-01-01'],
      ['9999-12-01', '9999-12-31'],
      ['2025-02-01', '2099-01-01'],
      ['0001-01-01', '9999-12-31'],
    ])
      for (const validateOnly of [true, false]) {
        const answer = await create({ startDate, endDate, validateOnly }, `${startDate}/${endDate}`)
        expect(answer.status, `${startDate} ${endDate}`).toBe(400)
      }
    const plan = await post(server, '/backfill', body(3, { validateOnly: true }))
    expect(plan.status).toBe(200)
    expect(await plan.json()).toEqual({ days: 3, runs: 1, locations: 1, slices: 3, states: {}, goneFromSource: 3 })
    expect(await daybreak.ports.ledger.backfills({})).toEqual([])
  })

  it('is listed in pages, paused, resumed, cancelled and retried', async () => {
    const { id } = await read(await create(body(40)))
    await create(body(2, { startDate: '2025-02-01', endDate: '2025-02-02' }), 'k2')
    const Page = z.object({ backfills: z.array(z.unknown()), nextPageToken: z.string().nullable() })
    const list = async (query: string) =>
      Page.parse(await (await fetch(`http://127.0.0.1:${server.port}/backfill${query}`, { headers: LOCAL })).json())
    const { backfills, nextPageToken } = await list('?pageSize=1')
    expect(backfills).toHaveLength(1)
    const rest = await list(`?pageSize=1&pageToken=${nextPageToken}`)
    expect(rest).toMatchObject({ nextPageToken: null, backfills: [expect.not.objectContaining(backfills[0]!)] })
    const unknown = await fetch(`http://127.0.0.1:${server.port}/backfill?pageToken=50`, { headers: LOCAL })
    expect(unknown.status).toBe(400)

    expect(await steer(id, 'pause')).toBe(202)
    await pump(server, queue, { attempts: 100 })
    expect((await show(id)).state).toBe('paused')
    const before = await loaded()
    expect(before).toBeLessThan(40)
    expect(await steer(id, 'pause')).toBe(409)
    expect(await steer(id, 'resume')).toBe(202)
    await pump(server, queue, { attempts: 100 })
    expect((await show(id)).state).toBe('succeeded')
    expect(await loaded()).toBe(40)
    expect(await steer(id, 'cancel')).toBe(409)
    expect(await steer(id, 'retry')).toBe(409)
    const third = await read(await create(body(5), 'k3'))
    expect(await steer(third.id, 'cancel')).toBe(202)
    await pump(server, queue)
    expect((await show(third.id)).state).toBe('cancelled')
    expect(await steer(third.id, 'retry')).toBe(202)
    await pump(server, queue)
    expect((await show(third.id)).state).toBe('succeeded')
    expect(await steer('nothing', 'cancel')).toBe(404)
    expect(await steer(id, 'explode')).toBe(404)
    const put = await fetch(`http://127.0.0.1:${server.port}/backfill/${id}`, {
      method: 'PUT',
      headers: { ...LOCAL, 'content-type': 'application/json' },
    })
    expect({ status: put.status, allow: put.headers.get('allow') }).toEqual({ status: 405, allow: 'GET' })
  })

  it('is paused when its run is cancelled, and goes on when it is resumed', async () => {
    const { id, runIds } = await read(await create(body(3)))
    const run = await daybreak.ports.ledger.run(runIds[0] ?? '')
    if (run) await cancelRun(run, daybreak.ports)
    await pump(server, queue)
    await post(server, '/tick', envelope({ pipeline: 'toast' }))
    expect(await show(id)).toMatchObject({ state: 'paused', reason: { code: 'CANCELLED' } })
    await steer(id, 'resume')
    await pump(server, queue)
    expect((await show(id)).state).toBe('succeeded')
  })

  it('goes on by the next sweep when the process died between two runs', async () => {
    const { id } = await read(await create(body(40)))
    // The last push of the first run is handled, and its process dies before it begins the next one.
    const runs = async () => (await daybreak.ports.ledger.runs({ backfillId: id })).length
    const dying = await world.open((ports) => ({ ...ports, queue }))
    const { handle } = await import('../../functions/pipeline/work/handle.ts')
    while (queue.waiting.length > 0) for (const message of queue.waiting.splice(0)) await handle(message, dying.worker)
    await dying.close()
    expect(await runs()).toBe(1)
    await post(server, '/tick', envelope({ pipeline: 'toast' }))
    expect(await runs()).toBe(2)
    await pump(server, queue, { attempts: 100 })
    expect((await show(id)).state).toBe('succeeded')
  })
})
