import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import type { LiveMessage } from '../../functions/api/contract/live-messages.ts'
import { createLoopbackSessions } from '../../functions/http/session.ts'
import { sharedFolder } from '../support/folder.ts'
import { KEY } from '../support/ledger-rows.ts'
import {
  cursorOf,
  eventually,
  type LiveClient,
  liveWorld as makeWorld,
  runChange,
  sliceChange,
} from '../support/live-world.ts'

const from = join(await sharedFolder(), 'empty.sqlite')
beforeAll(async () => {
  await (await openSqliteLedger({ path: from })).close()
})
const liveWorld = (options: Parameters<typeof makeWorld>[0] = {}) => makeWorld({ from, ...options })

const topicOf = (shard: string) => `slice/${KEY.pipeline}/${KEY.window}/${shard}`
const isReady = (messages: readonly LiveMessage[]) => messages.some(({ type }) => type === 'ready')
const has = (client: LiveClient, topic: string) => () => client.topics().includes(topic)

async function listening(world: Awaited<ReturnType<typeof liveWorld>>, token = 'all', topics = ['*']) {
  const client = await world.connect(token)
  client.hello(null, topics)
  await client.until(isReady)
  return client
}

describe('a change', () => {
  it('reaches every client as a CloudEvent without data', async () => {
    const world = await liveWorld()
    const clients = [await listening(world), await listening(world)]
    await world.ledger.apply([sliceChange('1'), runChange('r1')])
    for (const client of clients) {
      await client.until(has(client, 'run/r1'))
      expect(client.messages.at(-1)).toEqual({
        ...{ specversion: '1.0', type: 'daybreak.changed.v1', source: '/api/live' },
        ...{ id: expect.any(String), time: expect.stringMatching(/^\d{4}-.*Z$/) },
        datacontenttype: 'application/json',
        data: { topics: [topicOf('1'), 'run/r1'] },
      })
    }
  })

  it('of another location is never sent, nor of another topic', async () => {
    const world = await liveWorld()
    const east = await listening(world, 'east')
    const none = await listening(world, 'none')
    const runs = await listening(world, 'all', ['run/*'])
    await world.ledger.apply([sliceChange('2')])
    await world.ledger.apply([sliceChange('1'), sliceChange('3')])
    await world.ledger.apply([runChange('end')])
    for (const client of [east, none, runs]) await client.until(has(client, 'run/end'))
    expect(east.topics()).toEqual([topicOf('1'), 'run/end'])
    expect(none.topics()).toEqual(['run/end'])
    expect(runs.topics()).toEqual(['run/end'])
  })

  it('shares a message with others of the same moment, in few topics', async () => {
    const world = await liveWorld({ pace: { readEvery: 250 } })
    const client = await listening(world)
    for (let at = 0; at < 60; at++) await world.ledger.apply([sliceChange(String(at))])
    await world.ledger.apply([runChange('end')])
    await client.until(has(client, 'run/end'))
    const events = client.messages.filter(({ type }) => type === 'daybreak.changed.v1')
    expect(events.length).toBeLessThan(61)
    expect(client.topics().length).toBeLessThanOrEqual(50 * events.length)
  })

  it('is read once for all clients, and not at all without one', async () => {
    const world = await liveWorld()
    expect(world.reads()).toBe(0)
    const clients = [await listening(world), await listening(world), await listening(world)]
    for (const { socket } of clients) socket.close()
    for (const { ended } of clients) await ended
    await wait(50)
    const before = world.reads()
    await wait(50)
    expect(world.reads()).toBe(before)
  })
})

describe('a client that comes back', () => {
  it('hears of everything since its cursor, whenever it was cut', async () => {
    const world = await liveWorld()
    let cursor: string | null = null
    const told = new Set<string>()
    const ids = Array.from({ length: 40 }, (_, at) => `r${at}`)
    const writing = (async () => {
      for (const id of ids) {
        await world.ledger.apply([runChange(id)])
        await wait(3)
      }
    })()
    // Cut before hello, before ready, after a message: the cursor is that of the last message that came.
    for (let round = 0; round < 12; round++) {
      const client = await world.connect()
      client.hello(cursor ?? undefined)
      await wait(round)
      client.socket.terminate()
      await client.ended
      if (client.messages.length > 0) cursor = cursorOf(client.messages)
      for (const topic of client.topics()) told.add(topic)
      // A client that knew nothing reads everything once it is ready, as a page does.
      if (told.size === 0 && cursor !== null) for (const run of await world.ledger.runs({})) told.add(`run/${run.id}`)
    }
    await writing
    const last = await world.connect()
    last.hello(cursor)
    await last.until(isReady)
    await world.ledger.apply([runChange('end')])
    await last.until(has(last, 'run/end'))
    for (const topic of last.topics()) told.add(topic)
    expect(ids.filter((id) => !told.has(`run/${id}`))).toEqual([])
  })

  it('gets a reset when its cursor is too old or of another ledger', async () => {
    const [world, other] = [await liveWorld(), await liveWorld()]
    await other.ledger.apply([runChange('elsewhere')])
    const foreign = cursorOf((await listening(other)).messages)
    for (const after of [foreign, 'text', '']) {
      const client = await world.connect()
      client.hello(after)
      await client.until(isReady)
      expect(client.messages.map(({ type }) => type)).toEqual(['reset', 'ready'])
      await world.ledger.apply([runChange(`after ${after}`)])
      await client.until(has(client, `run/after ${after}`))
    }
  })

  it('gets a cursor that moves on, also while nothing concerns it', async () => {
    const world = await liveWorld({ pace: { beatEvery: 20 } })
    const none = await listening(world, 'none')
    const before = cursorOf(none.messages)
    await world.ledger.apply([sliceChange('1')])
    await none.until((messages) => cursorOf(messages) !== before)
    expect(none.messages.at(-1)?.type).toBe('beat')
    expect(none.topics()).toEqual([])
  })
})

describe('a connection', () => {
  const foreign = [
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { host: 'evil.test' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'sec-fetch-site': 'cross-site' },
  ]
  it.each(foreign)('of %j is refused', async (headers) => {
    const world = await liveWorld()
    await expect(world.connect('all', headers)).rejects.toThrow('status 403')
    expect(world.live.clients()).toBe(0)
    expect(world.logged).toMatchObject([{ code: 'REQUEST_FOREIGN' }])
  })

  it('of this server is taken; its token comes as a subprotocol, and is not sent back', async () => {
    const world = await liveWorld()
    const client = await world.connect('all', { origin: `http://127.0.0.1:${world.port}` })
    expect(client.socket.protocol).toBe('bearer')
    await expect(world.connect('wrong')).rejects.toThrow('status 401')
  })

  it('by the cookie of a session lasts until the person leaves', async () => {
    const sessions = createLoopbackSessions({ token: 'secret', now: Date.now })
    const { cookie: text } = sessions.enter(sessions.issue())
    const cookie = text.split(';')[0] ?? ''
    const world = await liveWorld({ pace: { beatEvery: 20 }, admit: (seen) => sessions.authenticate(seen) })
    await expect(world.connect(null)).rejects.toThrow('status 401')
    await expect(world.connect(null, { cookie, origin: 'http://127.0.0.1:1' })).rejects.toThrow('status 403')
    const client = await world.connect(null, { cookie, origin: `http://127.0.0.1:${world.port}` })
    client.hello()
    await client.until(isReady)
    const seen = { method: 'POST', target: '/', headers: ['cookie', cookie], remoteAddress: '', localPort: 0 }
    sessions.leave(seen)
    expect(await client.ended).toEqual({ code: 4401, reason: 'UNAUTHENTICATED' })
  })

  it('to another path, or above the most that are taken, is refused with a problem', async () => {
    const world = await liveWorld({ pace: { mostSockets: 1 } })
    await world.connect()
    await expect(world.connect()).rejects.toThrow('status 429')
    const elsewhere = new WebSocket(`ws://127.0.0.1:${world.port}/elsewhere`, ['bearer', 'all'])
    const body = await new Promise<string>((resolve, reject) => {
      elsewhere.on('error', reject)
      elsewhere.on('unexpected-response', (_, response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve(text))
      })
    })
    expect(JSON.parse(body)).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  it.each([
    ['no JSON', 'hello', 1008],
    ['an unknown member', '{"type":"hello","topics":["*"],"more":1}', 1008],
    ['an unknown topic', '{"type":"hello","topics":["incident/1"]}', 1008],
    ['bytes', Buffer.from('{"type":"hello","topics":["*"]}'), 1008],
    ['more than 4 kB', 'x'.repeat(4_097), 1009],
  ])('that says %s is closed', async (_, data, code) => {
    const world = await liveWorld()
    const client = await world.connect()
    client.socket.send(data)
    expect(await client.ended).toMatchObject({ code })
    await eventually(() => world.live.clients()).toBe(0)
  })

  it('that says something after its hello, or nothing at all, is closed', async () => {
    const world = await liveWorld({ pace: { helloWithin: 20 } })
    const talker = await listening(world)
    talker.hello()
    expect(await talker.ended).toMatchObject({ code: 1008 })
    const silent = await world.connect()
    expect(await silent.ended).toEqual({ code: 1008, reason: 'no hello came' })
  })

  it('ends with its session, and when its scope changes', async () => {
    const world = await liveWorld({ pace: { beatEvery: 20 } })
    const [all, east] = [await listening(world), await listening(world, 'east')]
    world.callers.delete('all')
    world.callers.set('east', ['2'])
    expect(await all.ended).toEqual({ code: 4401, reason: 'UNAUTHENTICATED' })
    expect(await east.ended).toMatchObject({ code: 1012 })
  })

  it('that answers no ping is closed', async () => {
    const world = await liveWorld({ pace: { beatEvery: 20 } })
    const client = await listening(world)
    const gone = new WebSocket(`ws://127.0.0.1:${world.port}/api/live`, ['bearer', 'all'], { autoPong: false })
    const code = await new Promise((resolve) => gone.on('close', resolve))
    expect(code).toBe(1006)
    expect(client.socket.readyState).toBe(WebSocket.OPEN)
  })

  it('that does not take what is sent is closed, and the others are not', async () => {
    const world = await liveWorld({ pace: { readEvery: 1, mostUnsent: 10_000 } })
    const [slow, quick] = [await listening(world), await listening(world)]
    slow.socket.pause()
    // Loopback itself holds some megabytes.
    for (let at = 0; world.live.clients() > 1 && at < 400; at++) {
      const id = `${at}-${'x'.repeat(50_000)}`
      await world.ledger.apply([runChange(id)])
      await quick.until(has(quick, `run/${id}`))
    }
    expect(world.live.clients()).toBe(1)
    await world.ledger.apply([runChange('end')])
    await quick.until(has(quick, 'run/end'))
  })

  it('gets a goodbye when the server ends, which waits for no client', async () => {
    const world = await liveWorld({ pace: { leaveWithin: 50 } })
    const [client, silent] = [await listening(world), await listening(world)]
    silent.socket.pause()
    await world.close()
    expect(await client.ended).toMatchObject({ code: 1001 })
    expect(client.messages.at(-1)).toEqual({ type: 'bye' })
    expect(world.live.clients()).toBe(0)
  })
})

it('a ledger that is away for a while loses no change, and is warned of once', async () => {
  const world = await liveWorld()
  const client = await listening(world)
  const read = world.ledger.reads.changesAfter
  let refused = 0
  Object.assign(world.ledger.reads, {
    changesAfter: (cursor: string | null) => (++refused < 4 ? Promise.reject(new Error('away')) : read(cursor)),
  })
  await world.ledger.apply([runChange('meanwhile')])
  await client.until(has(client, 'run/meanwhile'))
  expect(world.logged.filter(({ severity }) => severity === 'WARNING')).toHaveLength(1)
})
