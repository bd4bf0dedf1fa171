import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { applied } from '../apply.ts'
import { type BusinessDate, type Instant, isWaiting, type Message, type WaitingLoad, type Work } from '../entities.ts'
import type { Ports } from '../ports.ts'

// A marked message is published within seconds. After that its worker is gone.
const SENDING = 10_000

type SendPorts = Pick<Ports, 'ledger' | 'queue' | 'clock'>

/**
 * Sends the loads of a pipeline that wait in the ledger, as far as they are ready, and returns how many:
 *
 * 1. A load is ready when no `ingest` of its window is open, or when it has waited for `queue.loadWait`.
 * 2. A partition with a load that was sent and is pending is left alone, until that load has waited as long as well.
 * 3. Of each ready partition one load is marked as sent, by compare-and-set, and published after that.
 *
 * Call it after the end of an `ingest` or a `load` is on record, with the windows of that message. Of two workers that end at
 * once, at least one then sees the other's end. A sweep names no windows and looks at all of them. Safe to repeat.
 */
export async function sendLoads(
  pipeline: string,
  ports: SendPorts,
  windows?: readonly BusinessDate[],
): Promise<number> {
  const now = ports.clock.now()
  const isOver = (instant: Instant) => instant <= now - ports.queue.loadWait || isFromTheFuture(instant, now)
  const waiting =
    windows === undefined ? await allReady(pipeline, isOver, ports) : await readyOf(pipeline, windows, ports)
  const ready = waiting.filter(({ sentAt }) => sentAt === null || isOver(sentAt))
  const sent: Message[] = []
  for (const { next } of ready) sent.push(...(await markSent(next, ports)))
  if (sent.length > 0) await ports.queue.publish(sent)
  return sent.length
}

/**
 * Sends all pending loads of a run, and returns how many. For a process that has nothing else to do. One
 * that another process has sent is sent once more, which is safe.
 */
export async function sendLoadsOf(runId: string, ports: SendPorts): Promise<number> {
  const pending = async () => {
    const open = await ports.ledger.messages({ runId, states: ['pending'], undamaged: true })
    return open.filter(({ work }) => work.kind === 'load')
  }
  for (const { id } of (await pending()).filter(isWaiting)) await markSent(id, ports)
  const sent = await pending()
  if (sent.length > 0) await ports.queue.publish(sent)
  return sent.length
}

/** The windows that a message is about. A `tick` has none yet. */
export function windowsOf(work: Work): readonly BusinessDate[] {
  if (work.kind === 'ingest') return work.windows
  return 'window' in work ? [work.window] : []
}

/**
 * Publishes loads again that were marked as sent a while ago, and that no delivery has failed of. For a message that comes again
 * although it is done: its worker may have died between the mark and the publication.
 */
export async function resendLoads({ work }: Message, { ledger, queue, clock }: SendPorts): Promise<void> {
  const now = clock.now()
  const isLost = ({ sentAt }: Message) => sentAt !== null && (sentAt <= now - SENDING || isFromTheFuture(sentAt, now))
  const filter = { pipeline: work.pipeline, kind: 'load', states: ['pending'], untried: true } as const
  for (const window of windowsOf(work)) {
    const lost = (await ledger.messages({ ...filter, window })).filter(isLost)
    if (lost.length > 0) await queue.publish(lost)
  }
}

/** Loads that wait and ask for exactly this. Their handling begins after they are sent. */
export async function waitingFor(work: Work, { ledger }: Pick<Ports, 'ledger'>): Promise<readonly Message[]> {
  return await ledger.messages({ pipeline: work.pipeline, work, waiting: true })
}

/** Reads the loads of windows without an open `ingest`, and those of any window that are overdue: rows that are sent next. */
async function readyOf(
  pipeline: string,
  windows: readonly BusinessDate[],
  { ledger, queue, clock }: SendPorts,
): Promise<readonly WaitingLoad[]> {
  const found = [...(await ledger.waitingLoads({ pipeline, recordedBy: clock.now() - queue.loadWait }))]
  for (const window of new Set(windows))
    if (!(await ledger.isAwaited(pipeline, window))) found.push(...(await ledger.waitingLoads({ pipeline, window })))
  return [...new Map(found.map((load) => [`${load.work.window}/${load.work.stream}`, load])).values()]
}

async function allReady(
  pipeline: string,
  isOver: (instant: Instant) => boolean,
  { ledger }: SendPorts,
): Promise<readonly WaitingLoad[]> {
  const waiting = await ledger.waitingLoads({ pipeline })
  const awaited = new Set<BusinessDate>()
  for (const window of new Set(waiting.map(({ work }) => work.window)))
    if (await ledger.isAwaited(pipeline, window)) awaited.add(window)
  return waiting.filter(({ work, since }) => !awaited.has(work.window) || isOver(since))
}

async function markSent(id: string, ports: SendPorts): Promise<readonly Message[]> {
  const message = await ports.ledger.message(id)
  return message === null ? [] : await markWaiting(message, ports)
}

/** Marks a message that waits as sent, and ends those that it stands for from now on. Empty when another worker was faster. */
export async function markWaiting(
  message: Message,
  { ledger, clock }: Pick<SendPorts, 'ledger' | 'clock'>,
): Promise<readonly Message[]> {
  if (!isWaiting(message)) return []
  const now = clock.now()
  const sent = { ...message, notBefore: now, sentAt: now }
  const changes = [
    { change: 'message', message: sent },
    { change: 'messages_folded', into: message },
  ] as const
  return (await applied(changes, ledger)) ? [{ ...sent, version: sent.version + 1 }] : []
}
