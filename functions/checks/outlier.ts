import { median } from './median.ts'

/** A number of a civil day. */
export interface DayValue {
  readonly date: string
  readonly value: number
}

/** How unlike a day must be to be told. */
export interface OutlierRule {
  /** Earlier days of the same weekday that say what is usual. */
  readonly weeks: number
  /** Distance from the usual, in scales of this series. */
  readonly at: number
  /** Smallest difference that is told, in the unit of the values. */
  readonly least: number
}

/** A day with too little history, or one with its usual value. */
export type DayVerdict =
  | { readonly isJudged: false; readonly known: number }
  | {
      readonly isJudged: true
      readonly isOutlier: boolean
      /** Median of the days that it is compared with. */
      readonly usual: number
      /** Days that it is compared with. */
      readonly days: number
      /** The dates of those days, oldest first. */
      readonly dates: readonly string[]
      /** Distance in scales; infinite where one of the two is zero or less. */
      readonly z: number
    }

/** An earlier day as later days are compared with it. */
interface PastDay extends DayValue {
  readonly weekday: number
  /** Direction of an outlier; 0 for a day like others, and for one that was not judged. */
  readonly flag: -1 | 0 | 1
  readonly residual: number | null
}

const MILLISECONDS_OF_DAY = 86_400_000
// Fewer days are no pattern.
const FEWEST_OF_CLASS = 3
const FEWEST_OF_WEEKDAY = 4
// So many outliers of one weekday in one direction are its new level.
const NEW_LEVEL = 4
const RESIDUALS = 56
const FEWEST_RESIDUALS = 8
const FIRST_SCALE = 0.15
const LEAST_SCALE = 0.05
// Makes the median absolute deviation of normal values their standard deviation.
const NORMAL = 1.4826

/** Days before the judged one that a verdict can depend on. */
export function historyDays({ weeks }: Pick<OutlierRule, 'weeks'>): number {
  return RESIDUALS + 7 * (weeks + 2)
}

/**
 * Pure: the verdict on the last day of a series in date order. Each day is judged by the days before it alone, as it was in its own
 * night; outliers and days that are known to be unusual say nothing of later days.
 */
export function judgeLast(
  series: readonly DayValue[],
  rule: OutlierRule,
  isKnown: (date: string) => boolean = () => false,
): DayVerdict {
  const past: PastDay[] = []
  for (const day of series.slice(0, -1)) {
    if (isKnown(day.date)) continue
    const verdict = judge(day, past, rule)
    const usual = verdict.isJudged ? verdict.usual : 0
    past.push({
      ...day,
      weekday: weekdayOf(day.date),
      flag: verdict.isJudged && verdict.isOutlier ? signOf(day.value - verdict.usual) : 0,
      residual: day.value > 0 && usual > 0 ? Math.log(day.value / usual) : null,
    })
  }
  const last = series.at(-1)
  return last ? judge(last, past, rule) : { isJudged: false, known: 0 }
}

function judge(day: DayValue, past: readonly PastDay[], { weeks, at, least }: OutlierRule): DayVerdict {
  const base = comparable(weekdayOf(day.date), past, weeks)
  if (base.length < FEWEST_OF_CLASS) return { isJudged: false, known: base.length }
  const usual = median(base.map(({ value }) => value))
  const z = distance(day.value, usual) / scaleOf(past)
  const isOutlier = Math.abs(z) >= at && Math.abs(day.value - usual) >= least
  return { isJudged: true, isOutlier, usual, days: base.length, dates: base.map(({ date }) => date), z }
}

/** The days that say what is usual on a weekday, of those before it. */
function comparable(weekday: number, past: readonly PastDay[], weeks: number): readonly PastDay[] {
  const same = past.filter((day) => day.weekday === weekday)
  const level = same.slice(-NEW_LEVEL)
  const direction = level[0]?.flag ?? 0
  if (direction !== 0 && level.length === NEW_LEVEL && level.every(({ flag }) => flag === direction)) return level
  const usual = same.filter(({ flag }) => flag === 0).slice(-weeks)
  if (usual.length >= FEWEST_OF_WEEKDAY) return usual
  const kind = classOf(weekday)
  return past.filter((day) => classOf(day.weekday) === kind && day.flag === 0).slice(-weeks)
}

function scaleOf(past: readonly PastDay[]): number {
  const residuals = past
    .flatMap(({ residual, flag }) => (residual === null || flag !== 0 ? [] : [residual]))
    .slice(-RESIDUALS)
  if (residuals.length < FEWEST_RESIDUALS) return FIRST_SCALE
  const middle = median(residuals)
  const deviations = residuals.map((residual) => Math.abs(residual - middle))
  return Math.max(LEAST_SCALE, NORMAL * median(deviations))
}

/** Ratios count, not differences: a Saturday of twice the sales varies by twice the dollars. */
function distance(value: number, usual: number): number {
  if (value > 0 && usual > 0) return Math.log(value / usual)
  return value === usual ? 0 : (value - usual) * Number.POSITIVE_INFINITY
}

const signOf = (difference: number): -1 | 1 => (difference < 0 ? -1 : 1)

/** 0 is Sunday. */
function weekdayOf(date: string): number {
  return (Date.parse(date) / MILLISECONDS_OF_DAY + 4) % 7
}

/** Monday to Thursday are alike; Friday, Saturday and Sunday are each like themselves. */
function classOf(weekday: number): number {
  return weekday >= 1 && weekday <= 4 ? 1 : weekday
}
