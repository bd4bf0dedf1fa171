import { DaybreakError } from '../errors.ts'
import { addDays, datesBetween } from '../lib/business-date.ts'
import type { Backfill, BackfillState, BusinessDate, Run } from './model.ts'
import type { Ports } from './ports.ts'
import { cancelRun, startRun } from './run.ts'

export interface BackfillRequest {
  readonly pipeline: string
  readonly startDate: BusinessDate
  readonly endDate: BusinessDate
  readonly locations: readonly string[]
  readonly streams: readonly string[]
  readonly fromArchive: boolean
  readonly force: boolean
}

// A run covers so many dates: enough to load each partition once for all locations, few enough to pause between them.
const DATES_PER_RUN = 7
const LONGEST_RANGE = 3_660

/** Records a backfill; nothing is brought in yet. @throws {DaybreakError} USAGE_INVALID for a range that cannot be meant. */
export async function createBackfill(request: BackfillRequest, { ledger, clock, newId }: Ports): Promise<Backfill> {
  const days = datesBetween(request.startDate, request.endDate).length
  if (days === 0 || days > LONGEST_RANGE) {
    const range = `${request.startDate} to ${request.endDate}`
    throw new DaybreakError(
      'USAGE_INVALID',
      `a backfill from ${range} has ${days} days; expected 1 to ${LONGEST_RANGE}`,
    )
  }
  const now = clock.now()
  const backfill: Backfill = {
    ...request,
    id: newId(),
    state: 'queued',
    nextDate: request.startDate,
    runIds: [],
    reason: null,
    createdAt: now,
    updatedAt: now,
    version: 0,
  }
  await ledger.apply([{ change: 'backfill', backfill }])
  return { ...backfill, version: 1 }
}

/**
 * Works through a backfill, one run of a few dates at a time, until it is done or somebody paused or cancelled it. What is
 * complete already is not done again, so an interrupted one goes on where it was.
 */
export async function workBackfill(id: string, drive: (run: Run) => Promise<Run>, ports: Ports): Promise<Backfill> {
  for (;;) {
    const backfill = await findBackfill(id, ports)
    if (!['queued', 'running'].includes(backfill.state)) return backfill
    if (backfill.nextDate > backfill.endDate) {
      await conclude(backfill, ports)
      continue
    }
    const lastDate = earlier(addDays(backfill.nextDate, DATES_PER_RUN - 1), backfill.endDate)
    const run = await startRun(
      { pipeline: backfill.pipeline, trigger: 'backfill', backfillId: id, scope: toScope(backfill, lastDate) },
      ports,
    )
    const started = await put({ ...backfill, state: 'running', runIds: [...backfill.runIds, run.id] }, ports)
    const finished = await drive(run)
    if (finished.state === 'cancelled') return await findBackfill(id, ports)
    await putNewest(started, { nextDate: addDays(lastDate, 1) }, ports)
  }
}

/** Changes the state on behalf of a person. @throws {DaybreakError} USAGE_INVALID when that state does not follow. */
export async function steerBackfill(
  id: string,
  verb: 'pause' | 'resume' | 'cancel' | 'retry',
  ports: Ports,
): Promise<Backfill> {
  const backfill = await findBackfill(id, ports)
  const { from, to } = STEERING[verb]
  if (!from.includes(backfill.state)) {
    throw new DaybreakError(
      'USAGE_INVALID',
      `backfill ${id} is ${backfill.state}; ${verb} needs one of: ${from.join(', ')}`,
    )
  }
  const next = await put(
    { ...backfill, state: to, ...(verb === 'retry' && { nextDate: backfill.startDate, reason: null }) },
    ports,
  )
  if (verb === 'cancel') {
    const runs = await ports.ledger.runs({ backfillId: id, states: ['queued', 'running'] })
    for (const run of runs) await cancelRun(run, ports)
  }
  return next
}

const STEERING: Record<'pause' | 'resume' | 'cancel' | 'retry', { from: readonly BackfillState[]; to: BackfillState }> =
  {
    pause: { from: ['queued', 'running'], to: 'paused' },
    resume: { from: ['paused', 'running'], to: 'queued' },
    cancel: { from: ['queued', 'running', 'paused'], to: 'cancelled' },
    retry: { from: ['failed', 'partial', 'cancelled', 'timed_out'], to: 'queued' },
  }

/** @throws {DaybreakError} NOT_FOUND */
export async function findBackfill(id: string, { ledger }: Pick<Ports, 'ledger'>): Promise<Backfill> {
  const backfill = await ledger.backfill(id)
  if (backfill === null) throw new DaybreakError('NOT_FOUND', `there is no backfill ${JSON.stringify(id)}`)
  return backfill
}

function toScope({ nextDate, locations, streams, fromArchive, force }: Backfill, lastDate: BusinessDate): Run['scope'] {
  return {
    dates: datesBetween(nextDate, lastDate),
    ...(locations.length > 0 && { locations }),
    ...(streams.length > 0 && { streams }),
    ...(fromArchive && { fromArchive }),
    ...(force && { force }),
  }
}

async function conclude(backfill: Backfill, ports: Ports): Promise<void> {
  const runs = await Promise.all(backfill.runIds.map((id) => ports.ledger.run(id)))
  const states = runs.map((run) => run?.state ?? 'failed')
  const worst =
    (['failed', 'timed_out', 'partial', 'succeeded'] as const).find((state) => states.includes(state)) ?? 'succeeded'
  const reason = runs.find((run) => run?.state === worst)?.reason ?? null
  await put({ ...backfill, state: worst, reason }, ports)
}

async function put(backfill: Backfill, { ledger, clock }: Ports): Promise<Backfill> {
  await ledger.apply([{ change: 'backfill', backfill: { ...backfill, updatedAt: clock.now() } }])
  return { ...backfill, version: backfill.version + 1 }
}

/** Moves on from the row as it is now: somebody may have paused it while the run worked. */
async function putNewest({ id }: Backfill, change: Partial<Backfill>, ports: Ports): Promise<void> {
  for (;;) {
    const newest = await findBackfill(id, ports)
    try {
      await put({ ...newest, ...change }, ports)
      return
    } catch (error) {
      if (!(error instanceof DaybreakError && error.code === 'LEDGER_CONFLICT')) throw error
    }
  }
}

function earlier(a: BusinessDate, b: BusinessDate): BusinessDate {
  return a < b ? a : b
}
