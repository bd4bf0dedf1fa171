import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { keyedId } from '../../lib/id.ts'
import { applied } from '../apply.ts'
import { type Instant, isWaiting, type Message, type Run, type RunScope, type Work } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Ports } from '../ports.ts'
import { waitsInLedger } from './kinds.ts'
import { countSlices, finishRun, isTerminal } from './record.ts'

/** How long a run may go without a sign of life before another worker takes its messages over: longer than any one message. */
export const LEASE = 15 * 60_000
/** How often a run gives a sign of life at most, since all of its workers share one row. */
export const SIGN_OF_LIFE = 60_000
// A message that was recorded is sent within seconds, or the worker that recorded it is gone.
const SENDING = 10_000
// A night is minutes and a week's backfill of hundreds of locations is hours; a run of a day is not coming back.
const LONGEST_RUN = 24 * 3_600_000

/** Run that is to be started. */
export interface RunRequest {
  readonly pipeline: string
  readonly trigger: Run['trigger']
  readonly scope: RunScope
  readonly backfillId?: string
  /** A run with a key that was used before is the same run. `at` is the instant it belongs to. */
  readonly key?: { readonly text: string; readonly at: Instant }
  /** Milliseconds to wait before its first message is sent: what comes meanwhile is seen by the same look. */
  readonly gather?: number
  /** Ends that waiting. */
  readonly signal?: AbortSignal
}

/**
 * Records a run and its first message in one transaction, then sends the message. What is sent is already on record. A run
 * whose key was used before is not started again: it is given as it is, and its first message is sent once more, in case
 * the worker that recorded it died before.
 */
export async function startRun(request: RunRequest, ports: Ports): Promise<Run> {
  const { run, tick } = newRun(request, ports)
  const changes = [
    { change: 'run', run },
    { change: 'message', message: tick },
  ] as const
  const isNew = request.key ? await applied(changes, ports.ledger) : await ports.ledger.apply(changes).then(() => true)
  if (!isNew) return await resend(request, run, ports)
  if (request.gather) await ports.clock.sleep(request.gather, request.signal)
  await ports.queue.publish([tick])
  return { ...run, version: run.version + 1 }
}

/** Pure: id of the run of a pipeline that was started with a key. */
export function keyedRun(pipeline: string, { text, at }: NonNullable<RunRequest['key']>): string {
  return keyedId(`${pipeline}/${text}`, at)
}

/** A run and its first message, not yet on record. */
export function newRun(
  { pipeline, trigger, scope, backfillId, key }: RunRequest,
  ports: Pick<Ports, 'newId' | 'clock' | 'processes'>,
): { readonly run: Run; readonly tick: Message } {
  const now = ports.clock.now()
  const run: Run = {
    id: key ? keyedRun(pipeline, key) : ports.newId(),
    pipeline,
    trigger,
    state: 'queued',
    scope,
    reason: null,
    counts: { slices: 0, rows: 0, rejected: 0, unchanged: 0 },
    backfillId: backfillId ?? null,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    leaseUntil: now + LEASE,
    owner: ports.processes?.own ?? null,
    version: 0,
  }
  return { run, tick: newMessage({ kind: 'tick', pipeline }, run.id, ports) }
}

/** A run that began is on its way; one that gathers is sent by the worker that recorded it, or by the next sweep. */
async function resend(request: RunRequest, run: Run, { ledger, queue }: Ports): Promise<Run> {
  const known = (await ledger.run(run.id)) ?? run
  if (known.state === 'queued' && !request.gather)
    await queue.publish(await ledger.messages({ runId: run.id, states: ['pending'] }))
  return known
}

/** A message that is due now. A load or build waits in the ledger; any other message is published by the worker that records it. */
export function newMessage(
  work: Work,
  runId: string | null,
  { newId, clock }: Pick<Ports, 'newId' | 'clock'>,
): Message {
  const now = clock.now()
  return {
    id: newId(),
    runId,
    work,
    state: 'pending',
    attempts: 0,
    notBefore: now,
    unchanged: [],
    reason: null,
    createdAt: now,
    sentAt: waitsInLedger(work) ? null : now,
    version: 0,
  }
}

/**
 * Takes over runs whose worker died: sends their open messages again, ends those that only lack their ending, and gives
 * up on those that are a day old. Safe while the worker is alive after all, since every message is safe to repeat.
 * `silentFor` is how many milliseconds without a sign of life mean that the worker is dead. One whose process is gone from
 * this machine is dead at once.
 */
export async function recoverRuns(ports: Ports, { silentFor = LEASE }: { silentFor?: number } = {}): Promise<number> {
  const now = ports.clock.now()
  const runs = await ports.ledger.runs({ states: ['queued', 'running'] })
  const isGone = ({ owner }: Run) => owner !== null && ports.processes?.isGone(owner) === true
  // A sign of life from the future was given by a clock that was ahead.
  const isSilentSince = (sign: Instant) => sign + silentFor <= now || isFromTheFuture(sign, now)
  const isSilent = (run: Run) => isSilentSince(run.leaseUntil - LEASE) || isGone(run)
  const silent = runs.filter(isSilent)
  for (const run of runs.filter((one) => !isSilent(one) && one.owner !== ports.processes?.own))
    tellLease(run, silentFor, ports)
  for (const run of silent) await (now - run.createdAt > LONGEST_RUN ? timeOut(run, ports) : takeOver(run, ports))
  return silent.length
}

/** Another process may be at work, or gone where this one cannot see it: what waits for it waits until then. */
function tellLease({ id, pipeline, leaseUntil }: Run, silentFor: number, { log }: Ports): void {
  const until = new Date(leaseUntil - LEASE + silentFor).toISOString()
  const message = `Run ${id} is taken over at ${until}, unless its worker shows a sign of life before`
  log({ severity: 'INFO', message, runId: id, pipeline })
}

/** Any of the messages may be why the worker died, so each is marked, and `countDelivery` counts from now on. */
async function takeOver(run: Run, ports: Ports): Promise<void> {
  const leased: Run = { ...run, leaseUntil: ports.clock.now() + LEASE, owner: ports.processes?.own ?? null }
  const pending = await ports.ledger.messages({ runId: run.id, states: ['pending'] })
  // No worker had a load that waits, and `sendLoads` sends it.
  const open = pending.filter((message) => !isWaiting(message))
  const now = ports.clock.now()
  const marked = open.map((message) => ({
    ...message,
    attempts: Math.max(1, message.attempts),
    notBefore: isFromTheFuture(message.createdAt, now) ? now : message.notBefore,
  }))
  const changed = marked.filter(({ attempts }, index) => attempts !== open[index]?.attempts)
  const changes = [
    { change: 'run', run: leased } as const,
    ...changed.map((message) => ({ change: 'message', message }) as const),
  ]
  if (!(await applied(changes, ports.ledger))) return
  if (marked.length > 0) await ports.queue.publish(marked)
  else await finishRun(run.id, ports)
}

/**
 * For a message that comes again though it is done: its worker may have died, or the queue been out of reach, before
 * what follows from it was sent. That is sent now, unless another worker has worked on it by now: the plan of a first message, the
 * rest of an `ingest` whose time was up. Nothing follows from a `load`.
 */
export async function resendNext(
  { work, runId }: Message,
  ports: Pick<Ports, 'ledger' | 'queue' | 'clock'>,
): Promise<void> {
  if (runId === null || (work.kind !== 'tick' && work.kind !== 'ingest')) return
  if (work.kind === 'tick') {
    const ended = await ports.ledger.messages({ runId, states: ['done', 'dead'], limit: 2 })
    if (ended.length > 1) return
  }
  await resendUnsent(
    runId,
    (next) => work.kind === 'tick' || (next.kind === 'ingest' && next.shard === work.shard),
    ports,
  )
}

/** Sends messages of a run that no worker has tried yet, if they are old enough to have been lost. */
export async function resendUnsent(
  runId: string,
  isMeant: (work: Work) => boolean,
  { ledger, queue, clock }: Pick<Ports, 'ledger' | 'queue' | 'clock'>,
): Promise<void> {
  const open = await ledger.messages({ runId, states: ['pending'] })
  const isLost = ({ createdAt, attempts }: Message) =>
    attempts === 0 && (clock.now() - createdAt >= SENDING || isFromTheFuture(createdAt, clock.now()))
  const lost = open.filter((message) => !isWaiting(message) && isLost(message) && isMeant(message.work))
  if (lost.length > 0) await queue.publish(lost)
}

async function timeOut(run: Run, ports: Ports): Promise<void> {
  const now = ports.clock.now()
  const reason = { code: 'RUN_FAILED', message: `run ${run.id} did not end within a day` } as const
  const open = await ports.ledger.messages({ runId: run.id, states: ['pending'] })
  const counts = countSlices(await ports.ledger.runSlices(run.id))
  await applied(
    [
      { change: 'run', run: { ...run, state: 'timed_out', reason, counts, finishedAt: now } },
      ...open.map((message) => ({ change: 'message', message: { ...message, state: 'dead', reason } }) as const),
      {
        change: 'incident_opened',
        ...incidentCause.run(run.pipeline),
        severity: 'error',
        reason,
        runId: run.id,
        at: now,
      },
    ],
    ports.ledger,
  )
}

/** Cancels a run: messages in flight end at their next step, the others are not begun. What is published stays. */
export async function cancelRun(run: Run, ports: Pick<Ports, 'ledger' | 'clock'>): Promise<boolean> {
  if (isTerminal(run)) return false
  const reason = { code: 'CANCELLED', message: `run ${run.id} was cancelled` } as const
  const open = await ports.ledger.messages({ runId: run.id, states: ['pending'] })
  const counts = countSlices(await ports.ledger.runSlices(run.id))
  return await applied(
    [
      { change: 'run', run: { ...run, state: 'cancelled', reason, counts, finishedAt: ports.clock.now() } },
      ...open.map((message) => ({ change: 'message', message: { ...message, state: 'dead', reason } }) as const),
    ],
    ports.ledger,
  )
}
