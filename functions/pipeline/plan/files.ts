import type { FilesPipeline } from '../../config/config.ts'
import { toMilliseconds } from '../../config/duration.ts'
import { instantOf } from '../../lib/business-date.ts'
import { instantsOf, windowAfter } from '../../lib/window-unit.ts'
import type { Calendar } from './calendar.ts'

/**
 * A window ends with its last day in the pipeline's zone, and its files are first looked for at a time of the day after; an hour ends
 * with the hour, and its files are looked for a while later. No shard closes out.
 */
export function files({ schedule: { cut, at, after, timeZone } }: FilesPipeline): Calendar {
  const wait = toMilliseconds(after)
  return {
    cut,
    timesOf(_, window) {
      const { endsAt } = instantsOf(window, cut.unit, timeZone)
      const isHourly = cut.unit === 'hour'
      const dueAt = isHourly ? endsAt + wait : instantOf(windowAfter(window, cut.unit), at, timeZone)
      return { endsAt, dueAt }
    },
    listedAgainAt: (_, day) => instantOf(day, at, timeZone) + wait,
  }
}
