import type { Backlog, Held, Lease } from './backlog.ts'
import { ACKNOWLEDGEMENTS, type Answer, type PushRequest } from './post.ts'
import type { Subscription } from './resources.ts'
import type { Timers } from './time.ts'

/** One push request, as it went. */
export interface PushRecord {
  readonly subscription: string
  readonly messageId: string
  /** Number of the attempt, as the endpoint gets it; null when the subscription has no dead letter policy. */
  readonly deliveryAttempt: number | null
  readonly at: number
  readonly milliseconds: number
  /** `lost`: the endpoint acknowledged, and Pub/Sub was made not to hear it. */
  readonly answer: Answer | 'lost'
  readonly bytes: number
}

export interface PusherOptions {
  readonly backlog: Backlog
  readonly timers: Timers
  readonly config: () => Subscription
  readonly post: (request: PushRequest) => Promise<Answer>
  readonly token: (subscription: Subscription) => string | undefined
  /** True when the next acknowledgement is to be lost. */
  readonly loses: () => boolean
  /** Requests at a time at most. */
  readonly maxOutstanding: number
  /** Requests at a time to begin with. */
  readonly firstOutstanding: number
  readonly record: (push: PushRecord) => void
  /** Told when a request has ended, and what follows from it is done. */
  readonly onEnd: () => void
}

/** Pushes the messages of one subscription to its endpoint. */
export interface Pusher {
  /** Sends what is due and fits in. To be called whenever something may have changed. */
  pump(): void
  /** Requests under way. */
  underway(): number
  close(): void
}

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 60_000

/**
 * Few requests at first, one more at a time with every acknowledgement, half as many after a failure: Pub/Sub's slow start.
 * A subscription without a retry policy pauses as a whole after failures, for a tenth of a second to a minute.
 */
export function createPusher(options: PusherOptions): Pusher {
  const { backlog, timers, config, maxOutstanding, onEnd } = options
  const closed = new AbortController()
  let window = options.firstOutstanding
  let underway = 0
  let pause = 0
  let pausedUntil = 0
  let disarm: () => void = () => undefined

  const pump = () => {
    disarm()
    if (closed.signal.aborted || !config().pushConfig?.pushEndpoint) return
    while (underway < window && timers.now() >= pausedUntil) if (!start()) break
    const next = backlog.nextAt()
    if (next !== null && underway < window) disarm = timers.at(Math.max(next, pausedUntil), pump)
  }
  const start = (): boolean => {
    const deadline = new AbortController()
    const lease = backlog.take(() => deadline.abort())
    if (!lease) return false
    underway++
    void push(lease, AbortSignal.any([deadline.signal, closed.signal]), options).then((acknowledged) => {
      underway--
      if (acknowledged) succeed()
      else fail()
      pump()
      onEnd()
    })
    return true
  }
  const succeed = () => {
    window = Math.min(maxOutstanding, window + 1)
    pause = 0
  }
  const fail = () => {
    window = Math.max(1, Math.floor(window / 2))
    if (config().retryPolicy) return
    pause = Math.min(LONGEST_PAUSE, pause === 0 ? FIRST_PAUSE : pause * 2)
    pausedUntil = timers.now() + pause
  }
  return {
    pump,
    underway: () => underway,
    close() {
      disarm()
      closed.abort()
    },
  }
}

async function push({ ackId, held }: Lease, signal: AbortSignal, options: PusherOptions): Promise<boolean> {
  const { backlog, timers, config, post, token, loses, record } = options
  const at = timers.now()
  const subscription = config()
  const deliveryAttempt = subscription.deadLetterPolicy ? held.counted + 1 : null
  const body = envelope(held, { subscription: subscription.name, deliveryAttempt })
  const bearer = token(subscription)
  const url = subscription.pushConfig?.pushEndpoint ?? ''
  const answer = await post({ url, body, signal, ...(bearer && { token: bearer }) })
  // Time may have been moved while the endpoint worked: a deadline that is over by now was over before the answer.
  timers.run()
  const inTime = !signal.aborted
  const lost = inTime && ACKNOWLEDGEMENTS.has(answer) && loses()
  const acknowledged = inTime && !lost && ACKNOWLEDGEMENTS.has(answer) && backlog.ack(ackId)
  if (!acknowledged) backlog.nack(ackId)
  record({
    subscription: subscription.name,
    messageId: held.message.id,
    deliveryAttempt,
    at,
    milliseconds: timers.now() - at,
    answer: lost ? 'lost' : inTime ? answer : 'expired',
    bytes: Buffer.byteLength(body),
  })
  return acknowledged
}

/** The body of a push request, wrapped, as Pub/Sub writes it. */
function envelope(
  { message: { id, publishTime, data, attributes } }: Held,
  { subscription, deliveryAttempt }: { subscription: string; deliveryAttempt: number | null },
): string {
  const time = new Date(publishTime).toISOString()
  return JSON.stringify({
    ...(deliveryAttempt !== null && { deliveryAttempt }),
    message: {
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(data.length > 0 && { data: Buffer.from(data).toString('base64') }),
      messageId: id,
      message_id: id,
      publishTime: time,
      publish_time: time,
    },
    subscription,
  })
}
