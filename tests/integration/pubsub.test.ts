import { PubSub, v1 } from '@google-cloud/pubsub'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deadLetterSource, parsePush } from '../../functions/adapters/pubsub/envelope.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import { type PubsubServer, startPubsubServer } from '../emulators/pubsub/server.ts'
import { type PushEndpoint, type Received, startPushEndpoint } from '../support/push-endpoint.ts'

const NOW = Date.UTC(2025, 1, 6, 9, 30)
const PROJECT = 'daybreak-test'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let identity: IdentityServer
beforeAll(async () => {
  identity = await startIdentityServer({ now: () => NOW })
})
afterAll(() => identity.close())

let clock: ReturnType<typeof createVirtualClock>
let server: PubsubServer
let pubsub: PubSub
let endpoint: PushEndpoint
/** Status that the endpoint answers with. */
let answer: (received: Received) => Promise<number | null> | number | null

async function start(options: Parameters<typeof startPubsubServer>[0] = {}): Promise<void> {
  clock = createVirtualClock({ now: NOW })
  server = await startPubsubServer({ identity, clock, ...options })
  pubsub = new PubSub({
    apiEndpoint: server.endpoint,
    emulatorMode: true,
    projectId: PROJECT,
    clientOptions: { universeDomain: 'googleapis.com' },
  })
}
beforeEach(async () => {
  answer = () => 204
  endpoint = await startPushEndpoint((received) => answer(received))
  await start()
})
afterEach(async () => {
  await pubsub.close()
  await server.close()
  await endpoint.close()
})

const subscriptionName = (name: string) => `projects/${PROJECT}/subscriptions/${name}`
const RETRY = { retryPolicy: { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 600 } } }

async function topicWith(options: object = RETRY, name = 'work') {
  const [topic] = await pubsub.createTopic(name)
  const [subscription] = await topic.createSubscription(name, {
    pushEndpoint: endpoint.url,
    ackDeadlineSeconds: 60,
    ...options,
  })
  const send = (text: string) => topic.publishMessage({ data: Buffer.from(JSON.stringify(text)) })
  return { topic, subscription, send }
}

/** A topic with dead letters, and who may forward them. */
async function poisonous(grants: { readonly publish?: boolean; readonly subscribe?: boolean }) {
  const [deadLetters] = await pubsub.createTopic('work-dead-letter')
  await deadLetters.createSubscription('work-dead-letter', { expirationPolicy: {} })
  const made = await topicWith({
    ...RETRY,
    deadLetterPolicy: { deadLetterTopic: deadLetters.name, maxDeliveryAttempts: 5 },
  })
  const members = [server.serviceAgent]
  if (grants.publish) await deadLetters.iam.setPolicy({ bindings: [{ role: 'roles/pubsub.publisher', members }] })
  if (grants.subscribe)
    await made.subscription.iam.setPolicy({ bindings: [{ role: 'roles/pubsub.subscriber', members }] })
  return made
}

const deadLetters = () => server.backlog(subscriptionName('work-dead-letter'))
const times = () => server.pushes().map(({ at }) => (at - NOW) / 1000)

describe('a push', () => {
  it('carries a token of its service account for its audience', async () => {
    const oidcToken = { serviceAccountEmail: 'push@acme.iam.gserviceaccount.com', audience: 'https://worker.example' }
    const { send } = await topicWith({ ...RETRY, oidcToken })
    await send('x')
    await server.drain()
    const [, token = ''] = (endpoint.received[0]?.headers.authorization ?? '').split('Bearer ')
    const keys = createRemoteJWKSet(new URL(identity.jwksUrl))
    const { payload } = await jwtVerify(token, keys, {
      issuer: identity.issuer,
      audience: 'https://worker.example',
      currentDate: new Date(NOW),
    })
    expect(payload).toMatchObject({ email: 'push@acme.iam.gserviceaccount.com', email_verified: true })
  })

  it('is made for the address of the endpoint when no audience is told, and carries nothing without an account', async () => {
    const plain = await topicWith()
    await plain.send('x')
    const named = await topicWith({ oidcToken: { serviceAccountEmail: 'a@b.example' } }, 'named')
    await named.send('y')
    await server.drain()
    const [none, some] = endpoint.received.map(({ headers }) => headers.authorization)
    expect(none).toBe(undefined)
    expect(JSON.parse(Buffer.from(some?.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      aud: endpoint.url,
    })
  })

  it('is acknowledged by 102 and 202, as the documentation says, and by 203 it is not', async () => {
    const { send } = await topicWith()
    const first = new Set<string>()
    answer = ({ body }) => {
      const status = String(parsePush(JSON.parse(body)).data)
      if (first.has(status)) return 204
      first.add(status)
      return Number(status)
    }
    for (const status of ['102', '202', '203']) await send(status)
    await server.drain()
    expect(server.pushes().map((push) => push.answer)).toEqual([102, 202, 203, 204])
  })

  it('comes again when the connection breaks, and when no server answers', async () => {
    const { send, subscription } = await topicWith()
    answer = () => (endpoint.received.length === 1 ? null : 204)
    await send('x')
    await server.drain()
    await subscription.modifyPushConfig({ pushEndpoint: 'http://127.0.0.1:1/' })
    await send('y')
    await server.drain({ until: clock.now() + 5_000 })
    await subscription.modifyPushConfig({ pushEndpoint: endpoint.url })
    await server.drain()
    expect(server.pushes().map((push) => push.answer)).toEqual(['unreachable', 204, 'unreachable', 204])
  })

  it('waits between the minimum and the maximum of its policy, twice as long each time', async () => {
    const { send } = await topicWith()
    answer = () => 503
    await send('x')
    await server.drain({ until: NOW + 60 * MINUTE })
    expect(times().slice(0, 9)).toEqual([0, 10, 30, 70, 150, 310, 630, 1230, 1830])
  })

  it('pauses as a whole without a policy, for a tenth of a second to a minute', async () => {
    const { send } = await topicWith({})
    answer = () => 503
    await send('x')
    await server.drain({ until: NOW + 5 * MINUTE })
    expect(times().slice(0, 5)).toEqual([0, 0.1, 0.3, 0.7, 1.5])
    expect(times().at(-1)! - times().at(-2)!).toBe(60)
  })

  it('starts slowly: one at a time, then more, and half as many after a failure', async () => {
    await pubsub.close()
    await server.close()
    await start({ maxOutstanding: 6 })
    const { send } = await topicWith()
    let underway = 0
    const seen: number[] = []
    answer = async () => {
      seen.push(++underway)
      await new Promise((resolve) => setTimeout(resolve, 5))
      underway--
      return 204
    }
    await Promise.all(Array.from({ length: 40 }, (_, count) => send(String(count))))
    await server.drain()
    expect(seen[0]).toBe(1)
    expect(Math.max(...seen)).toBe(6)
    expect(seen.slice(0, 5).every((count, at) => count <= at + 1)).toBe(true)
  })
})

describe('the acknowledgement deadline', () => {
  it('fault 53: sends a second copy while the handler still works on the first, and does not hear the late answer', async () => {
    const { send } = await topicWith()
    const finish = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    answer = async () => {
      if (endpoint.received.length > 1) return 503
      begun.resolve()
      await finish.promise
      return 204
    }
    await send('slow')
    await begun.promise
    await server.advance(60_000)
    await server.advance(10_000)
    await expect.poll(() => endpoint.received.length).toBe(2)
    finish.resolve()
    await server.drain({ until: clock.now() + 5_000 })
    expect(server.pushes().map((push) => push.answer)).toEqual(['expired', 503])
    expect(server.backlog(subscriptionName('work'))).toMatchObject([{ failures: 2 }])
  })

  it('counts from the push, and an answer within it is heard', async () => {
    const { send } = await topicWith()
    answer = async () => {
      await clock.advance(59_999)
      return 204
    }
    await send('nearly')
    await server.drain()
    expect(server.pushes()).toMatchObject([{ answer: 204, milliseconds: 59_999 }])
  })
})

describe('dead letters', () => {
  it('fault 54: go to their topic after five deliveries, with where they come from', async () => {
    const { send } = await poisonous({ publish: true, subscribe: true })
    answer = () => 500
    const id = await send('poison')
    await server.drain()
    expect(endpoint.received.map(({ body }) => parsePush(JSON.parse(body)).deliveryAttempt)).toEqual([1, 2, 3, 4, 5])
    expect(server.backlog(subscriptionName('work'))).toEqual([])
    const [letter] = deadLetters()
    expect(letter?.data).toBe('"poison"')
    expect(letter?.id).not.toBe(id)
    expect(letter?.attributes).toMatchObject({ CloudPubSubDeadLetterSourceSubscriptionProject: PROJECT })
    expect(deadLetterSource(letter!)).toEqual({ subscription: 'work', deliveries: 5, publishTime: NOW })
  })

  it.each([
    ['no account may forward them', {}],
    ['Pub/Sub may not publish to their topic', { subscribe: true }],
    ['Pub/Sub may not take them from their subscription', { publish: true }],
  ])('fault 55: are delivered forever when %s, and not counted', async (_, grants) => {
    const { send, subscription, topic } = await poisonous(grants)
    answer = () => 500
    await send('poison')
    await server.drain({ until: NOW + 3 * 60 * MINUTE })
    expect(server.pushes().length).toBeGreaterThan(20)
    expect(new Set(server.pushes().map(({ deliveryAttempt }) => deliveryAttempt))).toEqual(new Set([1]))
    expect(deadLetters()).toEqual([])
    const members = [server.serviceAgent]
    const letters = pubsub.topic(`${topic.name}-dead-letter`)
    await letters.iam.setPolicy({ bindings: [{ role: 'roles/pubsub.publisher', members }] })
    await subscription.iam.setPolicy({ bindings: [{ role: 'roles/pubsub.subscriber', members }] })
    await server.drain()
    expect(deadLetters()).toHaveLength(1)
  })

  it('are lost when their topic has no subscription', async () => {
    const { send } = await poisonous({ publish: true, subscribe: true })
    await pubsub.subscription('work-dead-letter').delete()
    answer = () => 500
    await send('poison')
    await server.drain()
    expect(server.backlog(subscriptionName('work'))).toEqual([])
    expect(server.usage('publish').messages).toBe(2)
  })

  it('stay where they are when their topic is deleted', async () => {
    const { send } = await poisonous({ publish: true, subscribe: true })
    await pubsub.topic('work-dead-letter').delete()
    answer = () => 500
    await send('poison')
    await server.drain({ until: NOW + 60 * MINUTE })
    expect(server.backlog(subscriptionName('work'))).toHaveLength(1)
  })
})

describe('policies', () => {
  it('come back as they were set, and refuse a writer who read an older one', async () => {
    const [topic] = await pubsub.createTopic('work')
    const bindings = [{ role: 'roles/pubsub.publisher', members: [server.serviceAgent] }]
    const [empty] = await topic.iam.getPolicy()
    await topic.iam.setPolicy({ bindings })
    const [policy] = await topic.iam.getPolicy()
    expect(policy.bindings).toMatchObject(bindings)
    await expect(topic.iam.setPolicy({ bindings: [], etag: empty.etag ?? '' })).rejects.toMatchObject({ code: 10 })
    await expect(pubsub.topic('nowhere').iam.getPolicy()).rejects.toMatchObject({ code: 5 })
  })
})

describe('faults that can be switched on', () => {
  it('fault 51: five copies of a message, at once', async () => {
    await pubsub.close()
    await server.close()
    await start({ firstOutstanding: 5 })
    const { send } = await topicWith()
    let underway = 0
    let most = 0
    answer = async () => {
      most = Math.max(most, ++underway)
      await new Promise((resolve) => setTimeout(resolve, 20))
      underway--
      return 204
    }
    server.misbehave({ copies: 5 })
    await send('x')
    await server.drain()
    expect(most).toBe(5)
    expect(new Set(server.pushes().map(({ messageId }) => messageId)).size).toBe(1)
  })

  it('fault 52: messages out of order, and six days late', async () => {
    const { send } = await topicWith()
    server.misbehave({ reorder: () => 0.999, delay: () => 6 * DAY })
    for (const text of ['a', 'b', 'c']) await send(text)
    await server.drain()
    expect(endpoint.received.map(({ body }) => parsePush(JSON.parse(body)).data)).toEqual(['c', 'b', 'a'])
    expect(clock.now()).toBe(NOW + 6 * DAY)
  })

  it('an acknowledgement that is lost brings the message again', async () => {
    const { send } = await topicWith()
    server.misbehave({ loseAnswers: 1 })
    await send('x')
    await server.drain()
    expect(server.pushes().map((push) => push.answer)).toEqual(['lost', 204])
  })
})

describe('what time does', () => {
  it('a message is dropped after its retention', async () => {
    const { send } = await topicWith({ ...RETRY, messageRetentionDuration: 3600 })
    answer = () => 503
    const id = await send('x')
    await server.drain({ until: NOW + 2 * 60 * MINUTE })
    expect(server.outdated()).toEqual([id])
    expect(server.backlog(subscriptionName('work'))).toEqual([])
  })

  it('an unused subscription is gone after 31 days, unless it is told to stay', async () => {
    await topicWith()
    await topicWith({ expirationPolicy: {} }, 'stays')
    await server.advance(31 * DAY)
    expect(await pubsub.subscription('work').exists()).toEqual([false])
    expect(await pubsub.subscription('stays').exists()).toEqual([true])
  })
})

describe('what it does not do, it refuses', () => {
  const UNIMPLEMENTED = 12

  it.each([
    ['filters', { filter: 'attributes.kind = "load"' }],
    ['message ordering', { enableMessageOrdering: true }],
    ['exactly-once delivery', { enableExactlyOnceDelivery: true }],
    [
      'pushing without the envelope',
      { pushEndpoint: undefined, pushConfig: { pushEndpoint: 'http://127.0.0.1:9/', noWrapper: {} } },
    ],
    ['an endpoint elsewhere', { pushEndpoint: 'https://worker.example/' }],
  ])('%s', async (_, options) => {
    await expect(topicWith(options)).rejects.toMatchObject({ code: UNIMPLEMENTED })
  })

  it('streaming pull, seek and schemas', async () => {
    const { subscription } = await topicWith()
    await expect(subscription.seek(new Date(NOW))).rejects.toMatchObject({
      code: UNIMPLEMENTED,
      details: 'the local Pub/Sub does not do google.pubsub.v1.Subscriber/Seek',
    })
    await expect(pubsub.createSchema('schema', 'AVRO', '{}')).rejects.toMatchObject({ code: UNIMPLEMENTED })
    const { servicePath = '', port, sslCreds } = await pubsub.getClientConfig()
    const subscriber = new v1.SubscriberClient({
      servicePath,
      port: Number(port),
      ...(sslCreds && { sslCreds }),
      clientOptions: { universeDomain: 'googleapis.com' },
    })
    const stream = subscriber.streamingPull()
    const refused = new Promise((resolve) => stream.on('error', resolve))
    stream.on('data', () => undefined).write({ subscription: subscription.name, streamAckDeadlineSeconds: 10 })
    expect(await refused).toMatchObject({ code: UNIMPLEMENTED })
    await subscriber.close()
  })

  it('more than Pub/Sub takes', async () => {
    const { topic, subscription } = await topicWith()
    await expect(topic.publishMessage({ attributes: { googly: 'x' } })).rejects.toMatchObject({ code: 3 })
    await expect(topic.publishMessage({ attributes: { key: 'x'.repeat(1025) } })).rejects.toMatchObject({ code: 3 })
    await expect(subscription.setMetadata({ ackDeadlineSeconds: 601 })).rejects.toMatchObject({ code: 3 })
    await subscription.setMetadata({ ackDeadlineSeconds: 600 })
    expect((await subscription.getMetadata())[0]).toMatchObject({ ackDeadlineSeconds: 600, pushConfig: {} })
  })
})

it('counts what was asked of it, as it would be billed', async () => {
  const { topic } = await topicWith()
  await topic.publishMessage({ data: Buffer.alloc(1500, 0x31), attributes: { ab: 'cd' } })
  await topic.publishMessage({ data: Buffer.from('1') })
  answer = () => 204
  await server.drain()
  expect(server.usage('publish')).toEqual({ requests: 2, messages: 2, bytes: 1505, billedBytes: 2504 })
  expect(server.usage('push', subscriptionName('work'))).toMatchObject({ requests: 2, messages: 2 })
  expect(server.usage('pull')).toMatchObject({ requests: 0 })
})
