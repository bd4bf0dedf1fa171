import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NotifyConfig } from '../../../functions/config/notify-config.ts'
import {
  percentile,
  type SlaDay,
  type SlaFacts,
  toCsv,
  toHtml,
  toLines,
  toReport,
} from '../../../functions/notify/sla.ts'

const [MINUTE, HOUR] = [60_000, 3_600_000]
const goals = NotifyConfig.parse({ version: 1, goals: { month_cost: 150 } }).goals

const day = (changes: Partial<SlaDay>): SlaDay => ({
  shard: '7',
  name: 'Store 7',
  date: '2026-11-04',
  late: 0,
  ...changes,
})

const month: SlaFacts = {
  both: 'location-days',
  pipeline: 'toast',
  month: '2026-11',
  days: [
    ...Array.from({ length: 1_195 }, () => day({})),
    day({ late: 9 * HOUR }),
    day({ shard: '19', name: '=cmd("x"), <b>', date: '2026-11-05', late: 'never' }),
    day({ date: '2026-11-26', late: 'closed' }),
  ],
  runs: { all: 500, failed: 1 },
  loads: [...Array.from({ length: 95 }, () => 5 * MINUTE), ...Array.from({ length: 5 }, () => HOUR)],
  rows: { accepted: 999_870, rejected: 130 },
  incidents: [10 * MINUTE, 48 * MINUTE, 3 * HOUR + 5 * MINUTE],
  cost: 8.9,
}
const none: SlaFacts = {
  ...month,
  pipeline: 'shops',
  days: [],
  runs: { all: 0, failed: 0 },
  loads: [],
  rows: { accepted: 0, rejected: 0 },
  incidents: [],
  cost: null,
}

describe('the report of a month', () => {
  it('has five figures, each with its goal', () => {
    const { figures } = toReport(month, goals)
    expect(figures.map(({ value, isMet, note }) => [value, isMet, note])).toEqual([
      ['99.83 % of 1,197 location-days', true, 'budget left 67 %'],
      ['5 min', true, 'runs not failed 99.8 %'],
      ['0.013 %', true, '130 of 1,000,000'],
      ['$8.90', true, ''],
      ['48 min', true, 'longest 3 h 5 min'],
    ])
  })

  it('says which goals were missed', () => {
    const bad = {
      ...month,
      days: month.days.slice(-3),
      loads: [HOUR],
      rows: { accepted: 99, rejected: 1 },
      incidents: [3 * HOUR],
      cost: 151,
    }
    expect(toReport(bad, goals).figures.map(({ isMet }) => isMet)).toEqual([false, false, false, false, false])
  })

  it('judges nothing where nothing happened', () => {
    expect(toReport(none, goals).figures.map(({ isMet }) => isMet)).toEqual([null, null, null, null, null])
  })

  it('looks as it did, in sentences, as CSV and as a page, and lets no name be computed or drawn', async () => {
    const reports = [toReport(month, goals), toReport(none, goals)]
    const forms = [toLines(reports).join('\n'), toCsv(reports), toHtml(reports, 'https://daybreak.example.com/')]
    await expect(forms.join('\n=====\n')).toMatchFileSnapshot('golden/sla.txt')
    expect(forms[1]).toContain(`"'=cmd(""x""), <b> (19)"`)
    expect(forms[2]).not.toContain('<b>')
    expect(forms[2]).toContain(
      'https://daybreak.example.com/?pipeline=toast&amp;from=2026-11-04&amp;to=2026-11-04&amp;q=7',
    )
  })
})

it('a percentile is the smallest value that a share of all does not exceed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 100 }),
      (values, percent) => {
        const found = percentile(values, percent / 100)!
        const within = (limit: number) => values.filter((value) => value <= limit).length / values.length
        expect(values).toContain(found)
        expect(within(found)).toBeGreaterThanOrEqual(percent / 100 - 1e-9)
        for (const value of values) if (value < found) expect(within(value)).toBeLessThan(percent / 100)
      },
    ),
  )
  expect(percentile([], 0.5)).toBeNull()
})
