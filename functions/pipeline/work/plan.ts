import type { LocationConfig } from '../../config/config.ts'
import { addDays, datesBetween, localDate } from '../../lib/business-date.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import {
  expectedContracts,
  isInScope,
  isOptional,
  type PipelineDefinition,
  readContracts,
  readiness,
  standing,
} from '../definition.ts'
import type { BusinessDate, Instant, Run, RunScope, SliceLook, SliceState } from '../entities.ts'

/** Days of one location that deserve a look. One `ingest` message per entry. */
export interface Look {
  readonly location: string
  readonly dates: readonly BusinessDate[]
}

export interface PlanInput {
  readonly definition: PipelineDefinition
  readonly trigger: Run['trigger']
  readonly scope: RunScope
  /** Slices of the window, as the ledger has them. */
  readonly slices: readonly SliceLook[]
  readonly now: Instant
}

// A message must end well within the ack deadline of a push subscription; a week of one location takes seconds.
const DATES_PER_LOOK = 7
const NEVER = -1
const COMPLETE: readonly SliceState[] = ['loaded', 'waived', 'staged']

/**
 * Which (location, business date) deserve a look now? Pure over ledger and clock; newest dates first, all locations of some
 * dates before the next dates, so that the partitions of the first are complete while the last are still to come.
 */
export function plan({ definition, trigger, scope, slices, now }: PlanInput): readonly Look[] {
  const byDay = groupByDay(slices)
  const looks = definition.locations
    .filter((location) => isInScope(definition, location, scope))
    .map((location) => {
      const dates = candidateDates(definition, location, { scope, now }).filter(
        (date) =>
          trigger !== 'schedule' ||
          isDue(definition, location, { date, now, slices: byDay.get(dayKey(location.id, date)) ?? [] }),
      )
      return chunk(dates, DATES_PER_LOOK).map((some) => ({ location: location.id, dates: some }))
    })
  const most = Math.max(0, ...looks.map(({ length }) => length))
  return Array.from({ length: most }, (_, turn) => looks.flatMap((own) => own[turn] ?? [])).flat()
}

/** Slices that a plan can touch, whatever the time zones: first and last business date, and the locations of a narrow scope. */
export function planWindow(
  definition: PipelineDefinition,
  scope: RunScope,
  now: Instant,
): { readonly from: BusinessDate; readonly to: BusinessDate; readonly locations?: readonly string[] } {
  const dates = [...(scope.dates ?? []), ...(scope.days ?? []).flatMap((day) => day.dates)].sort()
  const today = localDate(now, 'UTC')
  const locations = scope.days?.map(({ location }) => location) ?? scope.locations
  return {
    from: dates[0] ?? addDays(today, -definition.lookBackDays - 2),
    to: dates.at(-1) ?? addDays(today, 1),
    ...(locations && { locations }),
  }
}

function candidateDates(
  definition: PipelineDefinition,
  location: LocationConfig,
  { scope, now }: { scope: RunScope; now: Instant },
): readonly BusinessDate[] {
  const today = localDate(now, location.time_zone)
  const asked = scope.days ? (scope.days.find((one) => one.location === location.id)?.dates ?? []) : scope.dates
  return (
    (asked ?? datesBetween(addDays(today, -definition.lookBackDays), today))
      // What somebody has on his disk is there, whatever the configuration says of that day.
      .filter((date) => scope.days !== undefined || standing(location, date) !== 'inactive')
      .filter((date) => asked !== undefined || readiness(definition, location, date).dueAt <= now)
      .toSorted((a, b) => (a < b ? 1 : -1))
  )
}

/**
 * The scheduled looks: once after each day's first look for corrections of the whole window, and every `sweep_every`
 * while something is absent and not yet late. A late file is found by the nightly look-back.
 */
function isDue(
  definition: PipelineDefinition,
  location: LocationConfig,
  { date, now, slices }: { date: BusinessDate; now: Instant; slices: readonly SliceLook[] },
): boolean {
  const lastLook = Math.min(...watched(definition, location).map((stream) => lookedAt(slices, stream, now)))
  if (lastLook < latestFirstLook(definition, location, now)) return true
  const { dueAt, lateAt } = readiness(definition, location, date)
  // One look after the deadline, too, so that what is still absent then becomes `missing`.
  if (dueAt <= now && lastLook < lateAt && now >= lateAt) return true
  const complete = readContracts(definition, location).every(({ stream }) => {
    const slice = slices.find((one) => one.stream === stream)
    return slice ? COMPLETE.includes(slice.state) : isOptional(definition, stream)
  })
  // A tick may come a little early; three quarters of the interval keep it from skipping every other sweep.
  return !complete && now < lateAt && lastLook <= now - definition.sweepEvery * 0.75
}

/** Streams whose looks are the looks at the day: those that are expected, or all where none is. */
function watched(definition: PipelineDefinition, location: LocationConfig): readonly string[] {
  const expected = expectedContracts(definition, location)
  const watching = expected.length > 0 ? expected : readContracts(definition, location)
  return watching.map(({ stream }) => stream)
}

function latestFirstLook(definition: PipelineDefinition, location: LocationConfig, now: Instant): Instant {
  const today = localDate(now, location.time_zone)
  const looks = [today, addDays(today, -1)].map((day) => readiness(definition, location, addDays(day, -1)).dueAt)
  return Math.max(...looks.filter((look) => look <= now), 0)
}

/** A look by a clock that was ahead counts as none, or nobody would look before that time has come. */
function lookedAt(slices: readonly SliceLook[], stream: string, now: Instant): Instant {
  const at = slices.find((slice) => slice.stream === stream)?.lookedAt ?? NEVER
  return isFromTheFuture(at, now) ? NEVER : at
}

function groupByDay(slices: readonly SliceLook[]): ReadonlyMap<string, readonly SliceLook[]> {
  const days = new Map<string, SliceLook[]>()
  for (const slice of slices) {
    const key = dayKey(slice.location, slice.date)
    const day = days.get(key)
    if (day) day.push(slice)
    else days.set(key, [slice])
  }
  return days
}

function dayKey(location: string, date: BusinessDate): string {
  return `${location}/${date}`
}

function chunk<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
