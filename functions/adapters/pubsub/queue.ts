import type { v1 } from '@google-cloud/pubsub'
import { withRetry } from '../../lib/retry.ts'
import type { Message, Work } from '../../pipeline/entities.ts'
import type { Clock, Log, Queue } from '../../pipeline/ports.ts'
import { publishError, TRANSIENT } from './errors.ts'

/** Project, topics and limits of a queue. */
interface PubsubQueueOptions {
  readonly project: string
  /** Name of the topic of each kind of work, without its project. */
  readonly topics: Readonly<Record<Work['kind'], string>>
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1, for the pauses between two tries. */
  readonly random: () => number
  /** `host:port` of a server to use instead of Google's, without credentials. */
  readonly endpoint?: string
  /** Milliseconds that one request may take. */
  readonly timeout?: number
  /** Tries of one request. */
  readonly attempts?: number
  /** Milliseconds that a load waits at most for the open `ingest` messages of its date; five minutes unless told. */
  readonly loadWait?: number
}

/** A queue of Pub/Sub topics. Push subscriptions deliver what is published here. */
export interface PubsubQueue extends Queue {
  /** Waits for what is being published, and closes the connection. Never throws; safe to call twice. */
  close(): Promise<void>
}

interface Batch {
  readonly topic: string
  readonly messages: readonly Message[]
}

// The most that one request takes. An id with its attributes is some hundred bytes, so 10 MB are out of reach.
const BATCH = 1000
const LOAD_WAIT = 5 * 60_000
// Pub/Sub cannot delay, so a worker waits for the rest: within the time budget of a push, and longer than most `minimum_age`.
const LONGEST_WAIT = 5 * 60_000

/**
 * Publishes the ids of messages, one topic per kind of work; their rows in the ledger are what counts. `publish` resolves
 * when Pub/Sub has all of them. A message that is due within five minutes is published too, and its
 * worker waits until then. One that is due later stays in the ledger until a sweep finds it: Pub/Sub cannot delay. It throws QUEUE_FAILED when some could not be published; others may have been.
 */
export function openPubsubQueue(options: PubsubQueueOptions): PubsubQueue {
  const underway = new Set<Promise<unknown>>()
  let client: Promise<v1.PublisherClient> | undefined

  const send = async (batch: Batch) => {
    client ??= openClient(options)
    await publishBatch(batch, await client, options)
  }
  return {
    can: { delay: false },
    loadWait: options.loadWait ?? LOAD_WAIT,
    async publish(messages) {
      const due = messages.filter(({ notBefore }) => notBefore <= options.clock.now() + LONGEST_WAIT)
      // All are waited for, also when one fails: after the answer to a request the processor may be taken away.
      const sent = Promise.allSettled(inBatches(due, options).map(send))
      underway.add(sent)
      const results = await sent.finally(() => underway.delete(sent))
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
    async close() {
      await Promise.all(underway)
      const open = client
      client = undefined
      await open?.then((each) => each.close()).catch(() => undefined)
    },
  }
}

/** The client is loaded when it is first needed: most instances begin with a message that publishes nothing. */
async function openClient({ project, endpoint }: PubsubQueueOptions): Promise<v1.PublisherClient> {
  const { PubSub, v1: api } = await import('@google-cloud/pubsub')
  if (!endpoint) return new api.PublisherClient({ projectId: project })
  // Only the outer client knows how to do without credentials, so it is asked how.
  const outer = new PubSub({ projectId: project, apiEndpoint: endpoint, emulatorMode: true })
  const { servicePath = '', port, sslCreds } = await outer.getClientConfig()
  return new api.PublisherClient({
    projectId: project,
    servicePath,
    port: Number(port),
    ...(sslCreds && { sslCreds }),
    // Or it asks the machine's network for the universe it lives in.
    clientOptions: { universeDomain: 'googleapis.com' },
  })
}

function inBatches(messages: readonly Message[], { project, topics }: PubsubQueueOptions): readonly Batch[] {
  const byTopic = Object.groupBy(messages, ({ work }) => `projects/${project}/topics/${topics[work.kind]}`)
  return Object.entries(byTopic).flatMap(([topic, all = []]) =>
    Array.from({ length: Math.ceil(all.length / BATCH) }, (_, at) => ({
      topic,
      messages: all.slice(at * BATCH, (at + 1) * BATCH),
    })),
  )
}

async function publishBatch(
  { topic, messages }: Batch,
  client: v1.PublisherClient,
  { clock, random, log, timeout = 10_000, attempts = 4 }: PubsubQueueOptions,
): Promise<void> {
  const request = { topic, messages: messages.map(encode) }
  const what = `${messages.length} message${messages.length === 1 ? '' : 's'} to ${topic}`
  await withRetry(
    async () => {
      try {
        // The client's own tries may take ten minutes together, longer than a worker has.
        await client.publish(request, { timeout, retry: null })
      } catch (error) {
        throw publishError(error, what)
      }
    },
    {
      attempts,
      random,
      sleep: clock.sleep,
      isWorthRetrying: ({ details }) => TRANSIENT.has(Number(details['status'])),
      onRetry: ({ code, message }, attempt) =>
        log({ severity: 'DEBUG', message: `${message}; attempt ${attempt + 1} of ${attempts} follows`, code }),
    },
  )
}

function encode({ id, work }: Message): { data: Uint8Array; attributes: Record<string, string> } {
  const data = Buffer.from(JSON.stringify({ messageId: id }))
  return { data, attributes: { kind: work.kind, pipeline: work.pipeline } }
}
