import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { MODELS, streamPipelines } from '../../models/order.ts'
import type { BusinessDate, Instant, Message } from '../entities.ts'
import { markWaiting } from './send-loads.ts'
import type { Worker } from './worker.ts'

/**
 * Sends the builds that wait in the ledger, as far as they are ready, and returns how many. A build is ready when no `ingest` and no
 * `load` of its window is open in any pipeline that models read, or when it has waited for `queue.loadWait`. All builds of one
 * window become one, so a night of seven loads causes one. Call it after the end of a message is on record, with its windows.
 * Without windows it looks at all of them. Safe to repeat.
 */
export async function sendBuilds(
  { models, ports }: Pick<Worker, 'models' | 'ports'>,
  windows?: readonly BusinessDate[],
): Promise<number> {
  if (!models || windows?.length === 0) return 0
  const { ledger, queue, clock } = ports
  const pipelines = streamPipelines(models.compiled)
  const sent: Message[] = []
  for (const message of await ledger.waitingBuilds(windows)) {
    const { createdAt, work } = message
    const now = clock.now()
    const isOver = createdAt <= now - queue.loadWait || isFromTheFuture(createdAt, now)
    const isReady = work.kind === 'build' && (isOver || !(await isAwaited(pipelines, work.window, ports)))
    if (isReady) sent.push(...(await markWaiting(message, ports)))
  }
  if (sent.length > 0) await queue.publish(sent)
  return sent.length
}

// A marked message is published within seconds. After that its worker is gone.
const SENDING = 10_000

/**
 * Publishes builds again that were sent a while ago and are not done: the queue of a process that died forgot them. Gives when there
 * is more to do: now when some were published, later when some were sent a moment ago, null when no sent build is open.
 */
export async function resendBuilds({ models, ports }: Pick<Worker, 'models' | 'ports'>): Promise<Instant | null> {
  if (!models) return null
  const { ledger, queue, clock } = ports
  const now = clock.now()
  const open = await ledger.messages({ pipeline: MODELS, kind: 'build', states: ['pending'], undamaged: true })
  const sent = open.filter((message): message is Message & { sentAt: Instant } => message.sentAt !== null)
  const isLost = ({ sentAt }: { readonly sentAt: Instant }) => sentAt <= now - SENDING || isFromTheFuture(sentAt, now)
  const lost = sent.filter(isLost)
  if (lost.length > 0) await queue.publish(lost)
  if (sent.length === 0) return null
  return lost.length > 0 ? now : Math.min(...sent.map(({ sentAt }) => sentAt)) + SENDING
}

/** True while files of the window are read, or loads of it are pending. */
async function isAwaited(
  pipelines: readonly string[],
  window: BusinessDate,
  { ledger }: Pick<Worker['ports'], 'ledger'>,
): Promise<boolean> {
  for (const pipeline of pipelines)
    if ((await ledger.isAwaited(pipeline, window)) || (await ledger.isLoading(pipeline, window))) return true
  return false
}
