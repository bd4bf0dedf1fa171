import { type Backlog, createBacklog, type Held, type Published } from './backlog.ts'
import { deadLetterOf, type Policing, pauseAfter } from './failure.ts'
import type { Faults } from './faults.ts'
import { createPusher, type Pusher, type PusherOptions, type PushRecord } from './push.ts'
import { lifetimeOf, type Subscription, type Topic } from './resources.ts'
import type { Timers } from './time.ts'
import { type Meter, sizeOf } from './usage.ts'

/** A subscription at work. */
export interface Attached {
  config: Subscription
  readonly backlog: Backlog
  readonly pusher: Pusher
  lastUsed: number
}

export interface BrokerOptions extends Pick<PusherOptions, 'post' | 'token' | 'maxOutstanding' | 'firstOutstanding'> {
  readonly timers: Timers
  readonly faults: Faults
  readonly meter: Meter
  /** True when Pub/Sub's own account may forward the dead letters of the subscription. */
  readonly mayForward: (policing: Policing) => boolean
}

/** Topics, subscriptions and the messages between them. */
export interface Broker {
  readonly topics: Map<string, Topic>
  /** Those that have not expired. */
  subscription(name: string): Attached | undefined
  subscriptions(): readonly Attached[]
  attach(config: Subscription): Attached
  detach(name: string): void
  /** Gives messages to all subscriptions of a topic, and answers their ids. */
  publish(topic: string, messages: readonly Pick<Published, 'data' | 'attributes'>[]): readonly string[]
  /** Pushes, oldest first. */
  readonly pushes: readonly PushRecord[]
  /** Messages that were kept for longer than the retention, by id. */
  readonly outdated: readonly string[]
  /** Resolves when the next push has ended. */
  nextPush(): Promise<void>
}

// Google's ids are numbers of sixteen digits and more; all that is promised is that they differ within a topic.
const FIRST_ID = 2_070_443_601_311_540

export function createBroker(options: BrokerOptions): Broker {
  const { timers, faults, meter } = options
  const topics = new Map<string, Topic>()
  const attached = new Map<string, Attached>()
  const pushes: PushRecord[] = []
  const outdated: string[] = []
  const waiting = new Set<() => void>()
  let ids = 0

  const publish: Broker['publish'] = (topic, messages) => {
    meter.count('publish', topic, {
      messages: messages.length,
      bytes: messages.reduce((sum, each) => sum + sizeOf(each), 0),
    })
    const published = messages.map((message) => ({
      ...message,
      id: String(FIRST_ID + ids++),
      publishTime: timers.now(),
    }))
    for (const { config, backlog, pusher } of attached.values()) {
      if (config.topic !== topic) continue
      for (const message of published)
        for (let copy = 0; copy < faults.copies(); copy++)
          backlog.add(message, { copy, delay: faults.delay(message.attributes) })
      pusher.pump()
    }
    return published.map(({ id }) => id)
  }
  const afterFailure = (held: Held, { config }: Attached): Held | null => {
    const { deadLetterPolicy } = config
    const policing =
      deadLetterPolicy && topics.has(deadLetterPolicy.deadLetterTopic) ? { config, deadLetterPolicy } : null
    const counted = policing && options.mayForward(policing) ? held.counted + 1 : held.counted
    const failed = { ...held, counted, failures: held.failures + 1 }
    if (policing && counted > held.counted && counted >= policing.deadLetterPolicy.maxDeliveryAttempts) {
      publish(policing.deadLetterPolicy.deadLetterTopic, [deadLetterOf(failed, config)])
      return null
    }
    return { ...failed, dueAt: timers.now() + pauseAfter(failed.failures, config) }
  }
  const record = (push: PushRecord) => {
    pushes.push(push)
    meter.count('push', push.subscription, { messages: 1, bytes: push.bytes })
  }
  const detach = (name: string) => {
    attached.get(name)?.pusher.close()
    attached.get(name)?.backlog.close()
    attached.delete(name)
  }
  const subscription = (name: string) => {
    const found = attached.get(name)
    if (found && found.lastUsed + lifetimeOf(found.config) <= timers.now()) detach(name)
    return attached.get(name)
  }
  return {
    topics,
    subscription,
    subscriptions: () => [...attached.keys()].flatMap((name) => subscription(name) ?? []),
    attach(config) {
      const self: Attached = {
        config,
        lastUsed: timers.now(),
        backlog: createBacklog({
          timers,
          config: () => self.config,
          choose: faults.choose,
          afterFailure: (held) => afterFailure(held, self),
          onOutdated: ({ id }) => outdated.push(id),
        }),
        get pusher() {
          return pusher
        },
      }
      const pusher = createPusher({
        ...options,
        backlog: self.backlog,
        config: () => self.config,
        loses: faults.losesAnswer,
        onEnd() {
          for (const wake of waiting) wake()
          waiting.clear()
        },
        record(push) {
          self.lastUsed = timers.now()
          record(push)
        },
      })
      attached.set(config.name, self)
      return self
    },
    detach,
    publish,
    pushes,
    outdated,
    nextPush: () => new Promise((resolve) => waiting.add(resolve)),
  }
}
