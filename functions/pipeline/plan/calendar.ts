import { addDays, localDate } from '../../lib/business-date.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { DATES_ONLY, isDated, timeOf } from '../../lib/window-time.ts'
import { type Cut, windowHolding, windowsWithin } from '../../lib/window-unit.ts'
import { expectedContracts, isInScope, isOptional, type PipelineDefinition, readContracts } from '../definition.ts'
import type { BusinessDate, Instant, RunScope, SliceLook, SliceState } from '../entities.ts'
import { type ShardConfig, standing } from '../shard.ts'
import type { Look, PlanInput, Planner, Readiness, Span } from './planner.ts'

/** Windows of a pipeline, and their times. */
export interface Calendar {
  readonly cut: Cut
  /** When a window of a shard ends, and when its files are first looked for. */
  timesOf(shard: ShardConfig, window: BusinessDate): Pick<Readiness, 'endsAt' | 'dueAt'>
  /** When, on a day, all windows of the look-back are listed again. */
  listedAgainAt(shard: ShardConfig, day: BusinessDate): Instant
}

interface Windows {
  readonly definition: PipelineDefinition
  readonly calendar: Calendar
  readiness: Planner['readiness']
}

/** The planner of every pipeline whose windows are cut out of a calendar: a first look, sweeps for what is absent, and a look-back. */
export function calendarPlanner(definition: PipelineDefinition, calendar: Calendar): Planner {
  const readiness: Planner['readiness'] = (shard, window, times = DATES_ONLY) => {
    const { endsAt, dueAt } = isDated(window) ? calendar.timesOf(shard, window) : atOnce(timeOf(window, times))
    const { lateAfter, retention } = definition
    return { endsAt, dueAt, lateAt: dueAt + lateAfter, goneAt: retention === null ? null : dueAt + retention }
  }
  const windows = { definition, calendar, readiness }
  return {
    plan: (input) => plan(windows, input),
    span: (scope, now) => span(windows, scope, now),
    readiness,
  }
}

/** A window that is no day has ended, and can be read, at its instant. */
function atOnce(at: Instant): Pick<Readiness, 'endsAt' | 'dueAt'> {
  return { endsAt: at, dueAt: at }
}

// A message must end well within the ack deadline of a push subscription; seven of one location take seconds.
const WINDOWS_PER_LOOK = 7
const NEVER = -1
const COMPLETE: readonly SliceState[] = ['loaded', 'waived', 'staged']

/**
 * Which (shard, window) deserve a look now? The newest first, all shards of some windows before the next windows, so that the
 * partitions of the first are complete while the last are still to come.
 */
function plan(all: Windows, { trigger, scope, slices, now }: PlanInput): readonly Look[] {
  const byDay = groupByDay(slices)
  const looks = all.definition.shards
    .filter((shard) => isInScope(shard, scope))
    .map((shard) => {
      const windows = candidates(all, shard, { scope, now }).filter(
        (window) =>
          trigger !== 'schedule' ||
          isDue(all, shard, { window, now, slices: byDay.get(dayKey(shard.id, window)) ?? [] }),
      )
      return chunk(windows, WINDOWS_PER_LOOK).map((some) => ({ shard: shard.id, windows: some }))
    })
  const most = Math.max(0, ...looks.map(({ length }) => length))
  return Array.from({ length: most }, (_, turn) => looks.flatMap((own) => own[turn] ?? [])).flat()
}

function span({ definition, calendar }: Windows, scope: RunScope, now: Instant): Span {
  const windows = [...(scope.windows ?? []), ...(scope.perShard ?? []).flatMap((day) => day.windows)].sort()
  const today = localDate(now, 'UTC')
  const shards = scope.perShard?.map(({ shard }) => shard) ?? scope.shards
  return {
    from: windows[0] ?? windowHolding(addDays(today, -definition.lookBackDays - 2), calendar.cut),
    to: windows.at(-1) ?? addDays(today, 1),
    ...(shards && { shards }),
  }
}

function candidates(
  { definition, calendar, readiness }: Windows,
  shard: ShardConfig,
  { scope, now }: { scope: RunScope; now: Instant },
): readonly BusinessDate[] {
  const today = localDate(now, shard.timeZone)
  const first = addDays(today, -definition.lookBackDays)
  const asked = scope.perShard ? (scope.perShard.find((one) => one.shard === shard.id)?.windows ?? []) : scope.windows
  return (
    (asked ?? windowsWithin({ from: windowHolding(first, calendar.cut), to: today }, calendar.cut))
      // Imported days exist, even where the configuration says that the location was closed.
      .filter((window) => scope.perShard !== undefined || standing(shard, window) !== 'inactive')
      .filter((window) => asked !== undefined || readiness(shard, window).dueAt <= now)
      .toSorted((a, b) => (a < b ? 1 : -1))
  )
}

/**
 * The scheduled looks: once a day for corrections of the whole look-back, and every `sweep_every`
 * while something is absent and not yet late. A late file is found by the nightly look-back.
 */
function isDue(
  { definition, calendar, readiness }: Windows,
  shard: ShardConfig,
  { window, now, slices }: { window: BusinessDate; now: Instant; slices: readonly SliceLook[] },
): boolean {
  const lastLook = Math.min(...watched(definition, shard).map((stream) => lookedAt(slices, stream, now)))
  if (lastLook < lastListing(calendar, shard, now)) return true
  const { dueAt, lateAt } = readiness(shard, window)
  // One look after the deadline, too, so that what is still absent then becomes `missing`.
  if (dueAt <= now && lastLook < lateAt && now >= lateAt) return true
  const complete = readContracts(definition, shard).every(({ stream }) => {
    const slice = slices.find((one) => one.stream === stream)
    return slice ? COMPLETE.includes(slice.state) : isOptional(definition, stream)
  })
  // A tick may come a little early; three quarters of the interval keep it from skipping every other sweep.
  return !complete && now < lateAt && lastLook <= now - definition.sweepEvery * 0.75
}

/** Streams whose looks are the looks at the day: those that are expected, or all where none is. */
function watched(definition: PipelineDefinition, shard: ShardConfig): readonly string[] {
  const expected = expectedContracts(definition, shard)
  const watching = expected.length > 0 ? expected : readContracts(definition, shard)
  return watching.map(({ stream }) => stream)
}

function lastListing(calendar: Calendar, shard: ShardConfig, now: Instant): Instant {
  const today = localDate(now, shard.timeZone)
  const listings = [today, addDays(today, -1)].map((day) => calendar.listedAgainAt(shard, day))
  return Math.max(...listings.filter((at) => at <= now), 0)
}

/** A look by a clock that was ahead counts as none, or no one would look before that time has come. */
function lookedAt(slices: readonly SliceLook[], stream: string, now: Instant): Instant {
  const at = slices.find((slice) => slice.stream === stream)?.lookedAt ?? NEVER
  return isFromTheFuture(at, now) ? NEVER : at
}

function groupByDay(slices: readonly SliceLook[]): ReadonlyMap<string, readonly SliceLook[]> {
  const days = new Map<string, SliceLook[]>()
  for (const slice of slices) {
    const key = dayKey(slice.shard, slice.window)
    const day = days.get(key)
    if (day) day.push(slice)
    else days.set(key, [slice])
  }
  return days
}

function dayKey(shard: string, window: BusinessDate): string {
  return `${shard}/${window}`
}

function chunk<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
