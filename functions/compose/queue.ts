import { createLocalQueue, type LocalQueue, partitionOf } from '../adapters/local/queue/queue.ts'
import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import type { Message, Run } from '../pipeline/entities.ts'
import type { Clock, Log, Ports, Queue } from '../pipeline/ports.ts'
import { deadLetter, handle, type Worker } from '../pipeline/work/handle.ts'
import { countDelivery, isTerminal } from '../pipeline/work/record.ts'
import { googleOf } from './google.ts'

/** A queue, and how work on it is brought to its end. */
export interface OpenQueue {
  readonly queue: Queue
  /** Works, or lets others work, until the run is over, the queue is empty, or the signal aborts. */
  drive(run: Run, worker: Worker): Promise<void>
  /** Works on messages of this process until the signal aborts; null where they are pushed over HTTP. */
  readonly work: ((worker: Worker, signal: AbortSignal) => Promise<void>) | null
  close(): Promise<void>
}

interface QueueOptions {
  readonly clock: Clock
  readonly log: Log
}

/** Queue of an environment: one in this process or Pub/Sub. */
export async function openQueue(project: Project, options: QueueOptions): Promise<OpenQueue> {
  const { queue } = project.environment
  if (queue.kind === 'local') return overLocal(createLocal(project, options), queue.max_attempts)
  const { createPubsubQueue } = await import('../adapters/pubsub/queue.ts')
  const { project: id, endpoints } = googleOf(project)
  const pubsub = createPubsubQueue({
    project: id,
    topics: queue.topics,
    ...(endpoints?.pubsub && { endpoint: endpoints.pubsub }),
    random: Math.random,
    holdLoads: toMilliseconds(queue.hold_loads),
    ...options,
  })
  return { queue: pubsub, drive: watch, work: null, close: () => pubsub.close() }
}

function createLocal({ environment }: Project, { clock, log }: QueueOptions): LocalQueue {
  const { engine, queue } = environment
  if (queue.kind !== 'local') throw new DaybreakError('INTERNAL', `the queue is of the kind ${queue.kind}`)
  return createLocalQueue({
    clock,
    log,
    random: Math.random,
    maxAttempts: queue.max_attempts,
    minBackoff: toMilliseconds(queue.min_backoff),
    maxBackoff: toMilliseconds(queue.max_backoff),
    // One more than transform, so that a partition is loaded beside them.
    concurrency: engine.lanes + 1,
    groupOf: partitionOf,
  })
}

function overLocal(queue: LocalQueue, maxAttempts: number): OpenQueue {
  const drain = async (worker: Worker, options: { signal?: AbortSignal; keepOpen?: boolean }) => {
    const deliver = async (message: Message, others: readonly Message[]) => {
      const counted = await Promise.all(
        [message, ...others].map((each) => countDelivery(each, maxAttempts, worker.ports)),
      )
      const [first, ...rest] = [message, ...others].filter((_, index) => counted[index])
      if (first) await handle(first, worker, rest)
    }
    await queue.drain((message, { others }) => deliver(message, others), {
      onDeadLetter: (message, error) => deadLetter(message, error, worker),
      ...options,
    })
  }
  return {
    queue,
    drive: (_, worker) => drain(worker, { ...(worker.signal && { signal: worker.signal }) }),
    work: (worker, signal) => drain({ ...worker, signal }, { signal, keepOpen: true }),
    close: async () => undefined,
  }
}

const LOOK_EVERY = 1_000

/** Others do the work; here is only looked on until the run is over. */
async function watch({ id }: Run, { ports, signal }: Pick<Worker, 'signal'> & { ports: Ports }): Promise<void> {
  for (;;) {
    const run = await ports.ledger.run(id)
    if (run === null || isTerminal(run) || signal?.aborted) return
    await ports.clock.sleep(LOOK_EVERY, signal)
  }
}
