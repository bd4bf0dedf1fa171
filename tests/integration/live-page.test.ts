import { setTimeout as wait } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { type FollowPace, followChanges } from '../../dashboard/src/data/follow-changes.ts'
import type { LivePace } from '../../functions/live/channel.ts'
import { readOn } from '../../functions/live/read-on.ts'
import { eventually, liveWorld, runChange } from '../support/live-world.ts'

const PACE: FollowPace = { firstWait: 5, longestWait: 50, poll: 20, hidden: 40, silence: 60_000, random: () => 0.5 }

/** A page of the dashboard over a server, whose line can be cut. */
async function page(pace: Partial<FollowPace> = {}, server: Partial<LivePace> = {}) {
  const world = await liveWorld({ pace: server })
  const told: string[] = []
  const asked: (string | null)[] = []
  const states: boolean[] = []
  const line = { port: world.port, sockets: [] as WebSocket[] }
  const follower = followChanges({
    open() {
      const socket = new WebSocket(`ws://127.0.0.1:${line.port}/api/live`, ['bearer', 'all'])
      line.sockets.push(socket)
      return socket
    },
    async ask(after) {
      asked.push(after)
      const answer = await readOn((cursor) => world.ledger.reads.changesAfter(cursor), after)
      const topics = answer.state === 'ok' ? answer.changes.flatMap((change) => change.topics) : []
      return { cursor: answer.cursor, reset: answer.state === 'reset', topics }
    },
    changed: (topics) => told.push(...topics),
    say: (isLive) => states.push(isLive),
    pace: { ...PACE, ...pace },
  })
  onTestFinished(() => follower.stop())
  const change = (id: string) => world.ledger.apply([runChange(id)])
  const hears = (id: string) => eventually(() => told).toContain(`run/${id}`)
  await eventually(() => told).toEqual(['*'])
  return { ...{ world, told, asked, states, line, follower, change, hears } }
}

// A port without a server.
const NOWHERE = 1

it('a page hears of what changed while its socket was cut', async () => {
  const { line, told, change, hears } = await page()
  await change('before')
  await hears('before')
  const { port } = line
  line.port = NOWHERE
  line.sockets.at(-1)?.close()
  await change('meanwhile')
  await eventually(() => line.sockets.length).toBeGreaterThan(1)
  line.port = port
  await hears('meanwhile')
  await change('after')
  await hears('after')
  expect(told.filter((topic) => topic === '*')).toHaveLength(1)
})

it('a page whose sockets fail asks, and comes back to a socket', async () => {
  const { line, asked, states, change, hears, world } = await page()
  const { port } = line
  line.port = NOWHERE
  line.sockets.at(-1)?.close()
  await eventually(() => asked.length).toBeGreaterThan(1)
  await change('asked for')
  await hears('asked for')
  expect(states.at(-1)).toBe(true)
  expect(states).toContain(false)
  line.port = port
  await eventually(() => world.live.clients()).toBe(1)
  await change('told')
  await hears('told')
})

it('a page among many waits for its part of the spread, and then tells all changes at once', async () => {
  const { told, change, world, line } = await page({}, { spreadPerClient: 3_000 })
  const other = await world.connect()
  other.hello()
  await other.until((messages) => messages.some((one) => one.type === 'ready' && one.spread === 3_000))
  // A page learns of the others with its next hello, or with a beat.
  line.sockets.at(-1)?.close()
  await eventually(() => line.sockets.length).toBe(2)
  await eventually(() => world.live.clients()).toBe(2)
  const calls: number[] = []
  const push = told.push.bind(told)
  told.push = (...topics) => {
    calls.push(topics.length)
    return push(...topics)
  }
  await change('one')
  await other.until((messages) => messages.some((one) => JSON.stringify(one).includes('run/one')))
  await change('two')
  await eventually(() => told).toContain('run/two')
  expect(told).toContain('run/one')
  expect(calls).toEqual([2])
})

it('a page whose line is silent opens another socket', async () => {
  const { line } = await page({ silence: 30 })
  await eventually(() => line.sockets.length).toBeGreaterThan(2)
})

it('a hidden page closes its socket and asks, and opens one when it is seen', async () => {
  const { follower, world, asked, change, hears } = await page()
  follower.hide(true)
  await eventually(() => world.live.clients()).toBe(0)
  await change('unseen')
  await hears('unseen')
  expect(asked.length).toBeGreaterThan(0)
  follower.hide(false)
  await eventually(() => world.live.clients()).toBe(1)
  const before = asked.length
  await wait(100)
  expect(asked.length).toBe(before)
  await change('seen')
  await hears('seen')
})

it('a page that is hidden for a moment keeps its socket', async () => {
  const { follower, world, line } = await page({ hidden: 200 })
  follower.hide(true)
  follower.hide(false)
  await wait(300)
  expect([world.live.clients(), line.sockets.length]).toEqual([1, 1])
})
