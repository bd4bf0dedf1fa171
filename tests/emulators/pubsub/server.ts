import type { IdentityServer } from '../identity/server.ts'
import { type Broker, createBroker } from './broker.ts'
import { createFaults, type PubsubFaults } from './faults.ts'
import { createPolicies } from './policies.ts'
import { createPost } from './post.ts'
import { publisherMethods } from './publisher.ts'
import type { PushRecord } from './push.ts'
import type { Subscription } from './resources.ts'
import { subscriberMethods } from './subscriber.ts'
import { createTimers, type MovableClock, type Timers } from './time.ts'
import { createMeter, type Meter } from './usage.ts'
import { listen } from './wire.ts'

export interface PubsubServerOptions {
  /** Signs the tokens that pushes carry. */
  readonly identity?: Pick<IdentityServer, 'token'>
  /** Deadlines and pauses pass when this is moved, by `advance` and `drain`; without it they take their time. */
  readonly clock?: MovableClock
  /** Pushes of a subscription at a time at most, once it has speeded up; a thousand unless told. */
  readonly maxOutstanding?: number
  /** And before that; one unless told. */
  readonly firstOutstanding?: number
  /** Names Pub/Sub's own account. */
  readonly projectNumber?: string
}

/** A message that a subscription still has to bring. */
export interface Waiting {
  readonly id: string
  readonly data: string
  readonly attributes: Readonly<Record<string, string>>
  readonly failures: number
  readonly dueAt: number
}

/** Pub/Sub on this machine. */
export interface PubsubServer {
  /** `host:port`, for the client libraries. */
  readonly endpoint: string
  /** The account that forwards dead letters, as a member of a policy. */
  readonly serviceAgent: string
  /** Moves the clock, and does what becomes due on the way. */
  advance(milliseconds: number): Promise<void>
  /** Moves the clock until nothing is left to be pushed, or to an instant. Needs endpoints that answer. */
  drain(options?: { readonly until?: number }): Promise<void>
  /** Begins to misbehave; an empty object ends it. */
  misbehave(faults: PubsubFaults): void
  /** Pushes, oldest first. */
  pushes(): readonly PushRecord[]
  /** Messages that a subscription, by its full name, still has to deliver. */
  backlog(subscription: string): readonly Waiting[]
  /** Ids of messages that were dropped because they were kept for longer than the retention. */
  outdated(): readonly string[]
  readonly usage: Meter['usage']
  close(): Promise<void>
}

const PUBLISHERS = ['roles/pubsub.publisher', 'roles/pubsub.editor', 'roles/pubsub.admin']
const SUBSCRIBERS = ['roles/pubsub.subscriber', 'roles/pubsub.editor', 'roles/pubsub.admin']
// More pushes than any test means to wait for: a message that fails for ever, most likely.
const TOO_MANY = 20_000

/** Starts Pub/Sub on a free port of this machine. It keeps everything in memory, and lets every caller do everything. */
export async function startPubsubServer(options: PubsubServerOptions = {}): Promise<PubsubServer> {
  const { identity, clock, maxOutstanding = 1000, firstOutstanding = 1, projectNumber = '123456789012' } = options
  const serviceAgent = `serviceAccount:service-${projectNumber}@gcp-sa-pubsub.iam.gserviceaccount.com`
  const timers = createTimers(clock)
  const faults = createFaults()
  const meter = createMeter()
  const post = createPost()
  const policies = createPolicies((name) => broker.topics.has(name) || broker.subscription(name) !== undefined)
  const broker: Broker = createBroker({
    timers,
    faults,
    meter,
    maxOutstanding,
    firstOutstanding,
    post: post.post,
    token: (subscription) => tokenFor(subscription, identity),
    mayForward: ({ config, deadLetterPolicy }) =>
      policies.allows(deadLetterPolicy.deadLetterTopic, serviceAgent, PUBLISHERS) &&
      policies.allows(config.name, serviceAgent, SUBSCRIBERS),
  })
  const wire = await listen({
    'google.pubsub.v1.Publisher': publisherMethods({ broker, faults, policies }),
    'google.pubsub.v1.Subscriber': subscriberMethods({ broker, meter, policies, hasIdentity: identity !== undefined }),
    'google.iam.v1.IAMPolicy': policies.methods,
  })
  const moveTo = async (instant: number) => {
    if (!clock) throw new Error('this Pub/Sub runs on the clock of the machine, which no test moves')
    for (let next = timers.next(); next !== null && next <= instant; next = timers.next()) {
      await clock.set(next)
      timers.run()
    }
    await clock.set(instant)
  }

  return {
    endpoint: `127.0.0.1:${wire.port}`,
    serviceAgent,
    advance: (milliseconds) => moveTo(timers.now() + milliseconds),
    drain: ({ until = Number.POSITIVE_INFINITY } = {}) => drain({ broker, timers, until, ...(clock && { clock }) }),
    misbehave: faults.set,
    pushes: () => broker.pushes,
    backlog: (name) =>
      (broker.subscription(name)?.backlog.list() ?? []).map(({ message, failures, dueAt }) => ({
        id: message.id,
        data: Buffer.from(message.data).toString('utf8'),
        attributes: message.attributes,
        failures,
        dueAt,
      })),
    outdated: () => broker.outdated,
    usage: meter.usage,
    async close() {
      timers.close()
      for (const { config } of broker.subscriptions()) broker.detach(config.name)
      post.close()
      await wire.close()
    },
  }
}

function tokenFor({ pushConfig }: Subscription, identity: PubsubServerOptions['identity']): string | undefined {
  const { oidcToken, pushEndpoint } = pushConfig ?? {}
  if (!oidcToken || !identity) return undefined
  return identity.token({ aud: oidcToken.audience || pushEndpoint, email: oidcToken.serviceAccountEmail })
}

interface Draining {
  readonly broker: Broker
  readonly timers: Timers
  readonly clock?: MovableClock
  readonly until: number
}

async function drain({ broker, timers, clock, until }: Draining): Promise<void> {
  const pushing = () => broker.subscriptions().filter(({ config }) => config.pushConfig?.pushEndpoint)
  for (const enough = broker.pushes.length + TOO_MANY; broker.pushes.length < enough; ) {
    const left = pushing().reduce((sum, { backlog }) => sum + backlog.list().length, 0)
    const underway = pushing().reduce((sum, { pusher }) => sum + pusher.underway(), 0)
    if (left === 0 && underway === 0) return
    const next = timers.next()
    if (underway > 0 || !clock) {
      await broker.nextPush()
      continue
    }
    if (next === null || next > until) return Number.isFinite(until) ? await clock.set(until) : undefined
    await clock.set(next)
    timers.run()
  }
  throw new Error(`${TOO_MANY} pushes were made, and there was still something to push`)
}
