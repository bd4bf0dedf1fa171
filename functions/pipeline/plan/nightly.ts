import type { NightlyPipeline } from '../../config/config.ts'
import { addDays, instantOf } from '../../lib/business-date.ts'
import { DAYS } from '../../lib/window-unit.ts'
import type { Calendar } from './calendar.ts'

const HALF_AN_HOUR = 1_800_000

/**
 * A business date ends at the closeout hour of the next civil day; Toast writes its files within about an hour after that.
 * So the first look is at `first_look` of the next day, but never before half an hour past the closeout.
 */
export function nightly({ schedule }: NightlyPipeline): Calendar {
  const timesOf: Calendar['timesOf'] = ({ timeZone, closeoutHour }, window) => {
    const nextDay = addDays(window, 1)
    const firstLook = instantOf(nextDay, schedule.firstLook, timeZone)
    const endsAt = instantOf(nextDay, `${String(closeoutHour ?? 0).padStart(2, '0')}:00`, timeZone)
    return { endsAt, dueAt: Math.max(firstLook, endsAt + HALF_AN_HOUR) }
  }
  return { cut: DAYS, timesOf, listedAgainAt: (shard, day) => timesOf(shard, addDays(day, -1)).dueAt }
}
