import { isDeepStrictEqual } from 'node:util'
import { DaybreakError } from '../../errors.ts'
import { countDays, localDate } from '../../lib/business-date.ts'
import { keyedId } from '../../lib/id.ts'
import { dayOfWindow, type Unit, wholeWindows, windowAfter } from '../../lib/window-unit.ts'
import { applied } from '../apply.ts'
import {
  cutOf,
  expectedContracts,
  isInScope,
  type PipelineDefinition,
  readContracts,
  windowsIn,
} from '../definition.ts'
import type { Backfill, BackfillState, BusinessDate, Instant, Run, SliceState } from '../entities.ts'
import { isGone } from '../plan/planner.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Change, Ports } from '../ports.ts'
import { withLedgerShards } from '../read/discover.ts'
import { type ShardConfig, standing } from '../shard.ts'
import { gravest, gravestFailure } from '../steps/verdict.ts'
import { isTerminal } from './record.ts'
import { cancelRun, newRun, resendUnsent } from './run.ts'

/** Range of windows to bring in, and how. */
export interface BackfillRequest {
  readonly pipeline: string
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly unit: Unit
  readonly shards: readonly string[]
  readonly streams: readonly string[]
  readonly fromArchive: boolean
  readonly force: boolean
  /** Load also partitions whose manifest is loaded. */
  readonly reload: boolean
}

// A run covers so many windows: enough to load each partition once for all locations, few enough to pause between them.
const WINDOWS_PER_RUN = 28
const LONGEST_RANGE = 3_660
const EARLIEST = '2000-01-01'
// Where a day begins first.
const EASTERNMOST = 'Pacific/Kiritimati'

/**
 * Records a backfill; nothing is brought in yet. The same key with the same request gives the backfill that it made before.
 * @throws {DaybreakError} USAGE_INVALID for a range that cannot be meant, KEY_REUSED for a key of another request.
 */
export async function createBackfill(
  request: BackfillRequest,
  ports: Pick<Ports, 'ledger' | 'clock' | 'newId'>,
  key?: string,
): Promise<Backfill> {
  const { ledger, clock, newId } = ports
  expectPossible(request, clock.now())
  const now = clock.now()
  const backfill: Backfill = {
    ...request,
    id: key === undefined ? newId() : keyedBackfill(key),
    state: 'queued',
    next: request.from,
    runIds: [],
    reason: null,
    createdAt: now,
    updatedAt: now,
    version: 0,
  }
  if (await applied([{ change: 'backfill', backfill }], ledger)) return { ...backfill, version: 1 }
  return sameRequest(await findBackfill(backfill.id, ports), request)
}

/** Pure: the range that a backfill of these days goes through: from the window that holds the first to that which holds the last. */
export function rangeOf(
  definition: PipelineDefinition,
  range: Pick<BackfillRequest, 'from' | 'to'>,
): Pick<BackfillRequest, 'from' | 'to' | 'unit'> {
  const cut = cutOf(definition)
  return { ...wholeWindows(range, cut), unit: cut.unit }
}

/** Pure: id of the backfill that was created under a key. */
export function keyedBackfill(key: string): string {
  return keyedId(`backfill/${key}`)
}

/**
 * Refuses a range that no restaurant can have: before 2000, in the future, backwards, or of more than ten years.
 * @throws {DaybreakError} USAGE_INVALID.
 */
export function expectPossible(
  { from: startDate, to: endDate }: Pick<BackfillRequest, 'from' | 'to'>,
  now: Instant,
): void {
  const today = localDate(now, EASTERNMOST)
  const range = `${startDate} to ${endDate}`
  if (startDate < EARLIEST || dayOfWindow(endDate) > today)
    throw new DaybreakError('USAGE_INVALID', `a backfill from ${range} is not within ${EARLIEST} and today, ${today}`)
  const days = countDays(dayOfWindow(startDate), dayOfWindow(endDate))
  if (days >= 1 && days <= LONGEST_RANGE) return
  throw new DaybreakError('USAGE_INVALID', `a backfill from ${range} has ${days} days; expected 1 to ${LONGEST_RANGE}`)
}

function sameRequest(found: Backfill, request: BackfillRequest): Backfill {
  const { pipeline, from, to, unit, shards, streams, fromArchive, force, reload } = found
  const asked = { pipeline, from, to, unit, shards, streams, fromArchive, force, reload }
  if (isDeepStrictEqual(asked, request)) return found
  throw new DaybreakError('KEY_REUSED', `the key was used for backfill ${found.id}, which asks for something else`)
}

/** Slices that a backfill would go through, from the ledger alone: nothing is listed, nothing is recorded. */
export interface BackfillPlan {
  readonly days: number
  readonly runs: number
  readonly shards: number
  /** Slices that are expected, and how many of them are in which state now. */
  readonly slices: number
  readonly states: Readonly<Partial<Record<SliceState, number>>>
  /** Location-days that the source no longer keeps: only what is in the archive can be brought in. */
  readonly goneFromSource: number
}

/** Plan of a backfill of this request. */
export async function planBackfill(
  { from: startDate, to: endDate, shards, streams, fromArchive }: BackfillRequest,
  listed: PipelineDefinition,
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<BackfillPlan> {
  expectPossible({ from: startDate, to: endDate }, clock.now())
  const filter = { pipeline: listed.name, from: startDate, to: endDate }
  const definition = await withLedgerShards(listed, { from: startDate, to: endDate }, ledger)
  const windows = windowsIn(definition, { from: startDate, to: endDate })
  const scope = { fromArchive, ...(shards.length > 0 && { shards }) }
  const places = definition.shards.filter((shard) => isInScope(shard, scope))
  // Of an optional stream it is not known how many days have it, unless it was asked for by name.
  const contractsOf = (place: ShardConfig) =>
    streams.length === 0
      ? expectedContracts(definition, place)
      : readContracts(definition, place).filter(({ stream }) => streams.includes(stream))
  const states = await ledger.sliceCounts({
    ...filter,
    shards: places.map(({ id }) => id),
    ...(streams.length > 0 && { streams }),
  })
  const totals = places.map((place) => {
    const active = windows.filter((window) => standing(place, window) !== 'inactive')
    const perDay = contractsOf(place).length
    return { slices: active.length * perDay, gone: countGone(definition, place, { windows: active, now: clock.now() }) }
  })
  return {
    days: windows.length,
    runs: Math.ceil(windows.length / WINDOWS_PER_RUN),
    shards: places.length,
    slices: totals.reduce((sum, { slices }) => sum + slices, 0),
    states,
    goneFromSource: totals.reduce((sum, { gone }) => sum + gone, 0),
  }
}

/** Of dates in order, how many the source keeps no longer: those before the first that it does keep, found by halving. */
function countGone(
  definition: PipelineDefinition,
  place: ShardConfig,
  { windows, now }: { readonly windows: readonly BusinessDate[]; readonly now: Instant },
): number {
  const { readiness } = plannerOf(definition)
  let from = 0
  let to = windows.length
  while (from < to) {
    const middle = (from + to) >> 1
    const window = windows[middle] ?? ''
    if (isGone(readiness(place, window), now)) from = middle + 1
    else to = middle
  }
  return from
}

/** A backfill after a step, and the run it waits for; null when it is over, paused, or has to wait for another backfill. */
interface Advanced {
  readonly backfill: Backfill
  readonly run: Run | null
}

/**
 * Moves a backfill on by one step, if one is due: when the run at hand has ended, the next one starts, or the backfill ends.
 * Backfill, run and first message change in one transaction, so any number of workers may try at once, whenever they like.
 * `patient` lets an older backfill with the same dates go first; what it brings in is not done twice.
 */
export async function advanceBackfill(
  id: string,
  ports: Ports,
  { patient = false }: { readonly patient?: boolean } = {},
): Promise<Advanced> {
  for (;;) {
    const backfill = await findBackfill(id, ports)
    if (!['queued', 'running'].includes(backfill.state)) return { backfill, run: null }
    const current = backfill.state === 'running' ? await currentRun(backfill, ports) : null
    if (current?.state === 'queued') await resendUnsent(current.id, ({ kind }) => kind === 'tick', ports)
    if (current && !isTerminal(current)) return { backfill, run: current }
    if (current?.state === 'cancelled') {
      const reason = { code: 'CANCELLED', message: `its run ${current.id} was cancelled` } as const
      await applied([changeOf({ ...backfill, state: 'paused', reason }, ports)], ports.ledger)
      continue
    }
    const moved = { ...backfill, next: nextAfter(current, backfill.unit) ?? backfill.next }
    if (moved.next > moved.to) {
      await applied([changeOf(await concluded(moved, ports), ports)], ports.ledger)
      continue
    }
    if (patient && (await mustWait(moved, ports))) {
      if (moved.state === 'queued' || (await applied([changeOf({ ...moved, state: 'queued' }, ports)], ports.ledger)))
        return { backfill: moved, run: null }
      continue
    }
    const run = await startNext(moved, ports)
    if (run) return { backfill: await findBackfill(id, ports), run }
  }
}

/** Moves all backfills on, the oldest first, since a younger one waits for those that it overlaps. Gives how many there are. */
export async function advanceBackfills(ports: Ports): Promise<number> {
  const active = await ports.ledger.backfills({ states: ['queued', 'running'] })
  for (const { id } of active.toReversed()) await advanceBackfill(id, ports, { patient: true })
  return active.length
}

/**
 * Works through a backfill in this process, one run of a few dates at a time, until it is done or a person paused or
 * cancelled it. What is complete already is not done again, so an interrupted one goes on where it was.
 */
export async function workBackfill(id: string, drive: (run: Run) => Promise<Run>, ports: Ports): Promise<Backfill> {
  for (;;) {
    const { backfill, run } = await advanceBackfill(id, ports)
    if (run === null) return backfill
    if (!isTerminal(await drive(run))) return await findBackfill(id, ports)
  }
}

async function currentRun({ runIds }: Backfill, { ledger }: Ports): Promise<Run | null> {
  const id = runIds.at(-1)
  return id === undefined ? null : await ledger.run(id)
}

function nextAfter(run: Run | null, unit: Unit): BusinessDate | null {
  const last = run?.scope.windows?.at(-1)
  return last === undefined ? null : windowAfter(last, unit)
}

function lastOf({ next, to, unit }: Backfill): BusinessDate {
  return earlier(windowAfter(next, unit, WINDOWS_PER_RUN - 1), to)
}

/** The run of the next dates; null when another process changed the backfill first. */
async function startNext(backfill: Backfill, ports: Ports): Promise<Run | null> {
  const scope = toScope(backfill, lastOf(backfill))
  const request = { pipeline: backfill.pipeline, trigger: 'backfill', backfillId: backfill.id, scope } as const
  const { run, tick } = newRun(request, ports)
  const changes = [
    changeOf({ ...backfill, state: 'running', runIds: [...backfill.runIds, run.id] }, ports),
    { change: 'run', run },
    { change: 'message', message: tick },
  ] as const
  if (!(await applied(changes, ports.ledger))) return null
  await ports.queue.publish([tick])
  return run
}

/** True while an older backfill still has to go through some of the dates that come next. */
async function mustWait(backfill: Backfill, { ledger }: Ports): Promise<boolean> {
  const others = await ledger.backfills({ states: ['queued', 'running'] })
  return others.some(
    (other) =>
      other.pipeline === backfill.pipeline &&
      isOlder(other, backfill) &&
      other.next <= lastOf(backfill) &&
      other.to >= backfill.next,
  )
}

function isOlder(a: Backfill, b: Backfill): boolean {
  return a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id)
}

/**
 * Changes the state on behalf of a person. A repeated change, after one whose process died, goes on where that one ended.
 * @throws {DaybreakError} STATE_CONFLICT when that state does not follow.
 */
export async function steerBackfill(
  id: string,
  verb: 'pause' | 'resume' | 'cancel' | 'retry',
  ports: Ports,
  { isRepeated = false }: { readonly isRepeated?: boolean } = {},
): Promise<Backfill> {
  const backfill = await findBackfill(id, ports)
  const { from, to } = STEERING[verb]
  const hasLeft = (verb === 'resume' || verb === 'retry') && !from.includes(backfill.state)
  const isDone = isRepeated && (backfill.state === to || hasLeft)
  if (!isDone && !from.includes(backfill.state)) {
    throw new DaybreakError(
      'STATE_CONFLICT',
      `backfill ${id} is ${backfill.state}; ${verb} needs one of: ${from.join(', ')}`,
    )
  }
  const next = isDone ? backfill : await steered(backfill, verb, ports)
  if (verb === 'cancel' && next.state === 'cancelled') {
    const runs = await ports.ledger.runs({ backfillId: id, states: ['queued', 'running'] })
    for (const run of runs) await cancelRun(run, ports)
  }
  return next
}

async function steered(backfill: Backfill, verb: keyof typeof STEERING, ports: Ports): Promise<Backfill> {
  return await put(
    // What earlier runs did is still listed under their backfill; the result of a retry is that of its own.
    {
      ...backfill,
      state: STEERING[verb].to,
      ...(verb === 'retry' && { next: backfill.from, runIds: [] }),
      ...(verb !== 'cancel' && { reason: null }),
    },
    ports,
  )
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

function toScope(
  { next, unit, shards, streams, fromArchive, force, reload }: Backfill,
  last: BusinessDate,
): Run['scope'] {
  return {
    windows: windowsAfter({ from: next, to: last }, unit),
    ...(shards.length > 0 && { shards }),
    ...(streams.length > 0 && { streams }),
    ...(fromArchive && { fromArchive }),
    ...(force && { force }),
    ...(reload && { reload }),
  }
}

async function concluded(backfill: Backfill, ports: Ports): Promise<Backfill> {
  const runs = await Promise.all(backfill.runIds.map((id) => ports.ledger.run(id)))
  const states = runs.map((run) => run?.state ?? 'failed')
  const worst =
    (['failed', 'timed_out', 'partial', 'succeeded'] as const).find((state) => states.includes(state)) ?? 'succeeded'
  const reasons = runs.flatMap((run) => (run?.state === worst && run.reason ? [run.reason] : []))
  const reason = worst === 'partial' ? gravest(reasons) : gravestFailure(reasons)
  return { ...backfill, state: worst, reason }
}

function changeOf(backfill: Backfill, { clock }: Pick<Ports, 'clock'>): Change {
  return { change: 'backfill', backfill: { ...backfill, updatedAt: clock.now() } }
}

async function put(backfill: Backfill, { ledger, clock }: Ports): Promise<Backfill> {
  await ledger.apply([changeOf(backfill, { clock })])
  return { ...backfill, version: backfill.version + 1 }
}

/** Windows from one to another, both included; the first one is a window of this length. */
function windowsAfter({ from, to }: { readonly from: BusinessDate; readonly to: BusinessDate }, unit: Unit) {
  const windows: BusinessDate[] = []
  for (let window = from; window <= to; window = windowAfter(window, unit)) windows.push(window)
  return windows
}

function earlier(a: BusinessDate, b: BusinessDate): BusinessDate {
  return a < b ? a : b
}
