import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { messageIdOf, parsePush } from '../../functions/adapters/pubsub/envelope.ts'
import { openPubsubQueue, type PubsubQueue } from '../../functions/adapters/pubsub/queue.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { LogEntry } from '../../functions/pipeline/ports.ts'
import { byKind } from '../../functions/pipeline/work/kinds.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import { provision } from '../emulators/pubsub/provision.ts'
import { type PubsubServer, startPubsubServer } from '../emulators/pubsub/server.ts'
import { aMessage } from '../support/ledger-rows.ts'
import { type PushEndpoint, startPushEndpoint } from '../support/push-endpoint.ts'
import { testQueue } from './queue.ts'

const PROJECT = 'daybreak-test'
const TOPICS = byKind((kind) => `daybreak-${kind}`)
const NOW = Date.UTC(2025, 1, 6, 9, 30)

let identity: IdentityServer
beforeAll(async () => {
  identity = await startIdentityServer({ now: () => NOW })
})
afterAll(() => identity.close())

interface World {
  readonly clock: ReturnType<typeof createVirtualClock>
  readonly server: PubsubServer
  readonly endpoint: PushEndpoint
  readonly queue: PubsubQueue
  readonly logs: readonly LogEntry[]
  /** Replaces the handler of messages. */
  handleWith(handler: (message: Message) => Promise<void>): void
}

const open: World[] = []
afterEach(async () => {
  for (const { queue, server, endpoint } of open.splice(0)) {
    await queue.close()
    await server.close()
    await endpoint.close()
  }
})

/** Pub/Sub with the topics of the pipeline, and an endpoint that knows the messages by their ids, as the ledger does. */
async function createWorld(options: Partial<Parameters<typeof openPubsubQueue>[0]> = {}): Promise<World> {
  const clock = createVirtualClock({ now: NOW })
  const server = await startPubsubServer({ identity, clock })
  const rows = new Map<string, Message>()
  const logs: LogEntry[] = []
  let handler: (message: Message) => Promise<void> = async () => undefined
  const endpoint = await startPushEndpoint(async ({ body }) => {
    const message = rows.get(messageIdOf(parsePush(JSON.parse(body))))
    if (!message) return 204
    return await handler(message).then(
      () => 204,
      () => 503,
    )
  })
  const { endpoint: address, serviceAgent } = server
  await provision({ endpoint: address, serviceAgent, project: PROJECT, topics: TOPICS, pushTo: () => endpoint.url })
  const queue = openPubsubQueue({
    project: PROJECT,
    topics: TOPICS,
    clock,
    log: (entry) => logs.push(entry),
    random: () => 0.5,
    endpoint: address,
    ...options,
  })
  const world: World = {
    clock,
    server,
    endpoint,
    logs,
    queue: {
      ...queue,
      async publish(messages) {
        for (const message of messages) rows.set(message.id, message)
        await queue.publish(messages)
      },
    },
    handleWith(next) {
      handler = next
    },
  }
  open.push(world)
  return world
}

describe('the queue of Pub/Sub', () => {
  testQueue(async () => {
    const world = await createWorld()
    // Pub/Sub pushes as soon as it has a message; a message that comes early waits for the handler.
    const given = Promise.withResolvers<(message: Message) => Promise<void>>()
    world.handleWith(async (message) => (await given.promise)(message))
    return {
      queue: world.queue,
      now: world.clock.now,
      async deliver(handler) {
        given.resolve(handler)
        await world.server.drain()
      },
    }
  })
})

describe('publishing to Pub/Sub', () => {
  const messages = (count: number): readonly Message[] =>
    Array.from({ length: count }, (_, index) => aMessage({ id: `m${index}`, attempts: 0, notBefore: 0 }))
  const [message] = messages(1)

  it('sends ids and nothing else, each kind to its topic', async () => {
    const { queue, server, endpoint } = await createWorld()
    const tick = aMessage({ id: 't1', work: { kind: 'tick', pipeline: 'toast' } })
    await queue.publish([tick, message!])
    await server.drain()
    const pushes = endpoint.received.map(({ body }) => parsePush(JSON.parse(body)))
    expect(pushes.map(({ data, attributes, subscription }) => ({ data, attributes, subscription }))).toEqual([
      {
        data: { messageId: 't1' },
        attributes: { kind: 'tick', pipeline: 'toast' },
        subscription: `projects/${PROJECT}/subscriptions/daybreak-tick`,
      },
      {
        data: { messageId: 'm0' },
        attributes: { kind: message!.work.kind, pipeline: 'toast' },
        subscription: `projects/${PROJECT}/subscriptions/daybreak-${message!.work.kind}`,
      },
    ])
  })

  it('sends a thousand at a time', async () => {
    const { queue, server } = await createWorld()
    await queue.publish(messages(2500))
    expect(server.usage('publish')).toMatchObject({ requests: 3, messages: 2500 })
  })

  it('tries again what failed in passing (fault 58)', async () => {
    const { queue, server, clock, logs } = await createWorld()
    server.misbehave({ publish: { status: 'UNAVAILABLE', times: 2 } })
    await queue.publish(messages(3))
    expect(server.usage('publish')).toMatchObject({ requests: 1, messages: 3 })
    expect(clock.now()).toBeGreaterThan(NOW)
    expect(logs.map(({ code }) => code)).toEqual(['QUEUE_FAILED', 'QUEUE_FAILED'])
  })

  it('may send twice what Pub/Sub took without saying so (fault 58)', async () => {
    const { queue, server } = await createWorld()
    server.misbehave({ publish: { status: 'INTERNAL', times: 1, taken: true } })
    await queue.publish(messages(1))
    expect(server.usage('publish')).toMatchObject({ requests: 2, messages: 2 })
  })

  it('gives up after a few tries with a failure that is worth another delivery', async () => {
    const { queue, server, logs } = await createWorld({ attempts: 3 })
    server.misbehave({ publish: { status: 'RESOURCE_EXHAUSTED', times: 99 } })
    await expect(queue.publish(messages(1))).rejects.toMatchObject({
      code: 'QUEUE_FAILED',
      retryable: true,
      message: expect.stringMatching(/did not take 1 message to projects\/daybreak-test\/topics\/daybreak-ingest: 8 /),
    })
    expect(logs.length).toBe(2)
    expect(server.usage('publish').messages).toBe(0)
  })

  it('does not wait for an answer for ever', async () => {
    const { queue, server } = await createWorld({ timeout: 2_000 })
    server.misbehave({ silence: 1 })
    await queue.publish(messages(1))
    expect(server.usage('publish').messages).toBe(1)
  })

  it.each([
    ['a topic that does not exist', 'NOT_FOUND', 5],
    ['a missing permission', 'PERMISSION_DENIED', 7],
  ] as const)('does not try again with %s', async (_, status, code) => {
    const { queue, server, logs } = await createWorld()
    server.misbehave({ publish: { status, times: 99 } })
    await expect(queue.publish(messages(1))).rejects.toMatchObject({ code: 'QUEUE_FAILED', details: { status: code } })
    expect(logs).toEqual([])
  })

  it('sends the others when one topic fails', async () => {
    const { queue, server } = await createWorld({ topics: { ...TOPICS, tick: 'nowhere' } })
    const tick = aMessage({ id: 't1', notBefore: 0, work: { kind: 'tick', pipeline: 'toast' } })
    await expect(queue.publish([tick, message!])).rejects.toMatchObject({ code: 'QUEUE_FAILED' })
    expect(server.usage('publish').messages).toBe(1)
  })

  it('leaves in the ledger what is not due yet, and sends it when it is', async () => {
    const { queue, server, clock } = await createWorld()
    const later = { ...message!, notBefore: NOW + 600_000 }
    await queue.publish([later])
    expect(server.usage('publish').messages).toBe(0)
    await clock.advance(600_000)
    await queue.publish([later])
    expect(server.usage('publish').messages).toBe(1)
  })

  it('sends what is due within minutes, because its worker waits', async () => {
    const { queue, server } = await createWorld()
    await queue.publish([{ ...message!, notBefore: NOW + 120_000 }])
    expect(server.usage('publish').messages).toBe(1)
  })

  it('closes after what is under way, twice if need be', async () => {
    const { queue, server } = await createWorld()
    const published = queue.publish(messages(10))
    await queue.close()
    await queue.close()
    await published
    expect(server.usage('publish').messages).toBe(10)
  })

  it('fails at an address without a server', async () => {
    const { queue } = await createWorld({ endpoint: '127.0.0.1:1', timeout: 200, attempts: 2 })
    await expect(queue.publish(messages(1))).rejects.toMatchObject({ code: 'QUEUE_FAILED' })
  })

  it('gives up on a message after five deliveries, and keeps it as a dead letter (fault 54)', async () => {
    const { queue, server, handleWith } = await createWorld()
    handleWith(async () => {
      throw new Error('poison')
    })
    await queue.publish(messages(1))
    await server.drain()
    expect(server.pushes().map(({ deliveryAttempt }) => deliveryAttempt)).toEqual([1, 2, 3, 4, 5])
    const [letter] = server.backlog(`projects/${PROJECT}/subscriptions/daybreak-${message!.work.kind}-dead-letter`)
    expect(letter).toMatchObject({
      data: '{"messageId":"m0"}',
      attributes: { CloudPubSubDeadLetterSourceDeliveryCount: '5', pipeline: 'toast' },
    })
  })
})
