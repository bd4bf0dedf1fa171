import { tableOf } from '../../contract/table.ts'
import { rejectsTable } from '../../engine/rejects/rejects.ts'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { type LogFacts, withLogFacts } from '../../lib/log-context.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { Table } from '../destination.ts'
import type { BusinessDate, Instant, Message, Reason, Run, SliceLook, Work } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import { ensureLoaded } from '../load/ensure-loaded.ts'
import { renewals } from '../load/renew.ts'
import type { Loaded } from '../load/task.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Change, Ports } from '../ports.ts'
import { ingest } from '../steps/ingest.ts'
import { remakeParts } from '../steps/remake.ts'
import { unchangedLooks } from '../steps/unchanged.ts'
import { applied, bury, finishRun, isTerminal } from './record.ts'
import { LEASE, newMessage, resendNext, SIGN_OF_LIFE } from './run.ts'
import { resendLoads, sendLoads, waitingFor, windowsOf } from './send-loads.ts'

// A job takes seconds, but may wait for hours; nobody is paid to watch it.
const LONGEST_WAIT = 120_000
const ATTEMPTS = 5

/** What a handler of messages works with. */
export interface Worker {
  readonly definitions: ReadonlyMap<string, PipelineDefinition>
  readonly ports: Ports
  readonly signal?: AbortSignal
  /** Work that is not begun by then goes back to the queue. */
  readonly deadline?: Instant
  /** Handlers of the kinds that have no run. */
  readonly handlers?: ReadonlyMap<string, AloneHandler>
}

/** Does the work of a message without a run. Throws as `handle` does. */
export type AloneHandler = (message: Message, worker: Worker) => Promise<void>

/**
 * Handles one message, whichever trigger began it. Safe to repeat, and safe to run twice at a time. Throws when another
 * delivery may succeed; a failure that a repetition cannot mend is recorded as an incident, and the message ends there.
 * A load that is done ends the loads that waited for the same partition before its work began.
 */
export async function handle(message: Message, worker: Worker): Promise<void> {
  await withLogFacts(factsOf(message), () => handleAll(message, worker))
}

/** What the lines about a message carry. */
function factsOf({ runId, work }: Message): LogFacts {
  const facts = { pipeline: work.pipeline, ...(runId !== null && { runId }) }
  if (work.kind === 'ingest') return { ...facts, shard: work.shard }
  return work.kind === 'load' ? { ...facts, stream: work.stream, window: work.window } : facts
}

async function handleAll(message: Message, worker: Worker): Promise<void> {
  const { work } = message
  const alike = work.kind === 'load' ? await waitingFor(work, worker.ports) : []
  const outcome = await handleOne(message, worker)
  if (outcome === 'worked') await endAlike(alike, worker)
  await sendNext(message, outcome, worker)
}

/** The end of a message may be what loads of its windows wait for. */
async function sendNext(message: Message, outcome: Outcome, { ports }: Worker): Promise<void> {
  const { work } = message
  if (outcome === 'late') await resendLoads(message, ports)
  // A tick has no windows before it is planned. One that comes again is rare, so it looks at all of them.
  if (work.kind !== 'tick') await sendLoads(work.pipeline, ports, windowsOf(work))
  else if (outcome === 'late') await sendLoads(work.pipeline, ports)
}

/** `late`: it was done before. `ended`: there was nothing to do for it, or nothing to be done about it. */
type Outcome = 'worked' | 'late' | 'ended'

async function handleOne(message: Message, worker: Worker): Promise<Outcome> {
  const { ledger } = worker.ports
  const stored = await ledger.message(message.id)
  if (stored?.state === 'done') {
    if (stored.work.kind === 'load') await lookAgain(stored.work, stored.runId, worker)
    else await resendNext(stored, worker.ports)
    // It may come again because its run could not be ended after it.
    await finishRun(stored.runId, worker.ports)
    return 'late'
  }
  if (stored === null || stored.state !== 'pending') return 'ended'
  if (stored.runId === null) return await attempt(stored, () => handleAlone(stored, worker), worker)
  const run = await ledger.run(stored.runId)
  if (run === null) {
    const text = `message ${stored.id} names the run ${stored.runId}, which does not exist`
    await bury(stored, new DaybreakError('MESSAGE_INVALID', text), worker.ports)
    return 'ended'
  }
  if (isStopped(run, stored)) {
    await drop(stored, run, worker.ports)
    return 'ended'
  }
  const inRun = async () => work(stored.work, { message: stored, run: await keepLease(run, worker.ports) }, worker)
  return await attempt(stored, inRun, worker)
}

async function attempt(
  message: Message,
  works: () => Promise<Reason | null>,
  { ports }: Pick<Worker, 'ports'>,
): Promise<Outcome> {
  try {
    const refusal = await works()
    if (refusal !== null) {
      await bury(message, new DaybreakError(refusal.code, refusal.message), ports)
      return 'ended'
    }
  } catch (error) {
    const failure = toDaybreakError(error)
    // A defect may be one of the moment; the queue's own limit ends it if it is not.
    if (failure.retryable || failure.code === 'INTERNAL' || failure.code === 'CANCELLED') throw failure
    await bury(message, failure, ports)
    return 'ended'
  }
  await finishRun(message.runId, ports)
  return 'worked'
}

/** Work that no run waits for. */
async function handleAlone(message: Message, worker: Worker): Promise<null> {
  const { kind } = message.work
  const handler = worker.handlers?.get(kind)
  if (!handler)
    throw new DaybreakError('MESSAGE_INVALID', `message ${message.id} of the kind ${kind} has no run and no handler`)
  await handler(message, worker)
  await done(message, worker.ports)
  return null
}

/**
 * For a load that comes again though it is done: of two copies one may have ended it, and the other died after a job of its own,
 * made of slices that were old by then. Nobody else looks after that job, so this one looks once more.
 */
async function lookAgain(task: LoadWork, runId: string | null, worker: Worker): Promise<void> {
  const run = runId === null ? null : await worker.ports.ledger.run(runId)
  const definition = worker.definitions.get(task.pipeline)
  if (run === null || !definition) return
  const { outcome, partition } = await load(task, definition, { run, worker })
  if (outcome === 'pending') throw stillRunning(task, partition.jobId)
}

/**
 * Ends loads that waited before the work began which they ask for as well: their slices were on record then, so the work covered
 * them. One transaction for all of them, because each is a write to the disk. A load that was sent is left to its own worker:
 * if that one dies after a job made of old slices, the message has to come again.
 */
async function endAlike(alike: readonly Message[], worker: Worker, attempt = 1): Promise<void> {
  const { ledger } = worker.ports
  const ids = new Set(alike.map(({ id }) => id))
  const [first] = alike
  if (!first) return
  const open = (await waitingFor(first.work, worker.ports)).filter(({ id }) => ids.has(id))
  const changes = open.map((message) => ({ change: 'message', message: { ...message, state: 'done' } }) as const)
  if (open.length > 0 && !(await applied(changes, ledger))) {
    // Another worker has just sent one of them, or ended it.
    if (attempt < ATTEMPTS) return await endAlike(alike, worker, attempt + 1)
    for (const message of open) await handleOne(message, worker)
    return
  }
  for (const runId of new Set(open.map((message) => message.runId))) await finishRun(runId, worker.ports)
}

/**
 * A run may have ended by itself before its last message came: two workers had the same `ingest`, and the slower one found
 * something new. That is loaded all the same; only what somebody stopped is not.
 */
function isStopped(run: Run, { work: { kind } }: Message): boolean {
  return run.state === 'cancelled' || run.state === 'timed_out' || (kind === 'tick' && isTerminal(run))
}

/** Ends a message nobody wants any more. That is no incident. */
async function drop(message: Message, run: Run, ports: Ports): Promise<void> {
  const reason = { code: 'CANCELLED', message: `run ${run.id} is ${run.state}` } as const
  await end(message, (now) => [{ change: 'message', message: { ...now, state: 'dead', reason } }], ports)
}

/**
 * Ends a message by changes to it as it is now. Its row moves while somebody else counts a delivery of it, and a message that
 * were then left pending would be answered as done, and wait for the lease of its run. False when it had ended already.
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

/**
 * Records a failed delivery, so that a dead letter can say its reason. Loads do not wait for an `ingest` that has failed, which
 * may fail for hours: they are sent now. Never throws, since the next message that ends looks again.
 */
export async function recordFailure({ id, work }: Message, error: unknown, { ledger, ...ports }: Ports): Promise<void> {
  const { code, message: text } = toDaybreakError(error)
  const stored = await ledger.message(id).catch(() => null)
  if (stored?.state !== 'pending') return
  const failed = { ...stored, attempts: stored.attempts + 1, reason: { code, message: text } }
  await applied([{ change: 'message', message: failed }], ledger).catch(() => false)
  if (work.kind === 'ingest') await sendLoads(work.pipeline, { ...ports, ledger }, windowsOf(work)).catch(() => 0)
}

/** Ends a message that failed too often: the queue's dead letter. Nothing waits for it any more. */
export async function deadLetter(message: Message, error: unknown, { ports }: Pick<Worker, 'ports'>): Promise<void> {
  await bury(message, error, ports)
  await sendLoads(message.work.pipeline, ports, windowsOf(message.work))
}

interface Assignment {
  readonly message: Message
  readonly run: Run
}

/** Null when the work is done; else why it is not, though no failure: a partition that is quarantined. */
async function work(task: Work, assignment: Assignment, worker: Worker): Promise<Reason | null> {
  const definition = worker.definitions.get(task.pipeline)
  if (!definition)
    throw new DaybreakError(
      'CONFIG_MISSING',
      `there is no pipeline ${JSON.stringify(task.pipeline)} in config/pipelines`,
    )
  if (task.kind === 'tick') return await handleTick(definition, assignment, worker).then(() => null)
  if (task.kind === 'ingest') return await handleIngest(task, definition, { ...assignment, worker }).then(() => null)
  return await handleLoad(task, definition, { ...assignment, worker })
}

async function handleTick(
  definition: PipelineDefinition,
  { message, run }: Assignment,
  { ports }: Worker,
): Promise<void> {
  const now = ports.clock.now()
  const planner = plannerOf(definition)
  const window = planner.span(run.scope, now)
  const slices = await ports.ledger.sliceLooks({ pipeline: definition.name, ...window })
  const looks = planner.plan({ trigger: run.trigger, scope: run.scope, slices, now })
  const ahead = slices.filter(({ lookedAt }) => lookedAt !== null && isFromTheFuture(lookedAt, now))
  const ingests = looks.map(({ shard, windows }) =>
    newMessage({ kind: 'ingest', pipeline: definition.name, shard, windows }, run.id, ports),
  )
  const loads = (await renewals(definition, run, { tableOf: tableFor, ports })).map(({ stream, window }) =>
    newMessage({ kind: 'load', pipeline: definition.name, stream, window }, run.id, ports),
  )
  await ports.ledger.apply([
    { change: 'run', run: { ...run, state: 'running', startedAt: run.startedAt ?? now } },
    { change: 'message', message: { ...message, state: 'done' } },
    { change: 'incident_resolved', key: incidentCause.message(message.work).key, at: now },
    ...clockChange(ahead, { definition, run, now }),
    ...[...ingests, ...loads].map((next) => ({ change: 'message', message: next }) as const),
  ])
  await ports.queue.publish(ingests)
  const windows = loads.flatMap(({ work }) => windowsOf(work))
  if (windows.length > 0) await sendLoads(definition.name, ports, windows)
}

/** Looks that lie in the future were recorded while the clock of a worker was ahead. They count as none. */
function clockChange(
  ahead: readonly SliceLook[],
  { definition, run, now }: { readonly definition: PipelineDefinition; readonly run: Run; readonly now: Instant },
): readonly Change[] {
  const cause = incidentCause.ahead(definition.name)
  const [first] = ahead.toSorted((a, b) => (b.lookedAt ?? 0) - (a.lookedAt ?? 0))
  // A narrow scope says nothing of other locations.
  const isNarrow = run.scope.shards !== undefined || run.scope.perShard !== undefined
  if (!first?.lookedAt) return isNarrow ? [] : [{ change: 'incident_resolved', key: cause.key, at: now }]
  const at = new Date(first.lookedAt).toISOString()
  const message = `${ahead.length} slices were looked at in the future, the last one at ${at}: the clock of a worker was ahead. Those looks count as none`
  const reason = { code: 'CLOCK_AHEAD', message } as const
  return [{ change: 'incident_opened', ...cause, severity: 'warning', runId: run.id, at: now, reason }]
}

async function handleIngest(
  task: IngestWork,
  definition: PipelineDefinition,
  { message, run, worker }: Assignment & { worker: Worker },
): Promise<void> {
  const { ports, signal, deadline } = worker
  const shard = definition.shards.find(({ id }) => id === task.shard)
  if (!shard)
    throw new DaybreakError(
      'LOCATION_UNKNOWN',
      `location ${JSON.stringify(task.shard)} is not known: not in config/locations.yaml, and not imported`,
    )
  if (task.again) await untilDue(message, definition, worker)
  const days = await ingest(
    { definition, shard, windows: task.windows, run, signal, deadline, again: task.again },
    ports,
  )
  const failures = days.flatMap(({ failure }) => failure ?? [])
  const unchanged = unchangedLooks(days)
  const failure = failures.find(({ code }) => code !== 'CANCELLED')
  if (failure) {
    await remember(message, unchanged, ports)
    throw failure
  }
  const counted = { ...message, unchanged }
  const finished = days.filter((day) => day.failure?.code !== 'CANCELLED').map(({ window }) => window)
  const rest = task.windows.filter((window) => !finished.includes(window))
  const waiting = days.flatMap(({ window, lookAgainAt }) => (lookAgainAt === null ? [] : [{ window, lookAgainAt }]))
  const later = waiting.length > 0 ? [secondLook({ message, waiting, task }, ports)] : []
  if (rest.length === 0 && later.length === 0)
    return await done(counted, ports, run.scope.fromArchive ? [] : [incidentCause.source(task.pipeline).key])
  if (rest.length === 0) return await endBy(counted, later, ports)
  // Without a day that was finished it would be put back for ever; the queue counts its deliveries instead.
  if (finished.length > 0 && isTimeUp(worker))
    return await endBy(counted, [...later, newMessage({ ...task, windows: rest }, message.runId, ports)], ports)
  throw new DaybreakError('CANCELLED', `stopped at ${rest[0]} of location ${shard.id}`)
}

/** Counts unchanged slices of a failed delivery too, since it may be the last one. */
async function remember(message: Message, unchanged: Message['unchanged'], { ledger }: Ports): Promise<void> {
  if (unchanged.length > 0) await applied([{ change: 'message', message: { ...message, unchanged } }], ledger)
}

/** A second look that a queue delivers early waits for its time here, unless the work would not be over in time. */
async function untilDue(
  { notBefore }: Message,
  { minimumAge }: PipelineDefinition,
  { ports: { clock }, deadline, signal }: Worker,
): Promise<void> {
  const early = Math.min(notBefore - clock.now(), minimumAge)
  if (deadline !== undefined && clock.now() + early >= deadline) return
  await clock.sleep(early, signal)
}

function isTimeUp({ deadline, ports }: Worker): boolean {
  return deadline !== undefined && ports.clock.now() >= deadline
}

/** A message for the second look at what the first found new: due when that may have stood still. */
function secondLook(
  {
    message: { runId },
    waiting,
    task,
  }: {
    message: Message
    waiting: readonly { readonly window: BusinessDate; readonly lookAgainAt: Instant }[]
    task: IngestWork
  },
  ports: Ports,
): Message {
  const work: IngestWork = { ...task, windows: waiting.map(({ window }) => window), again: true }
  const notBefore = Math.max(...waiting.map(({ lookAgainAt }) => lookAgainAt))
  const seconds = Math.ceil((notBefore - ports.clock.now()) / 1000)
  ports.log({
    severity: 'NOTICE',
    message: `Looks again in ${seconds} s: location ${task.shard} has new files, and a file is taken when two looks find it the same`,
    step: 'extract',
    ...(runId !== null && { runId }),
    pipeline: task.pipeline,
    shard: task.shard,
  })
  return { ...newMessage(work, runId, ports), notBefore }
}

/** Ends a message by others of the same run, for what is left of it. */
async function endBy(message: Message, others: readonly Message[], ports: Ports): Promise<void> {
  const changesOf = (now: Message): readonly Change[] => [
    { change: 'message', message: { ...now, state: 'done', unchanged: message.unchanged } },
    ...others.map((next) => ({ change: 'message', message: next }) as const),
  ]
  if (await end(message, changesOf, ports)) await ports.queue.publish(others)
}

type IngestWork = Extract<Work, { kind: 'ingest' }>
type LoadWork = Extract<Work, { kind: 'load' }>

async function handleLoad(
  task: LoadWork,
  definition: PipelineDefinition,
  { message, run, worker }: Assignment & { worker: Worker },
): Promise<Reason | null> {
  const { outcome, partition } = await load(task, definition, { run, worker })
  if (outcome === 'pending') throw stillRunning(task, partition.jobId)
  if (outcome === 'quarantined') return partition.reason
  await done(message, worker.ports)
  return null
}

async function load(
  task: LoadWork,
  definition: PipelineDefinition,
  { run, worker: { ports, signal, deadline } }: { readonly run: Run; readonly worker: Worker },
): Promise<Loaded> {
  return await ensureLoaded(
    {
      pipeline: task.pipeline,
      stream: task.stream,
      window: task.window,
      table: tableFor(definition, task.stream),
      runId: run.id,
      environment: definition.environment,
      ...((run.scope.force || run.scope.reload) && { force: true }),
      ...(signal && { signal }),
      ...(deadline !== undefined && { budget: Math.min(LONGEST_WAIT, deadline - ports.clock.now()) }),
      waiting: async () => (await waitingFor(task, ports)).map(({ id }) => id),
      remake: (damaged) => remakeParts(definition, damaged, { window: task.window, ports }),
    },
    ports,
  )
}

function stillRunning({ stream, window }: LoadWork, jobId: string): DaybreakError {
  return new DaybreakError('WAREHOUSE_BUSY', `job ${jobId} for ${stream} of ${window} is still running`)
}

/** The table of a stream; `rejects` is the one that every pipeline has beside its contracts. */
export function tableFor(definition: PipelineDefinition, stream: string): Table {
  if (stream === 'rejects') return rejectsTable(definition.name, definition.contracts.values())
  const contract = definition.contracts.get(stream)
  if (!contract)
    throw new DaybreakError(
      'CONFIG_MISSING',
      `pipeline ${definition.name} has no contract for the stream ${JSON.stringify(stream)}`,
    )
  return tableOf(contract, definition.name)
}

/** Ends a message that did its work, and resolves its incident and those of the keys. */
async function done(message: Message, ports: Ports, keys: readonly string[] = []): Promise<void> {
  const at = ports.clock.now()
  const resolved = [incidentCause.message(message.work).key, ...keys].map(
    (key) => ({ change: 'incident_resolved', key, at }) as const,
  )
  const { unchanged } = message
  await end(
    message,
    (now) => [{ change: 'message', message: { ...now, state: 'done', unchanged } }, ...resolved],
    ports,
  )
}

/** A run shows that it is alive by moving its lease; not with every message, since all of them share one row. */
async function keepLease(run: Run, { ledger, clock }: Ports): Promise<Run> {
  const sign = run.leaseUntil - LEASE
  if (sign > clock.now() - SIGN_OF_LIFE && !isFromTheFuture(sign, clock.now())) return run
  await applied([{ change: 'run', run: { ...run, leaseUntil: clock.now() + LEASE } }], ledger)
  return (await ledger.run(run.id)) ?? run
}
