import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { applied } from '../apply.ts'
import { type PipelineDefinition, readContracts, shardOf } from '../definition.ts'
import type { BusinessDate, Instant, Message, Run, RunSlice, Work } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import { bringIn } from '../night.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Ports } from '../ports.ts'
import { type ShardConfig, standing } from '../shard.ts'
import { shardNamed, wordsOf } from '../slice-words.ts'
import type { DayResult } from '../steps/day.ts'
import { openSession, type SourceSession } from '../steps/extract.ts'
import { unchangedLooks } from '../steps/unchanged.ts'
import { readTimes } from '../window-times.ts'
import { newMessage } from './run.ts'
import type { Assignment, Ending, Worker } from './worker.ts'

type IngestWork = Extract<Work, { kind: 'ingest' }>

/**
 * The work of an `ingest`: brings in some days of one location. Days that the deadline cuts off, and days whose files have to be
 * seen a second time, get a message of their own.
 */
export async function ingest(
  work: IngestWork,
  { message, run, definition }: Assignment,
  worker: Worker,
): Promise<Ending> {
  const { ports } = worker
  const shard = shardOf(definition, work.shard)
  if (!shard)
    throw new DaybreakError(
      'LOCATION_UNKNOWN',
      `${wordsOf(definition).shard.one} ${JSON.stringify(work.shard)} is not known: ${unknownShard(definition)}`,
    )
  if (work.again) await untilDue(message, definition, worker)
  const days = await bringInAll({ work, definition, shard, run }, worker)
  const unchanged = unchangedLooks(days)
  const failure = days.flatMap((day) => day.failure ?? []).find(({ code }) => code !== 'CANCELLED')
  if (failure) {
    await remember(message, unchanged, ports)
    throw failure
  }
  const finished = days.filter((day) => day.failure?.code !== 'CANCELLED').map(({ window }) => window)
  const rest = work.windows.filter((window) => !finished.includes(window))
  const waiting = days.flatMap(({ window, lookAgainAt }) => (lookAgainAt === null ? [] : [{ window, lookAgainAt }]))
  // Without a day that was finished the message would be put back forever; the queue counts its deliveries instead.
  if (rest.length > 0 && (finished.length === 0 || !isTimeUp(worker)))
    throw new DaybreakError('CANCELLED', `stopped at ${rest[0]} of ${shardNamed(shard.id, wordsOf(definition))}`)
  const by = [
    ...(waiting.length > 0 ? [secondLook(work, { waiting, runId: run.id }, ports)] : []),
    ...(rest.length > 0 ? [newMessage({ ...work, windows: rest }, run.id, ports)] : []),
  ]
  if (by.length > 0) return { end: 'continued', by, unchanged }
  return { end: 'done', unchanged, resolves: run.scope.fromArchive ? [] : [incidentCause.source(work.pipeline).key] }
}

function unknownShard({ config: { kind, pipeline } }: PipelineDefinition): string {
  if (kind === 'files') return `not among the shards of ${pipeline}`
  return 'not in config/locations.yaml, and not imported'
}

interface IngestTask {
  readonly work: IngestWork
  readonly definition: PipelineDefinition
  readonly shard: ShardConfig
  readonly run: Run
}

/**
 * Brings in day after day over one connection. Past the deadline, or once the signal aborts, the days that were not begun are
 * left out of the answer. Days that were done before a failure stay in it.
 */
async function bringInAll(task: IngestTask, worker: Worker): Promise<readonly DayResult[]> {
  const { ports, signal } = worker
  const session = openSession(ports.source(task.definition.name), ports.clock, signal)
  const done: DayResult[] = []
  try {
    for (const window of task.work.windows) {
      const isOver = signal?.aborted || isTimeUp(worker)
      if (isOver && done.length > 0) break
      if (isOver)
        throw new DaybreakError(
          'CANCELLED',
          `stopped before ${window} of ${shardNamed(task.shard.id, wordsOf(task.definition))}`,
        )
      const day = await bringInOne(task, { window, session, signal }, ports).catch((error: unknown) => {
        if (done.length === 0) throw error
        return { window, runSlices: [], failure: toDaybreakError(error), lookAgainAt: null }
      })
      done.push(day)
      if (day.failure !== null && day.runSlices.length === 0) break
    }
    return done
  } finally {
    await session.close()
  }
}

const CONFLICT_ATTEMPTS = 6

/** Another worker may have recorded the same day meanwhile: then the look starts again from its state. Objects are not made twice. */
async function bringInOne(
  { work, definition, shard, run }: IngestTask,
  at: { readonly window: BusinessDate; readonly session: SourceSession; readonly signal: AbortSignal | undefined },
  ports: Ports,
): Promise<DayResult> {
  const times = await readTimes(definition.name, [at.window], ports.ledger)
  const readiness = plannerOf(definition).readiness(shard, at.window, times)
  const isClosed = standing(shard, at.window) === 'closed'
  const [contracts, words] = [readContracts(definition, shard), wordsOf(definition)]
  const day = { ...at, definition, shard, run, readiness, isClosed, contracts, words, again: work.again ?? false }
  for (let attempt = 1; ; attempt++) {
    const started = ports.clock.now()
    try {
      const result = await ports.withScratch((scratch) => bringIn({ ...day, scratch }, ports))
      if (result.lookAgainAt === null) tell(result, { ...day, milliseconds: ports.clock.now() - started }, ports)
      return result
    } catch (error) {
      const isLost = error instanceof DaybreakError && error.code === 'LEDGER_CONFLICT'
      if (!isLost || attempt === CONFLICT_ATTEMPTS) throw error
    }
  }
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

interface Waiting {
  readonly waiting: readonly { readonly window: BusinessDate; readonly lookAgainAt: Instant }[]
  readonly runId: string
}

/** A message for the second look at files that the first found new: due when they may have stood still. */
function secondLook(work: IngestWork, { waiting, runId }: Waiting, ports: Ports): Message {
  const notBefore = Math.max(...waiting.map(({ lookAgainAt }) => lookAgainAt))
  const seconds = Math.ceil((notBefore - ports.clock.now()) / 1000)
  ports.log({
    severity: 'NOTICE',
    message: `Looks again in ${seconds} s: ${shardNamed(work.shard, ports.words(work.pipeline))} has new files, and a file is taken when two looks find it the same`,
    step: 'extract',
    runId,
    pipeline: work.pipeline,
    shard: work.shard,
  })
  const windows = waiting.map(({ window }) => window)
  return { ...newMessage({ ...work, windows, again: true }, runId, ports), notBefore }
}

const OUTCOMES = ['staged', 'unchanged', 'resumed', 'held', 'quarantined', 'missing', 'seen', 'failed'] as const

function tell(
  { window, runSlices }: DayResult,
  { definition, shard, run, milliseconds }: Omit<IngestTask, 'work'> & { readonly milliseconds: number },
  { log }: Ports,
): void {
  const count = (outcome: RunSlice['outcome']) => runSlices.filter((slice) => slice.outcome === outcome).length
  log({
    severity: 'INFO',
    message: `Looked at ${runSlices.length} slices of ${shardNamed(shard.id, wordsOf(definition))} for ${window}`,
    step: 'stage',
    runId: run.id,
    pipeline: definition.name,
    shard: shard.id,
    window,
    milliseconds,
    counts: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count(outcome)])),
  })
}
