import { DaybreakError } from '../../errors.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { applied } from '../apply.ts'
import type { Message, Run } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change, Ports } from '../ports.ts'
import { bury, finishRun, isTerminal } from './record.ts'
import { LEASE, SIGN_OF_LIFE } from './run.ts'
import { waitingFor } from './send-loads.ts'
import type { Ending } from './worker.ts'

type MessagePorts = Pick<Ports, 'ledger' | 'queue' | 'clock' | 'log' | 'words'>

/** A message as its row is when the handling begins. */
export type Begun =
  /** Its work is to be done. `run` is null for the kinds that have none. */
  | { readonly is: 'open'; readonly message: Message; readonly run: Run | null }
  /** An earlier delivery did the work. */
  | { readonly is: 'late'; readonly message: Message }
  /** Nothing is to be done for it. */
  | { readonly is: 'ended' }

/** Reads a message and its run, and gives the run's sign of life. A message of a stopped run is dropped. */
export async function begin({ id }: Pick<Message, 'id'>, ports: MessagePorts): Promise<Begun> {
  const message = await ports.ledger.message(id)
  if (message?.state === 'done') return { is: 'late', message }
  if (message?.state !== 'pending') return { is: 'ended' }
  if (message.runId === null) return { is: 'open', message, run: null }
  const run = await ports.ledger.run(message.runId)
  if (run === null) {
    const text = `message ${id} names the run ${message.runId}, which does not exist`
    await bury(message, new DaybreakError('MESSAGE_INVALID', text), ports)
    return { is: 'ended' }
  }
  if (!isStopped(run, message)) return { is: 'open', message, run: await keepLease(run, ports) }
  // A message of a stopped run is not wanted any more. That is no incident.
  const reason = { code: 'CANCELLED', message: `run ${run.id} is ${run.state}` } as const
  await end(message, (now) => [{ change: 'message', message: { ...now, state: 'dead', reason } }], ports)
  return { is: 'ended' }
}

/**
 * Records how the work of a message ended, and ends its run if that was the last one. Gives the loads that the work covers and
 * that other workers kept it from ending.
 */
export async function finish(message: Message, ending: Ending, ports: MessagePorts): Promise<readonly Message[]> {
  if (ending.end === 'refused') {
    // This ends the run as well.
    await bury(message, new DaybreakError(ending.reason.code, ending.reason.message), ports)
    return []
  }
  if (ending.end !== 'recorded') await recordEnd(message, ending, ports)
  await finishRun(message.runId, ports)
  return ending.end === 'done' ? await endAlike(ending.alike ?? [], ports) : []
}

async function recordEnd(
  message: Message,
  ending: Extract<Ending, { end: 'done' | 'continued' }>,
  ports: MessagePorts,
): Promise<void> {
  const at = ports.clock.now()
  const keys = ending.end === 'done' ? [incidentCause.message(message.work).key, ...(ending.resolves ?? [])] : []
  const next = ending.end === 'continued' ? ending.by : []
  const following: readonly Change[] = [
    ...keys.map((key) => ({ change: 'incident_resolved', key, at }) as const),
    ...next.map((one) => ({ change: 'message', message: one }) as const),
  ]
  const unchanged = ending.unchanged ?? message.unchanged
  const changesOf = (now: Message): readonly Change[] => [
    { change: 'message', message: { ...now, state: 'done', unchanged } },
    ...following,
  ]
  if ((await end(message, changesOf, ports)) && next.length > 0) await ports.queue.publish(next)
}

/**
 * Ends a message by changes to its row as it is now. The row moves while another worker counts a delivery of it, and a message
 * left pending would be acknowledged and then wait for the lease of its run. False when it had ended already.
 */
async function end(
  message: Message,
  changesOf: (now: Message) => readonly Change[],
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<boolean> {
  for (let now: Message | null = message; now?.state === 'pending'; now = await ledger.message(message.id)) {
    if (await applied(changesOf(now), ledger)) return true
  }
  return false
}

const ATTEMPTS = 5

/**
 * Ends loads that waited before the work began which they ask for as well: their slices were on record then, so the work covered
 * them. One transaction for all of them, because each is a write to the disk. A load that was sent is left to its own worker:
 * if that worker dies after a job made of old slices, the message has to come again.
 */
async function endAlike(alike: readonly Message[], ports: MessagePorts, attempt = 1): Promise<readonly Message[]> {
  const ids = new Set(alike.map(({ id }) => id))
  const [first] = alike
  if (!first) return []
  const open = (await waitingFor(first.work, ports)).filter(({ id }) => ids.has(id))
  const changes = open.map((message) => ({ change: 'message', message: { ...message, state: 'done' } }) as const)
  if (open.length > 0 && !(await applied(changes, ports.ledger))) {
    // Another worker has just sent one of them, or ended it.
    return attempt < ATTEMPTS ? await endAlike(alike, ports, attempt + 1) : open
  }
  for (const runId of new Set(open.map((message) => message.runId))) await finishRun(runId, ports)
  return []
}

/**
 * A run may have ended before its last message came: two workers had the same `ingest`, and the slower one found something
 * new. That is loaded all the same. Only work of a run that was stopped is not done.
 */
function isStopped(run: Run, { work: { kind } }: Message): boolean {
  return run.state === 'cancelled' || run.state === 'timed_out' || (kind === 'tick' && isTerminal(run))
}

/** A run shows that it is alive by moving its lease; not with every message, since all of them share one row. */
async function keepLease(run: Run, { ledger, clock }: MessagePorts): Promise<Run> {
  const sign = run.leaseUntil - LEASE
  if (sign > clock.now() - SIGN_OF_LIFE && !isFromTheFuture(sign, clock.now())) return run
  await applied([{ change: 'run', run: { ...run, leaseUntil: clock.now() + LEASE } }], ledger)
  return (await ledger.run(run.id)) ?? run
}
