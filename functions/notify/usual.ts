import { Temporal } from 'temporal-polyfill'
import { instantOf } from '../lib/business-date.ts'
import { sumDecimals } from '../lib/decimal.ts'
import type { BusinessDate, Instant } from '../pipeline/entities.ts'

/** One past window of a shard, on the weekday that is asked about. */
export interface PastWindow {
  readonly window: BusinessDate
  /** When its file was first seen; null where that is unknown. */
  readonly seenAt: Instant | null
  /** Main amount as exact decimal text; null for a pipeline that names none. */
  readonly amount: string | null
}

/** Everything that is usual of a shard on a weekday. Null where too little is known. */
export interface Usual {
  /** Wall clock minutes after the local midnight that begins the window. */
  readonly minutes: number | null
  readonly amount: UsualAmount | null
}

/** Amounts of the same weekday. */
export interface UsualAmount {
  /** The median: one of the amounts, as exact decimal text. */
  readonly middle: string
  readonly least: string
  readonly most: string
}

/** Weeks that are looked back. */
export const USUAL_WEEKS = 8
// With fewer, one odd day would be the median.
const FEWEST = 4

/** Pure: the median arrival and amount of the same weekday. Both are robust: one late or closed day in eight changes little. */
export function usualOf(past: readonly PastWindow[], zone: string): Usual {
  const minutes = past.flatMap(({ window, seenAt }) => (seenAt === null ? [] : [minutesAfter(window, seenAt, zone)]))
  const amounts = past.flatMap(({ amount }) => amount ?? []).toSorted(byAmount)
  const [least, most, middle] = [amounts[0], amounts.at(-1), amounts[Math.floor((amounts.length - 1) / 2)]]
  const isKnown = amounts.length >= FEWEST && least !== undefined && most !== undefined && middle !== undefined
  return { minutes: medianOf(minutes), amount: isKnown ? { middle, least, most } : null }
}

/** Pure: the lower median of numbers; null where there are too few. */
export function medianOf(values: readonly number[]): number | null {
  if (values.length < FEWEST) return null
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null
}

/** Pure: wall clock minutes from the local midnight that begins a date, so that a change of the clock moves nothing. */
export function minutesAfter(date: BusinessDate, at: Instant, zone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime()
  return Math.round(Temporal.PlainDate.from(date).toPlainDateTime().until(local).total('minutes'))
}

/** Pure: the instant at which the wall clock of a zone shows so many minutes after the midnight that begins a date. */
export function instantAfter(date: BusinessDate, minutes: number, zone: string): Instant {
  const local = Temporal.PlainDate.from(date).toPlainDateTime().add({ minutes })
  return instantOf(local.toPlainDate().toString(), local.toPlainTime().toString().slice(0, 5), zone)
}

/** Usual arrival and amount of several shards in one window. */
export interface UsualOfMany {
  /** The last of the usual arrivals; null where none is known. */
  readonly by: Instant | null
  /** Sum of the usual amounts as exact decimal text, and of how many shards it is; null where none is known. */
  readonly amount: { readonly sum: string; readonly shards: number } | null
}

/** Pure: the last arrival and the sum of the amounts. */
export function usualOfMany(window: BusinessDate, shards: readonly (Usual & { readonly zone: string })[]): UsualOfMany {
  const arrivals = shards.flatMap(({ minutes, zone }) =>
    minutes === null ? [] : [instantAfter(window, minutes, zone)],
  )
  const amounts = shards.flatMap(({ amount }) => amount?.middle ?? [])
  return {
    by: arrivals.length === 0 ? null : Math.max(...arrivals),
    amount: amounts.length === 0 ? null : { sum: sumDecimals(amounts), shards: amounts.length },
  }
}

/**
 * Pure: how far an amount is from the usual one in percent, where that is worth a sentence: less than half or more than
 * double of the median, and beyond every amount of those weeks. Null otherwise.
 */
export function oddness(amount: string, usual: UsualAmount): number | null {
  const [now, middle] = [Number(amount), Number(usual.middle)]
  if (middle <= 0) return null
  const isBeyond = now < Number(usual.least) || now > Number(usual.most)
  const share = now / middle
  return isBeyond && (share < 0.5 || share > 2) ? Math.round(100 * (share - 1)) : null
}

function byAmount(a: string, b: string): number {
  return Number(a) - Number(b)
}
