import type { Message } from '../../../pipeline/entities.ts'
import type { Queue } from '../../../pipeline/ports.ts'
import { joinKeyOf } from '../../../pipeline/work/kinds.ts'
import { createBacklog, type Entry } from './backlog.ts'
import { createBell } from './bell.ts'
import type { MessageHandler, Redelivery } from './delivery.ts'
import { type DrainOptions, type DrainResult, drain } from './drain.ts'

/** Concurrency and rules of a queue in this process. */
export interface LocalQueueOptions extends Redelivery {
  /** Deliveries at a time; 2 unless told. */
  readonly concurrency?: number
  /** Milliseconds that a `load` waits at most for `ingest` messages of its run and date, so that a partition is loaded once. */
  readonly holdLoads?: number
  /** Messages of the same group are delivered together, if they wait at the same time, and never at once. */
  readonly groupOf?: (message: Message) => string | null
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

/** All loads of one partition, as `groupOf`: whichever comes first loads the newest manifest, which serves them all. */
export function partitionOf({ work }: Message): string | null {
  return joinKeyOf(work)
}

/** Creates an empty queue. It remembers nothing: the ledger's messages are the truth, and `relay` sends them again. */
export function createLocalQueue(options: LocalQueueOptions): LocalQueue {
  const { clock, concurrency = 2, groupOf = () => null, holdLoads = 60_000 } = options
  const { admit = (entry: Entry) => [entry], pick = () => null } = options
  const backlog = createBacklog({ groupOf, holdLoads, pick })
  const bell = createBell(clock)
  return {
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
