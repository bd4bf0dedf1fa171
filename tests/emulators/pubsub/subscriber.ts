import { z } from 'zod'
import type { Attached, Broker } from './broker.ts'
import type { Policies } from './policies.ts'
import { alreadyExists, notFound } from './publisher.ts'
import { isPush, nameOf, PushConfig, Subscription, subscriptionToWire } from './resources.ts'
import { toWire } from './time.ts'
import { type Meter, sizeOf } from './usage.ts'
import { type Method, Refusal } from './wire.ts'

const SubscriptionRequest = z.object({ subscription: nameOf('subscriptions') })
const AckRequest = SubscriptionRequest.extend({ ackIds: z.array(z.string()).min(1) })

interface Subscribing {
  readonly broker: Broker
  readonly meter: Meter
  readonly policies: Policies
  /** False when no issuer of tokens is there. */
  readonly hasIdentity: boolean
}

/** The service google.pubsub.v1.Subscriber, as far as it is done here. */
export function subscriberMethods(subscribing: Subscribing): Readonly<Record<string, Method>> {
  const { broker, policies } = subscribing
  const find = (request: unknown): Attached => {
    const { subscription } = SubscriptionRequest.parse(request)
    const attached = broker.subscription(subscription)
    if (!attached) throw notFound(subscription)
    return attached
  }
  /** As they were asked for, since only that can be changed member by member. */
  const asked = new Map<string, Readonly<Record<string, unknown>>>()
  return {
    CreateSubscription(request) {
      const config = check(Subscription.parse(request), subscribing)
      if (broker.subscription(config.name)) throw alreadyExists(config.name)
      if (!broker.topics.has(config.topic)) throw notFound(config.topic)
      asked.set(config.name, z.record(z.string(), z.unknown()).parse(request))
      return subscriptionToWire(broker.attach(config).config)
    },
    GetSubscription: (request) => subscriptionToWire(find(request).config),
    UpdateSubscription(request) {
      const { subscription, updateMask } = UpdateRequest.parse(request)
      const attached = find({ subscription: subscription['name'] })
      const { name, topic } = attached.config
      const changes = updateMask.paths.map(toCamel).map((key) => [key, subscription[key]])
      const wanted = { ...asked.get(name), ...Object.fromEntries(changes), name, topic }
      attached.config = check(Subscription.parse(wanted), subscribing)
      asked.set(name, wanted)
      attached.pusher.pump()
      return subscriptionToWire(attached.config)
    },
    ListSubscriptions(request) {
      const { project } = z.object({ project: z.string() }).parse(request)
      const all = broker.subscriptions().filter(({ config }) => config.name.startsWith(`${project}/`))
      return { subscriptions: all.map(({ config }) => subscriptionToWire(config)) }
    },
    DeleteSubscription(request) {
      const { name } = find(request).config
      broker.detach(name)
      policies.forget(name)
      return {}
    },
    ModifyPushConfig(request) {
      const attached = find(request)
      const { pushConfig } = z.object({ pushConfig: PushConfig.nullish() }).parse(request)
      attached.config = check({ ...attached.config, pushConfig }, subscribing)
      attached.pusher.pump()
      return {}
    },
    ...pullMethods(find, subscribing),
  }
}

const UpdateRequest = z.object({
  subscription: z.record(z.string(), z.unknown()),
  updateMask: z.object({ paths: z.array(z.string()).min(1) }),
})

function pullMethods(find: (request: unknown) => Attached, { meter }: Subscribing): Readonly<Record<string, Method>> {
  return {
    Pull(request) {
      const attached = find(request)
      const { backlog, config } = attached
      if (isPush(config))
        throw new Refusal('FAILED_PRECONDITION', 'This method is not supported for this subscription type.')
      const { maxMessages } = z.object({ maxMessages: z.int().positive() }).parse(request)
      const leases = Array.from({ length: maxMessages }, () => backlog.take()).flatMap((lease) => lease ?? [])
      const bytes = leases.reduce((sum, { held }) => sum + sizeOf(held.message), 0)
      meter.count('pull', config.name, { messages: leases.length, bytes })
      const receivedMessages = leases.map(({ ackId, held: { message, counted } }) => ({
        ackId,
        message: {
          data: message.data,
          attributes: message.attributes,
          messageId: message.id,
          publishTime: toWire(message.publishTime),
        },
        ...(config.deadLetterPolicy && { deliveryAttempt: counted + 1 }),
      }))
      return { receivedMessages }
    },
    Acknowledge(request) {
      const { backlog } = find(request)
      for (const ackId of AckRequest.parse(request).ackIds) backlog.ack(ackId)
      return {}
    },
    ModifyAckDeadline(request) {
      const { backlog } = find(request)
      const { ackIds, ackDeadlineSeconds } = AckRequest.extend({ ackDeadlineSeconds: z.int().default(0) }).parse(
        request,
      )
      for (const ackId of ackIds)
        if (ackDeadlineSeconds === 0) backlog.nack(ackId)
        else backlog.extend(ackId, ackDeadlineSeconds)
      return {}
    },
  }
}

function check(config: Subscription, { broker, hasIdentity }: Subscribing): Subscription {
  const { deadLetterPolicy, pushConfig, retryPolicy } = config
  if (deadLetterPolicy && !broker.topics.has(deadLetterPolicy.deadLetterTopic))
    throw notFound(deadLetterPolicy.deadLetterTopic)
  if (retryPolicy && retryPolicy.minimumBackoff > retryPolicy.maximumBackoff)
    throw new Refusal('INVALID_ARGUMENT', 'minimum_backoff must not be greater than maximum_backoff.')
  if (!pushConfig?.pushEndpoint) return config
  if (!/^http:\/\/(127\.0\.0\.1|localhost):\d+\//.test(pushConfig.pushEndpoint))
    throw new Refusal(
      'UNIMPLEMENTED',
      `the local Pub/Sub pushes to this machine only, not to ${pushConfig.pushEndpoint}`,
    )
  if (pushConfig.oidcToken && !hasIdentity)
    throw new Refusal('UNIMPLEMENTED', 'the local Pub/Sub was started without an issuer of tokens')
  return config
}

function toCamel(path: string): string {
  return path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
