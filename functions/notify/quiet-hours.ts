import { addDays, instantOf, localDate } from '../lib/business-date.ts'
import type { Instant } from '../pipeline/entities.ts'

/** Quiet hours of a person: times of the wall clock in a zone, also across midnight. */
export interface QuietHours {
  /** `HH:MM`, the first minute. */
  readonly from: string
  /** `HH:MM`, the first minute after them. */
  readonly to: string
  readonly zone: string
}

/** When the quiet hours at an instant end; null when it is in none. */
export function quietUntil(hours: QuietHours, at: Instant): Instant | null {
  const today = localDate(at, hours.zone)
  // Those of yesterday may last into today.
  const ends = [addDays(today, -1), today].flatMap((date) => {
    const { from, until } = quietOf(hours, date)
    return from <= at && at < until ? [until] : []
  })
  if (ends.length === 0) return null
  const end = Math.max(...ends)
  // Where the clock skips the pause between two nights, the one goes on in the other.
  return quietUntil(hours, end) ?? end
}

/** The quiet hours that begin on a day. Where the clocks change they are an hour shorter or longer. */
function quietOf({ from, to, zone }: QuietHours, date: string): { readonly from: Instant; readonly until: Instant } {
  const lastDay = from < to ? date : addDays(date, 1)
  return { from: instantOf(date, from, zone), until: instantOf(lastDay, to, zone) }
}
