import type { Delivery } from '../adapters/local/queue/delivery.ts'
import { type LocalQueue, openLocalQueue } from '../adapters/local/queue/queue.ts'
import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import type { Message, Run } from '../pipeline/entities.ts'
import type { Clock, Log, Ports, Queue } from '../pipeline/ports.ts'
import { deadLetter, handle, recordFailure, sendNext } from '../pipeline/work/handle.ts'
import { resendLineage } from '../pipeline/work/lineage.ts'
import { countDelivery, isTerminal } from '../pipeline/work/record.ts'
import { resendBuilds, sendBuilds } from '../pipeline/work/send-builds.ts'
import { sendLoads, sendLoadsOf, windowsOf } from '../pipeline/work/send-loads.ts'
import type { Worker } from '../pipeline/work/worker.ts'
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
  if (queue.kind === 'local') return overLocal(createLocal(project, options), queue.maxAttempts)
  const { openPubsubQueue } = await import('../adapters/pubsub/queue.ts')
  const { project: id, endpoints } = googleOf(project)
  const pubsub = openPubsubQueue({
    project: id,
    topics: queue.topics,
    ...(endpoints?.pubsub && { endpoint: endpoints.pubsub }),
    random: Math.random,
    loadWait: toMilliseconds(queue.loadWait),
    ...options,
  })
  return { queue: pubsub, drive: watch, work: null, close: () => pubsub.close() }
}

function createLocal({ environment }: Project, { clock, log }: QueueOptions): LocalQueue {
  const { engine, queue } = environment
  if (queue.kind !== 'local') throw new DaybreakError('INTERNAL', `the queue is of the kind ${queue.kind}`)
  return openLocalQueue({
    clock,
    log,
    random: Math.random,
    maxAttempts: queue.maxAttempts,
    minBackoff: toMilliseconds(queue.minBackoff),
    maxBackoff: toMilliseconds(queue.maxBackoff),
    // One more than the lanes of the engine, so that a load runs while all of them transform.
    concurrency: engine.lanes + 1,
    loadWait: toMilliseconds(queue.loadWait),
  })
}

function overLocal(queue: LocalQueue, maxAttempts: number): OpenQueue {
  const drain = async (worker: Worker, options: { signal?: AbortSignal; keepOpen?: boolean }) => {
    const drainOnce = () =>
      queue.drain((message, delivery) => deliver(message, delivery, { worker, maxAttempts }), {
        onDeadLetter: (message, error) => deadLetter(message, error, worker),
        ...options,
      })
    // Loads and builds may be left by a process that died, or by a run that was cancelled.
    await resendBuilds(worker)
    await resendLineage(worker)
    await sendAll(worker)
    do await drainOnce()
    while (!options.signal?.aborted && (await sendAll(worker)) > 0)
  }
  return {
    queue,
    async drive({ id }, worker) {
      const options = { ...(worker.signal && { signal: worker.signal }) }
      // Its loads may wait for locations or a load of another process, which this one would leave behind.
      do await drain(worker, options)
      while (!worker.signal?.aborted && ((await sendLoadsOf(id, worker.ports)) > 0 || (await awaitOthers(worker))))
    },
    work: (worker, signal) => drain({ ...worker, signal }, { signal, keepOpen: true }),
    close: async () => undefined,
  }
}

interface Delivering {
  readonly worker: Worker
  readonly maxAttempts: number
}

async function deliver(message: Message, delivery: Delivery, { worker, maxAttempts }: Delivering): Promise<void> {
  const { ports } = worker
  if (!(await countDelivery(message, maxAttempts, ports)))
    return void (await sendNext(message.work, worker, windowsOf(message.work)))
  try {
    await handle(message, worker)
  } catch (error) {
    // The queue counts failures. The ledger has to know only that there was one, since loads do not wait for such a message.
    const isFirst = message.attempts === 0 && delivery.attempt === 1 && !delivery.signal.aborted
    if (isFirst && message.work.kind === 'ingest') await recordFailure(message, error, ports)
    throw error
  }
}

/**
 * After a drain, builds that are still open are those of another process, which may have died just before this one began. Waits
 * until the first of them counts as lost; false when there is none.
 */
async function awaitOthers(worker: Worker): Promise<boolean> {
  const { clock } = worker.ports
  const next = await resendBuilds(worker)
  if (next === null) return false
  await clock.sleep(Math.max(0, next - clock.now()), worker.signal)
  return true
}

async function sendAll(worker: Worker): Promise<number> {
  let sent = 0
  for (const pipeline of worker.definitions.keys()) sent += await sendLoads(pipeline, worker.ports)
  return sent + (await sendBuilds(worker))
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
