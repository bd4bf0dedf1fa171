import { isFromTheFuture } from '../../lib/from-the-future.ts'
import type { BusinessDate, Instant, Message, WaitingLoad, Work } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { applied } from './record.ts'

// A message that was marked is sent within seconds, or whoever marked it is gone.
const SENDING = 10_000

type ReleasePorts = Pick<Ports, 'ledger' | 'queue' | 'clock'>

/**
 * Sends the loads that a pipeline's ledger holds back, as far as they are ready: one message per partition, when no `ingest`
 * of its date is under way any more, or when the oldest has waited for as long as the queue allows. So a thousand locations
 * that arrive within an hour are a few loads of each partition, not a thousand. To be called whenever an `ingest` has ended
 * or failed, and by every sweep; safe to repeat, and safe to run twice at a time. Gives how many were sent.
 *
 * Whoever ends the last `ingest` of a date has written that before it looks here, so two that end at once cannot both find
 * the other one under way.
 */
export async function releaseLoads(pipeline: string, ports: ReleasePorts): Promise<number> {
  const { ledger, queue, clock } = ports
  const { holdLoads } = queue
  if (holdLoads === undefined) return 0
  const waiting = await ledger.waitingLoads(pipeline)
  const awaited = await awaitedDates(pipeline, waiting, ledger)
  const now = clock.now()
  const ready = waiting.filter((load) => !awaited.has(load.work.window) || isOverdue(load, { now, holdLoads }))
  const taken: Message[] = []
  for (const { next } of ready) taken.push(...(await take(next, ports)))
  if (taken.length > 0) await queue.publish(taken)
  return taken.length
}

/**
 * For an `ingest` that comes again though it is done: whoever ended it may have died after it marked loads as sent. Those that
 * were marked a while ago, and that no delivery has failed of, are sent again.
 */
export async function resendLoads({ runId, work }: Message, { ledger, queue, clock }: ReleasePorts): Promise<void> {
  if (queue.holdLoads === undefined || work.kind !== 'ingest' || runId === null) return
  const open = await ledger.messages({ runId, kind: 'load', states: ['pending'], untried: true })
  const now = clock.now()
  const isLost = (sentAt: Instant) => sentAt <= now - SENDING || isFromTheFuture(sentAt, now)
  const lost = open.filter(({ version, notBefore }) => version > 1 && isLost(notBefore))
  if (lost.length > 0) await queue.publish(lost)
}

/** True for a load that waits in the ledger for the `ingest` messages of its date, and is sent by `releaseLoads`. */
export function isHeld({ work, state, version }: Message, queue: Pick<Ports['queue'], 'holdLoads'>): boolean {
  return queue.holdLoads !== undefined && work.kind === 'load' && state === 'pending' && version === 1
}

/** Ids of the loads that are held back and ask for exactly this. Their handling begins after they are sent. */
export async function heldLoads(work: Work, { ledger, queue }: ReleasePorts): Promise<readonly string[]> {
  const open = await ledger.messages({ states: ['pending'], work })
  return open.flatMap((message) => (isHeld(message, queue) ? [message.id] : []))
}

/** An `ingest` that has failed once may fail for hours, so nothing waits for it. */
async function awaitedDates(
  pipeline: string,
  waiting: readonly WaitingLoad[],
  { messages }: Ports['ledger'],
): Promise<ReadonlySet<BusinessDate>> {
  const awaited = new Set<BusinessDate>()
  for (const window of new Set(waiting.map(({ work }) => work.window))) {
    const filter = { pipeline, kind: 'ingest', window, states: ['pending'], untried: true, limit: 1 } as const
    if ((await messages(filter)).length > 0) awaited.add(window)
  }
  return awaited
}

/** Held for too long, while no earlier one of the partition is likely to be under way still. */
function isOverdue(
  { since, sentAt }: WaitingLoad,
  { now, holdLoads }: { readonly now: Instant; readonly holdLoads: number },
): boolean {
  const isOver = (instant: Instant) => instant <= now - holdLoads || isFromTheFuture(instant, now)
  return isOver(since) && (sentAt === null || isOver(sentAt))
}

/**
 * Marks a message as sent, unless somebody else has. It stands for the others of its run from now on: what they are about is
 * on record, and it is not handled before it is sent.
 */
async function take(id: string, { ledger, clock }: ReleasePorts): Promise<readonly Message[]> {
  const message = await ledger.message(id)
  if (message?.state !== 'pending' || message.version !== 1) return []
  const sent = { ...message, notBefore: clock.now() }
  const changes = [
    { change: 'message', message: sent },
    { change: 'messages_folded', into: message },
  ] as const
  return (await applied(changes, ledger)) ? [{ ...sent, version: sent.version + 1 }] : []
}
