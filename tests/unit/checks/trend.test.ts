import { describe, expect, it } from 'vitest'
import { trendOf } from '../../../functions/checks/trend.ts'
import { addDays } from '../../../functions/lib/business-date.ts'

/** So many days, with numbers that a seed draws: Park and Miller. */
function seriesOf(days: number, amountOn: (day: number, noise: number) => number, seed = 1) {
  let state = seed * 7_919
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647 - 0.5
  }
  return Array.from({ length: days }, (_, day) => ({
    date: addDays('2025-01-06', day),
    value: amountOn(day, next() + next()),
  }))
}

const week = [100, 90, 95, 100, 160, 200, 140]
const usual = (day: number, noise: number) => (week[day % 7] ?? 0) + 10 * noise

describe('a trend', () => {
  it('is the change by week, in a week of any shape', () => {
    const trend = trendOf(seriesOf(84, (day, noise) => usual(day, noise) + (3 * day) / 7))
    expect(trend).toMatchObject({ isSure: true, days: 84 })
    expect(trend?.slopeByWeek).toBeCloseTo(3, 0)
  })

  it('is not moved by a fifth of wild days', () => {
    const wild = seriesOf(84, (day, noise) => (day % 5 === 0 ? 5_000 : usual(day, noise) + (3 * day) / 7))
    expect(trendOf(wild)?.slopeByWeek).toBeCloseTo(3, -0.5)
    expect(trendOf(wild)?.slopeByWeek).toBeGreaterThan(1)
  })

  it('is told of at most one in fifty series that have none', () => {
    const sure = Array.from({ length: 200 }, (_, seed) => trendOf(seriesOf(56, usual, seed + 1), 0.99)?.isSure)
    expect(sure.filter(Boolean).length).toBeLessThanOrEqual(4)
  })

  it('is that of a series whose values are all equal: none', () => {
    expect(trendOf(seriesOf(30, () => 7))).toMatchObject({ slopeByWeek: 0, isSure: false })
  })

  it('needs two weeks', () => {
    expect(trendOf(seriesOf(13, usual))).toBeNull()
  })
})
