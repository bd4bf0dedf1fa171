import type { Message } from '../../functions/pipeline/entities.ts'
import type { Queue } from '../../functions/pipeline/ports.ts'
import type { Chance } from './chance.ts'
import type { Time } from './time.ts'
import type { Watch } from './watch.ts'
import type { Worker } from './worker.ts'

/** How badly Pub/Sub behaves. */
export interface Post {
  /** Probabilities: that a message comes twice, that an acknowledgement is not heard, that a message is days late. */
  twice: number
  unheard: number
  daysLate: number
}

/** Pub/Sub in a few lines: at least once, in any order, a deadline, backoff, and dead letters. */
export interface Topics extends Queue {
  /** Publishes what is no message of the ledger: a tick, an arrival. */
  send(topic: string, data: unknown): void
  /** Messages that have to be brought yet, or are being worked on. */
  underway(): number
  /** How many were given up on. */
  deadLetters(): number
}

export interface TopicsOptions {
  readonly time: Time
  readonly chance: Chance
  readonly post: Post
  readonly workers: () => readonly Worker[]
  readonly watch: Watch
}

const ACK_DEADLINE = 600_000
const ATTEMPTS = 5
// The default of the environment.
const LOAD_WAIT = 300_000
const DAY = 86_400_000

interface Letter {
  readonly id: string
  readonly topic: string
  readonly data: unknown
  readonly attributes: Readonly<Record<string, string>>
  readonly published: number
}

export function createTopics({ time, chance, post, workers, watch }: TopicsOptions): Topics {
  let made = 0
  let underway = 0
  let dead = 0
  const publish = (topic: string, data: unknown, attributes: Record<string, string> = {}) => {
    const letter = { id: String(++made), topic, data, attributes, published: time.now() }
    for (let copies = chance.is(post.twice) ? 2 : 1; copies > 0; copies--) {
      const late = chance.is(post.daysLate) ? chance.integer(DAY, 6 * DAY) : 0
      underway++
      time.at(time.now() + chance.latency(300) + late, () => void deliver(letter, 1))
    }
  }
  const deliver = async (letter: Letter, attempt: number) => {
    const answered = attemptOf(letter, attempt)
    const status = await Promise.race([answered, time.sleep(ACK_DEADLINE).then(() => 0)])
    const isHeard = status >= 200 && status < 300 && !chance.is(post.unheard)
    if (isHeard) return void underway--
    const isDead = letter.topic !== 'dead-letter' && attempt >= ATTEMPTS
    if (isDead) {
      dead++
      underway--
      return publish('dead-letter', letter.data, {
        CloudPubSubDeadLetterSourceSubscription: letter.topic,
        CloudPubSubDeadLetterSourceDeliveryCount: String(attempt),
      })
    }
    const backoff = Math.min(600_000, 10_000 * 2 ** (attempt - 1))
    time.at(time.now() + backoff, () => void deliver(letter, attempt + 1))
  }
  const attemptOf = async (letter: Letter, attempt: number): Promise<number> => {
    const alive = workers().filter((worker) => worker.isAlive())
    if (alive.length === 0) return 503
    const answer = await chance
      .one(alive)
      .send({ method: 'POST', path: `/${letter.topic}`, body: bodyOf(letter, attempt) })
    if (answer?.status === 204) watch.acknowledged(letter)
    return answer?.status ?? 0
  }
  return {
    can: { delay: false },
    loadWait: LOAD_WAIT,
    async publish(messages) {
      for (const { id, work } of messages) publish(work.kind, { messageId: id }, { kind: work.kind })
    },
    send: (topic, data) => publish(topic, data),
    underway: () => underway,
    deadLetters: () => dead,
  }
}

function bodyOf({ id, topic, data, attributes, published }: Letter, attempt: number) {
  return {
    message: {
      messageId: id,
      publishTime: new Date(published).toISOString(),
      data: Buffer.from(JSON.stringify(data)).toString('base64'),
      attributes,
    },
    subscription: `projects/simulated/subscriptions/${topic}`,
    deliveryAttempt: attempt,
  }
}

export type { Letter, Message }
