import type { FilesPipeline } from '../../config/config.ts'
import { addDays, instantOf } from '../../lib/business-date.ts'
import type { Calendar } from './daily.ts'

/** A day ends at midnight of the pipeline's zone; its files are first looked for at `daily` of the next day, and no shard closes out. */
export function files({ schedule: { daily, timeZone } }: FilesPipeline): Calendar {
  return (_, window) => {
    const nextDay = addDays(window, 1)
    return { endsAt: instantOf(nextDay, '00:00', timeZone), dueAt: instantOf(nextDay, daily, timeZone) }
  }
}
