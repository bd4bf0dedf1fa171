import { median } from './median.ts'
import type { DayValue } from './outlier.ts'

/** A series that moves, and how surely. */
export interface Trend {
  /** Change of the values by week: the median of the slopes between each two days. */
  readonly slopeByWeek: number
  /** The slope lies between these two with the confidence that was asked for. */
  readonly low: number
  readonly high: number
  /** True when neither bound is on the other side of zero. */
  readonly isSure: boolean
  readonly days: number
}

const MILLISECONDS_OF_DAY = 86_400_000
const FEWEST_DAYS = 14
// More days say nothing new, and slopes grow with their square.
const MOST_DAYS = 180
const LEVELS = { 0.8: 1.2816, 0.95: 1.96, 0.99: 2.5758, 0.999: 3.2905 } as const

type Confidence = keyof typeof LEVELS

/**
 * Pure: the trend of a series in date order by Theil and Sen, with Kendall's interval. Up to a quarter of the days may be wild. A day is compared
 * with days of its weekday alone, as Hirsch and Slack do: a week has a shape, and that is no trend. Null for fewer than two weeks.
 */
export function trendOf(series: readonly DayValue[], confidence: Confidence = 0.99): Trend | null {
  const days = series
    .slice(-MOST_DAYS)
    .map(({ date, value }) => ({ day: Date.parse(date) / MILLISECONDS_OF_DAY, value }))
  if (days.length < FEWEST_DAYS) return null
  const weekdays = [...Map.groupBy(days, ({ day }) => day % 7).values()]
  const sorted = Float64Array.from(weekdays.flatMap(slopesOf)).sort()
  const variance = weekdays.reduce((sum, own) => sum + kendallVariance(own.map(({ value }) => value)), 0)
  const reach = LEVELS[confidence] * Math.sqrt(variance)
  const low = sorted[Math.max(0, Math.floor((sorted.length - reach) / 2))] ?? 0
  const high = sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length + reach) / 2))] ?? 0
  return { slopeByWeek: median([...sorted]), low, high, isSure: low > 0 || high < 0, days: days.length }
}

interface Day {
  readonly day: number
  readonly value: number
}

/** Changes by week between each two days of one weekday. */
function slopesOf(days: readonly Day[]): readonly number[] {
  return days.flatMap((b, at) => days.slice(0, at).map((a) => (7 * (b.value - a.value)) / (b.day - a.day)))
}

/** Variance of the number of rising less falling pairs, with its correction for equal values. */
function kendallVariance(values: readonly number[]): number {
  const term = (n: number) => n * (n - 1) * (2 * n + 5)
  const ties = [...Map.groupBy(values, (value) => value).values()].map(({ length }) => term(length))
  return Math.max(0, term(values.length) - ties.reduce((sum, tie) => sum + tie, 0)) / 18
}
