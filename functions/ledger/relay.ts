import { isFromTheFuture } from '../lib/from-the-future.ts'
import { type Instant, isWaiting, type Message } from '../pipeline/entities.ts'
import type { Ledger, Queue } from '../pipeline/ports.ts'

interface Relay {
  readonly ledger: Pick<Ledger, 'messages'>
  readonly queue: Pick<Queue, 'publish'>
  readonly now: () => Instant
  /** Leaves out messages younger than so many milliseconds: they are on their way. */
  readonly minimumAge?: number
  /** Leaves out messages whose delivery has failed before: a queue that outlives its workers still has them. */
  readonly untriedOnly?: boolean
}

// What one request of a queue service takes at a time.
const BATCH = 1000

/**
 * Sends every message that is on record and not done, except loads that wait: after a restart, all that a crash between "state written" and
 * "message sent" may have kept back. A damaged row is left out. A message that was sent before is sent twice, which is safe. Answers how many were sent.
 */
export async function relay(options: Relay): Promise<number> {
  const { ledger, queue, now, minimumAge = 0, untriedOnly = false } = options
  const latest = now() - minimumAge
  const pending = await ledger.messages({ states: ['pending'], undamaged: true })
  // One that a clock ahead of ours has recorded is due when it is found.
  const isEarly = ({ createdAt }: Message) => isFromTheFuture(createdAt, now())
  const isLost = (message: Message) =>
    !isWaiting(message) && (message.createdAt <= latest || isEarly(message)) && !(untriedOnly && message.attempts > 0)
  const messages = pending
    .filter(isLost)
    .map((message) => (isEarly(message) ? { ...message, notBefore: now() } : message))
  for (const batch of inBatches(messages)) await queue.publish(batch)
  return messages.length
}

function* inBatches(messages: readonly Message[]): Generator<readonly Message[]> {
  for (let start = 0; start < messages.length; start += BATCH) yield messages.slice(start, start + BATCH)
}
