import type { Queue } from '../../../pipeline/ports.ts'
import { createBacklog, type Entry } from './backlog.ts'
import { createBell } from './bell.ts'
import type { MessageHandler, Redelivery } from './delivery.ts'
import { type DrainOptions, type DrainResult, drain } from './drain.ts'

/** Concurrency and rules of a queue in this process. */
export interface LocalQueueOptions extends Redelivery {
  /** Deliveries at a time; 2 unless told. */
  readonly concurrency?: number
  /** Milliseconds that a load waits at most in the ledger; five minutes unless told. The queue itself makes nothing of it. */
  readonly loadWait?: number
  /** Deliveries that a published message becomes: one, as it is, unless told. */
  readonly admit?: (entry: Entry) => readonly Entry[]
  /** Chooses from so many deliveries that are due; null, and always unless told, leaves the choice to the rules. */
  readonly pick?: (due: number) => number | null
}

/** A queue in this process that redelivers as a push subscription does: at least once, with backoff and dead letter. */
export interface LocalQueue extends Queue {
  /** Delivers until nothing is left, waiting with the clock for what is due later. One call at a time. */
  drain(handler: MessageHandler, options?: DrainOptions): Promise<DrainResult>
  /** Messages that wait now. */
  size(): number
}

/** Creates an empty queue. It remembers nothing: the ledger's messages are the truth, and `relay` sends them again. */
export function openLocalQueue(options: LocalQueueOptions): LocalQueue {
  const { clock, concurrency = 2, loadWait = 5 * 60_000 } = options
  const { admit = (entry: Entry) => [entry], pick = () => null } = options
  const backlog = createBacklog({ pick })
  const bell = createBell(clock)
  return {
    can: { delay: true },
    loadWait,
    async publish(messages) {
      for (const message of messages) {
        const entry = { key: message.id, message, failures: message.attempts, dueAt: message.notBefore }
        for (const admitted of admit(entry)) backlog.add(admitted)
      }
      bell.ring()
    },
    drain: (handler, drainOptions) => drain({ ...options, ...drainOptions, concurrency, backlog, bell, handler }),
    size: backlog.size,
  }
}
