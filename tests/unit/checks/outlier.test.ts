import { describe, expect, it } from 'vitest'
import { median } from '../../../functions/checks/median.ts'
import { type DayValue, historyDays, judgeLast } from '../../../functions/checks/outlier.ts'
import { addDays } from '../../../functions/lib/business-date.ts'
import { ridgeDistances } from '../../support/ridge.ts'
import { type SimulatedDay, simulateYear } from '../../support/simulated-year.ts'

const RULE = { weeks: 8, at: 3.5, least: 0 }
// A Monday.
const START = '2025-01-06'
const WEEK = [100, 102, 98, 101, 150, 200, 180]

/** Weeks of the same days, each a little different from the one before. */
function weeks(count: number, of: readonly number[] = WEEK): readonly DayValue[] {
  return Array.from({ length: count * 7 }, (_, day) => ({
    date: addDays(START, day),
    value: (of[day % 7] ?? 0) * (1 + 0.02 * ((Math.floor(day / 7) % 3) - 1)),
  }))
}

const followedBy = (days: readonly DayValue[], value: number): readonly DayValue[] => [
  ...days,
  { date: addDays(START, days.length), value },
]

describe('an outlier', () => {
  it('is a day unlike the same weekday, in either direction', () => {
    expect(judgeLast(followedBy(weeks(10), 100), RULE)).toMatchObject({ isOutlier: false, usual: 100, days: 8 })
    expect(judgeLast(followedBy(weeks(10), 200), RULE)).toMatchObject({ isOutlier: true, usual: 100 })
    expect(judgeLast(followedBy(weeks(10), 60), RULE)).toMatchObject({ isOutlier: true, z: expect.closeTo(-10.2, 1) })
  })

  it('needs the least difference as well', () => {
    expect(judgeLast(followedBy(weeks(10), 60), { ...RULE, least: 41 })).toMatchObject({ isOutlier: false })
    expect(judgeLast(followedBy(weeks(10), 60), { ...RULE, least: 40 })).toMatchObject({ isOutlier: true })
  })

  it('is not told of a location with less than three comparable days', () => {
    expect(judgeLast([], RULE)).toEqual({ isJudged: false, known: 0 })
    expect(judgeLast(weeks(1).slice(0, 3), RULE)).toEqual({ isJudged: false, known: 2 })
    expect(judgeLast(weeks(1).slice(0, 4), RULE)).toMatchObject({ isJudged: true, usual: expect.any(Number), days: 3 })
    expect(judgeLast(weeks(1).slice(0, 5), RULE), 'the first Friday').toEqual({ isJudged: false, known: 0 })
  })

  it('says nothing of later days, once it was told', () => {
    const odd = weeks(9).map((day, index) =>
      index >= 35 && index % 7 === 0 && index < 49 ? { ...day, value: 900 } : day,
    )
    expect(judgeLast(followedBy(odd, 100), RULE)).toMatchObject({
      isOutlier: false,
      usual: expect.closeTo(100, 0),
      days: 7,
    })
  })

  it('leaves out days that are known', () => {
    const days = weeks(5).map((day, index) => (index === 28 ? { ...day, value: 112 } : day))
    const isKnown = (date: string) => date === addDays(START, 28)
    expect(judgeLast(followedBy(days, 100), RULE, isKnown)).toMatchObject({ days: 4, usual: 99 })
    expect(judgeLast(followedBy(days, 100), RULE)).toMatchObject({ days: 5, usual: 100 })
  })

  it('becomes the usual value after four weeks in one direction', () => {
    const moved = [
      ...weeks(8),
      ...weeks(4, [30, ...WEEK.slice(1)]).map((day, index) => ({ ...day, date: addDays(START, 56 + index) })),
    ]
    const [before, then] = [moved.slice(0, 77), moved]
    expect(judgeLast(followedBy(before, 30), RULE), 'the fourth').toMatchObject({ isOutlier: true, usual: 100 })
    expect(judgeLast(followedBy(then, 30), RULE), 'the fifth').toMatchObject({ isOutlier: false, days: 4 })
    expect(judgeLast(followedBy(then, 100), RULE), 'the former value').toMatchObject({ isOutlier: true })
  })

  it('compares zero and less by the difference alone', () => {
    expect(judgeLast(followedBy(weeks(10), 0), RULE)).toMatchObject({ isOutlier: true, z: Number.NEGATIVE_INFINITY })
    expect(judgeLast(followedBy(weeks(10), 0), { ...RULE, least: 150 })).toMatchObject({ isOutlier: false })
    const closed = weeks(10, [0, ...WEEK.slice(1)])
    expect(judgeLast(followedBy(closed, 0), RULE)).toMatchObject({ isOutlier: false, z: 0 })
    expect(judgeLast(followedBy(closed, 50), RULE)).toMatchObject({ isOutlier: true, z: Number.POSITIVE_INFINITY })
  })

  it('has the mean of the two middle values of an even number', () => {
    expect([median([1, 100, 3]), median([4, 1, 3, 2]), median([])]).toEqual([3, 2.5, 0])
  })
})

describe('a simulated year', () => {
  const years = [1, 2, 3, 4, 5, 6].map(simulateYear)
  const first = 112

  /** Share of the planted days that are told, and others that are told by location and month. */
  function score(isTold: (year: readonly SimulatedDay[], day: number) => boolean) {
    const days = years.flatMap((year) =>
      year
        .slice(first)
        .map(({ planted }, index) => ({ isPlanted: planted !== 'nothing', isTold: isTold(year, first + index) })),
    )
    const planted = days.filter(({ isPlanted }) => isPlanted)
    return {
      recall: planted.filter((day) => day.isTold).length / planted.length,
      falseAlarms: days.filter((day) => day.isTold && !day.isPlanted).length / (years.length * 12),
    }
  }

  it('has nine of ten planted days told, and less than one false alarm by location and month; a ridge regression tells fewer', () => {
    const robust = score((year, day) => {
      const verdict = judgeLast(year.slice(Math.max(0, day - historyDays(RULE)), day + 1), { ...RULE, least: 250 })
      return verdict.isJudged && verdict.isOutlier
    })
    const distances = new Map(years.map((year) => [year, ridgeDistances(year, first)]))
    const learned = score((year, day) => Math.abs(distances.get(year)?.[day - first] ?? 0) >= 2)
    expect(robust.recall).toBeGreaterThan(0.88)
    expect(robust.falseAlarms).toBeLessThan(0.3)
    expect(learned.recall).toBeLessThan(robust.recall)
    expect(learned.falseAlarms, 'at a threshold with no fewer false alarms').toBeGreaterThanOrEqual(robust.falseAlarms)
  }, 60_000)
})
