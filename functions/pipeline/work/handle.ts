import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { type LogFacts, withLogFacts } from '../../lib/log-context.ts'
import { applied } from '../apply.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, Message, Work } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { isTables } from '../tables/tools.ts'
import { bringInTable } from './bring-in-table.ts'
import { build } from './build.ts'
import { ingest } from './ingest.ts'
import { kindOf } from './kinds.ts'
import { load } from './load.ts'
import { type Begun, begin, finish } from './message.ts'
import { planRun } from './plan-run.ts'
import { planTables } from './plan-tables.ts'
import { bury, finishRun } from './record.ts'
import { resendNext } from './run.ts'
import { sendBuilds } from './send-builds.ts'
import { resendLoads, sendLoads, windowsOf } from './send-loads.ts'
import type { Ending, Worker } from './worker.ts'

type LoadWork = Extract<Work, { kind: 'load' }>
type Open = Extract<Begun, { is: 'open' }>

/**
 * Handles one message, whichever trigger began it. Safe to repeat, and safe to run twice at a time. Throws when another
 * delivery may succeed; a failure that a repetition cannot mend is recorded as an incident, and the message ends there.
 * A load that is done ends the loads that waited for the same partition before its work began.
 */
export async function handle(message: Message, worker: Worker): Promise<void> {
  await withLogFacts(factsOf(message), () => handleOne(message, worker))
}

async function handleOne(message: Message, worker: Worker): Promise<void> {
  const begun = await begin(message, worker.ports)
  if (begun.is === 'late') return await handleLate(begun.message, worker)
  const windows = begun.is === 'open' ? await handleOpen(begun, worker) : windowsOf(message.work)
  // The end of a message may be what loads of its windows wait for. A tick has no windows before it is planned.
  if (windows.length > 0) await sendNext(message.work, worker, windows)
}

/** Sends the loads and builds that the end of a message makes ready. */
export async function sendNext(
  work: Work,
  worker: Pick<Worker, 'ports' | 'models'>,
  windows: readonly BusinessDate[] | undefined,
): Promise<void> {
  if (work.kind !== 'build') await sendLoads(work.pipeline, worker.ports, windows)
  await sendBuilds(worker, windows)
}

/** Does the work of an open message and records how it ended. Gives the windows whose loads may be ready. */
async function handleOpen(begun: Open, worker: Worker): Promise<readonly BusinessDate[]> {
  const ending = await work(begun, worker)
  for (const left of await finish(begun.message, ending, worker.ports)) await handleOne(left, worker)
  return ending.end === 'recorded' ? ending.windows : windowsOf(begun.message.work)
}

/** Does the work of a message. A failure that another delivery would only meet again is an ending; any other is thrown. */
async function work({ message, run }: Open, worker: Worker): Promise<Ending> {
  try {
    return await workOn({ message, run }, worker)
  } catch (error) {
    const failure = toDaybreakError(error)
    // A defect may pass; the queue's own limit ends it if it does not.
    if (failure.retryable || failure.code === 'INTERNAL' || failure.code === 'CANCELLED') throw failure
    return { end: 'refused', reason: { code: failure.code, message: failure.message } }
  }
}

/** The handler of each kind. */
async function workOn({ message, run }: Pick<Open, 'message' | 'run'>, worker: Worker): Promise<Ending> {
  const { work: asked } = message
  if (asked.kind === 'build' && worker.models) return await build(asked, worker)
  if (!kindOf(asked.kind)?.waits || run === null) return await workAlone(message, worker)
  const definition = definitionOf(asked, worker)
  if (isTables(definition) && asked.kind === 'tick') return await planTables({ message, run, definition }, worker)
  if (isTables(definition) && asked.kind === 'ingest')
    return await bringInTable(asked, { message, run, definition }, worker)
  if (asked.kind === 'tick') return await planRun({ message, run, definition }, worker.ports)
  if (asked.kind === 'ingest') return await ingest(asked, { message, run, definition }, worker)
  if (asked.kind === 'load') return await load(asked, { run, definition }, worker)
  return await workAlone(message, worker)
}

/** Does work of a kind without a run. */
async function workAlone({ id, work: asked }: Message, worker: Worker): Promise<Ending> {
  const handler = worker.handlers?.get(asked.kind)
  if (!handler)
    throw new DaybreakError('MESSAGE_INVALID', `message ${id} of the kind ${asked.kind} has no run and no handler`)
  await handler(asked, worker)
  return { end: 'done' }
}

/** An earlier delivery did the work, and may have died before it sent what follows, or before it ended the run. */
async function handleLate(message: Message, worker: Worker): Promise<void> {
  const { work, runId } = message
  const { ports } = worker
  if (work.kind === 'load') await loadAgain(work, runId, worker)
  else await resendNext(message, ports)
  await finishRun(runId, ports)
  await resendLoads(message, ports)
  // A tick that comes again is rare, so it looks at all windows.
  await sendNext(work, worker, work.kind === 'tick' ? undefined : windowsOf(work))
}

/**
 * A redelivered load that is already done is checked once more: of two copies, one may have ended it while the other died after
 * a job of its own, made of slices that were stale by then. No other message looks after that job.
 */
async function loadAgain(task: LoadWork, runId: string | null, worker: Worker): Promise<void> {
  const run = runId === null ? null : await worker.ports.ledger.run(runId)
  const definition = worker.definitions.get(task.pipeline)
  if (run !== null && definition) await load(task, { run, definition }, worker)
}

function definitionOf({ pipeline }: Work, { definitions }: Worker): PipelineDefinition {
  const definition = definitions.get(pipeline)
  if (definition) return definition
  throw new DaybreakError('CONFIG_MISSING', `there is no pipeline ${JSON.stringify(pipeline)} in config/pipelines`)
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
export async function deadLetter(
  message: Message,
  error: unknown,
  worker: Pick<Worker, 'ports' | 'models'>,
): Promise<void> {
  await bury(message, error, worker.ports)
  await sendNext(message.work, worker, windowsOf(message.work))
}

/** The facts that log entries about a message carry. */
function factsOf({ runId, work }: Message): LogFacts {
  const facts = { pipeline: work.pipeline, ...(runId !== null && { runId }) }
  if (work.kind === 'ingest') return { ...facts, shard: work.shard }
  if (work.kind === 'build') return { ...facts, window: work.window }
  return work.kind === 'load' ? { ...facts, stream: work.stream, window: work.window } : facts
}
