import { type Trend, trendOf } from '../../checks/trend.ts'
import type { ProfilePoint } from './profiles.ts'

/** A fact of a column that moves from week to week. */
interface ProfileTrend extends Trend {
  readonly column: string
  readonly fact: 'rows' | 'share of empty values' | 'distinct values' | 'mean'
  readonly sentence: string
}

const FACTS: Readonly<Record<ProfileTrend['fact'], (point: ProfilePoint) => number | null>> = {
  rows: ({ rows }) => rows,
  'share of empty values': ({ rows, nulls }) => (rows === 0 ? null : nulls / rows),
  'distinct values': ({ distinct }) => distinct,
  mean: ({ mean }) => mean,
}
const NAMES = ['rows', 'share of empty values', 'distinct values', 'mean'] as const
// Of the usual value: a smaller change in a week is sure and of no interest.
const LEAST_SHARE = 0.01

/** Pure: facts that surely move over the range, of profiles in date order. Rows are those of the file, so they are told once. */
export function profileTrends(points: readonly ProfilePoint[]): readonly ProfileTrend[] {
  const [first] = points
  return [...Map.groupBy(points, ({ column }) => column)].flatMap(([column, own]) =>
    NAMES.filter((fact) => fact !== 'rows' || column === first?.column).flatMap((fact) => {
      const series = own.flatMap((point) => {
        const value = FACTS[fact](point)
        return value === null ? [] : [{ date: point.window, value }]
      })
      const trend = trendOf(series)
      const level = series.reduce((sum, { value }) => sum + Math.abs(value), 0) / Math.max(1, series.length)
      if (!trend?.isSure || Math.abs(trend.slopeByWeek) < LEAST_SHARE * level) return []
      return [{ ...trend, column, fact, sentence: sentenceOf(column, fact, trend) }]
    }),
  )
}

function sentenceOf(column: string, fact: ProfileTrend['fact'], { slopeByWeek, low, high, days }: Trend): string {
  const what = fact === 'rows' ? 'rows' : `${fact} of ${column}`
  const way = slopeByWeek > 0 ? 'rise' : 'fall'
  return `${what} ${way} by ${shown(Math.abs(slopeByWeek))} a week (99 % sure of ${shown(low)} to ${shown(high)}, ${days} days)`
}

const shown = (value: number): string => String(Number(value.toPrecision(3)))
