import { addDays, datesBetween, localDate } from '../../functions/lib/business-date.ts'

/** The business dates of the demo: the processes have the time of this machine, so they are near to today. */
export interface Days {
  /** Dates that the nightly looks find, oldest first. */
  readonly nights: readonly string[]
  /** Older than what they look back on. */
  readonly backfill: readonly string[]
  /** Between the two, when everything was closed. */
  readonly gap: readonly string[]
}

/** So many nights, the last one complete everywhere by now. */
export function daysBefore(now: number, nights: number): Days {
  const today = localDate(now, 'America/Los_Angeles')
  const last = addDays(today, -2)
  const first = addDays(last, 1 - nights)
  return {
    nights: datesBetween(first, last),
    backfill: [addDays(today, -10), addDays(today, -9)],
    gap: datesBetween(addDays(today, -8), addDays(first, -1)),
  }
}
