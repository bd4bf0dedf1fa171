import { PubSub, v1 } from '@google-cloud/pubsub'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { messageIdOf, parsePush } from '../../functions/adapters/pubsub/envelope.ts'
import { openPubsubQueue } from '../../functions/adapters/pubsub/queue.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { byKind } from '../../functions/pipeline/work/kinds.ts'
import { aMessage } from '../support/ledger-rows.ts'
import { type PushEndpoint, startPushEndpoint } from '../support/push-endpoint.ts'

export interface PubsubFixture {
  /** `host:port`. */
  readonly endpoint: string
  /** Lets time pass until it is so. */
  until(isSo: () => boolean): Promise<void>
  close(): Promise<void>
}

const PROJECT = 'daybreak-test'

/** Behaviour that our Pub/Sub and Google's emulator of it have in common. Run against both, so that ours is no invention. */
export function testPubsub(start: () => Promise<PubsubFixture>): void {
  let fixture: PubsubFixture
  let pubsub: PubSub
  let subscriber: v1.SubscriberClient
  beforeAll(async () => {
    fixture = await start()
    const client = { apiEndpoint: fixture.endpoint, emulatorMode: true, projectId: PROJECT }
    pubsub = new PubSub({ ...client, clientOptions: { universeDomain: 'googleapis.com' } })
    const { servicePath = '', port, sslCreds } = await pubsub.getClientConfig()
    subscriber = new v1.SubscriberClient({
      servicePath,
      port: Number(port),
      ...(sslCreds && { sslCreds }),
      clientOptions: { universeDomain: 'googleapis.com' },
    })
  })
  afterAll(async () => {
    await subscriber.close()
    await pubsub.close()
    await fixture.close()
  })
  let endpoint: PushEndpoint | undefined
  afterEach(() => endpoint?.close())

  /** A topic with a subscription that pushes to a handler. */
  const pushing = async (name: string, handler: (body: string) => number) => {
    endpoint = await startPushEndpoint(({ body }) => handler(body))
    const [topic] = await pubsub.createTopic(name)
    await topic.createSubscription(name, {
      pushEndpoint: endpoint.url,
      ackDeadlineSeconds: 10,
      retryPolicy: { minimumBackoff: { seconds: 1 }, maximumBackoff: { seconds: 2 } },
    })
    return { topic, endpoint }
  }
  const refusal = (call: () => Promise<unknown>) =>
    call().then(
      () => 'no refusal',
      (error: { code?: number }) => error.code,
    )

  it('takes what the queue publishes, and pushes it as the envelope’s parser expects it', async () => {
    const name = 'published'
    const { endpoint } = await pushing(name, () => 204)
    const topics = byKind(() => name)
    const clock = createVirtualClock({ now: Date.now() })
    const queue = openPubsubQueue({
      project: PROJECT,
      topics,
      clock,
      log: () => undefined,
      random: () => 0,
      endpoint: fixture.endpoint,
    })
    await queue.publish(['m1', 'm2'].map((id) => aMessage({ id, notBefore: 0 })))
    await fixture.until(() => endpoint.received.length >= 2)
    await queue.close()
    const pushes = endpoint.received.map(({ body }) => parsePush(JSON.parse(body)))
    expect(pushes.map(messageIdOf).toSorted()).toEqual(['m1', 'm2'])
    expect(new Set(pushes.map(({ id }) => id)).size).toBe(2)
    expect(pushes[0]).toMatchObject({
      kind: 'ingest',
      subscription: `projects/${PROJECT}/subscriptions/${name}`,
      attributes: { kind: 'ingest', pipeline: 'toast' },
      deliveryAttempt: null,
    })
    const [received] = endpoint.received
    expect(received?.headers['content-type']).toContain('application/json')
    const { message } = JSON.parse(received?.body ?? '')
    expect(message).toMatchObject({ message_id: message.messageId, publish_time: message.publishTime })
    expect(message.publishTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  })

  it('pushes a message that has attributes and no data', async () => {
    const { topic, endpoint } = await pushing('empty', () => 204)
    await topic.publishMessage({ attributes: { eventType: 'OBJECT_FINALIZE' } })
    await fixture.until(() => endpoint.received.length >= 1)
    expect(parsePush(JSON.parse(endpoint.received[0]?.body ?? ''))).toMatchObject({
      data: null,
      attributes: { eventType: 'OBJECT_FINALIZE' },
    })
  })

  // The documentation acknowledges by 202 and not by 203; Google's emulator has it the other way round. We answer neither.
  it('takes 200, 201 and 204 for an acknowledgement, and pushes again after everything else', async () => {
    const acknowledged = [200, 201, 204]
    const refused = [205, 206, 301, 302, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504]
    const pushes = new Map<number, number>()
    const { topic, endpoint } = await pushing('codes', (body) => {
      const status = Number(parsePush(JSON.parse(body)).data)
      pushes.set(status, (pushes.get(status) ?? 0) + 1)
      return pushes.get(status) === 1 ? status : 204
    })
    for (const status of [...acknowledged, ...refused])
      await topic.publishMessage({ data: Buffer.from(String(status)) })
    await fixture.until(() => endpoint.received.length >= acknowledged.length + 2 * refused.length)
    expect(acknowledged.map((status) => pushes.get(status))).toEqual(acknowledged.map(() => 1))
    expect(refused.map((status) => pushes.get(status))).toEqual(refused.map(() => 2))
  })

  it('hands messages to a puller, and again unless they are acknowledged', async () => {
    const [topic] = await pubsub.createTopic('pulled')
    const [subscription] = await topic.createSubscription('pulled')
    await topic.publishMessage({ data: Buffer.from('one'), attributes: { kind: 'x' } })
    const pull = async () => {
      const [{ receivedMessages = [] }] = await subscriber.pull({ subscription: subscription.name, maxMessages: 10 })
      return receivedMessages ?? []
    }
    const [first] = await pull()
    expect(first?.message).toMatchObject({ attributes: { kind: 'x' }, data: Buffer.from('one') })
    const ackIds = [first?.ackId ?? '']
    await subscriber.modifyAckDeadline({ subscription: subscription.name, ackIds, ackDeadlineSeconds: 0 })
    let again = await pull()
    while (again.length === 0) again = await pull()
    expect(again[0]?.message?.messageId).toBe(first?.message?.messageId)
    await subscriber.acknowledge({ subscription: subscription.name, ackIds: [again[0]?.ackId ?? ''] })
  })

  it('answers what it was given', async () => {
    const [deadLetters] = await pubsub.createTopic('given-dead-letter')
    const [topic] = await pubsub.createTopic('given')
    await topic.createSubscription('given', {
      pushEndpoint: 'http://127.0.0.1:9/push',
      ackDeadlineSeconds: 600,
      expirationPolicy: {},
      retryPolicy: { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 600 } },
      deadLetterPolicy: { deadLetterTopic: deadLetters.name, maxDeliveryAttempts: 7 },
    })
    const [metadata] = await pubsub.subscription('given').getMetadata()
    expect(metadata).toMatchObject({
      name: `projects/${PROJECT}/subscriptions/given`,
      topic: topic.name,
      ackDeadlineSeconds: 600,
      pushConfig: { pushEndpoint: 'http://127.0.0.1:9/push' },
      deadLetterPolicy: { deadLetterTopic: deadLetters.name, maxDeliveryAttempts: 7 },
      messageRetentionDuration: { seconds: '604800' },
    })
    expect(metadata.retryPolicy?.maximumBackoff?.seconds).toBe('600')
    await pubsub.subscription('given').modifyPushConfig({ pushEndpoint: 'http://127.0.0.1:9/other' })
    const [changed] = await pubsub.subscription('given').getMetadata()
    expect(changed.pushConfig?.pushEndpoint).toBe('http://127.0.0.1:9/other')
    const [subscriptions] = await topic.getSubscriptions()
    expect(subscriptions.map(({ name }) => name)).toEqual([`projects/${PROJECT}/subscriptions/given`])
    await pubsub.subscription('given').delete()
    await topic.delete()
    expect(await pubsub.topic('given').exists()).toEqual([false])
  })

  it('refuses with the statuses of Google', async () => {
    const [topic] = await pubsub.createTopic('refusals')
    const deadLetterTopic = topic.name
    const subscribe = (options: object) => () => pubsub.createSubscription('refusals', 'refused', options)
    const NOT_FOUND = 5
    const ALREADY_EXISTS = 6
    const INVALID_ARGUMENT = 3
    const cases: Record<string, readonly [() => Promise<unknown>, number]> = {
      'a topic twice': [() => pubsub.createTopic('refusals'), ALREADY_EXISTS],
      'a name that is too short': [() => pubsub.createTopic('ab'), INVALID_ARGUMENT],
      'a name that begins with a digit': [() => pubsub.createTopic('1abc'), INVALID_ARGUMENT],
      'no topic': [() => pubsub.topic('nowhere').publishMessage({ data: Buffer.from('x') }), NOT_FOUND],
      'an empty message': [() => topic.publishMessage({ data: Buffer.alloc(0) }), INVALID_ARGUMENT],
      'no topic to subscribe to': [() => pubsub.createSubscription('nowhere', 'refused'), NOT_FOUND],
      'no topic for dead letters': [
        subscribe({ deadLetterPolicy: { deadLetterTopic: `${deadLetterTopic}-no`, maxDeliveryAttempts: 5 } }),
        NOT_FOUND,
      ],
      'a backoff that is too long': [
        subscribe({ retryPolicy: { minimumBackoff: { seconds: 700 } } }),
        INVALID_ARGUMENT,
      ],
      'no subscription': [() => pubsub.subscription('nowhere').getMetadata(), NOT_FOUND],
    }
    for (const [name, [call, status]] of Object.entries(cases)) expect(await refusal(call), name).toBe(status)
  })
}
