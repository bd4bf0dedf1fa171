import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DaypartsConfig, daypartRows } from '../../../functions/config/dayparts-config.ts'
import { FiscalConfig, fiscalRows } from '../../../functions/config/fiscal-config.ts'
import { readConfig } from '../../../functions/config/read.ts'
import { addDays, isoWeekday } from '../../../functions/lib/business-date.ts'

const SHIPPED = `version: 1
calendar: 4-4-5
first_year: 2020
first_day: 2019-12-30
last_year: 2028
long_years: [2020, 2026]
week_starts: monday
`

type Change = readonly [from: string, to: string]

/** The shipped file, or one with other lines. */
const fiscal = (...changes: readonly Change[]) => {
  const text = changes.reduce((now, [from, to]) => {
    expect(now, 'the text to change is there').toContain(from)
    return now.replace(from, to)
  }, SHIPPED)
  return readConfig(FiscalConfig, { file: 'config/fiscal.yaml', text, env: {} })
}

const rowsOf = (...changes: readonly Change[]) => {
  const { value, problems } = fiscal(...changes)
  expect(problems).toEqual([])
  if (value === null) throw new TypeError('a file without problems has a value')
  return fiscalRows(value)
}

const problemsOf = (...changes: readonly Change[]) =>
  fiscal(...changes).problems.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)

const MONTHS = [
  ['4-4-5', 'months'],
  ['2019-12-30', '2024-10-01'],
  ['2020\n', '2025\n'],
  ['[2020, 2026]', '[]'],
] as const

describe('fiscal years', () => {
  it('of the shipped file are 4-4-5 from Mondays on, with 53 weeks in 2020 and 2026', () => {
    const { value } = readConfig(FiscalConfig, {
      ...{ file: 'config/fiscal.yaml', env: {} },
      text: readFileSync('config/fiscal.yaml', 'utf8'),
    })
    expect(value && fiscalRows(value).map((row) => row.join())).toEqual([
      'fiscal_year,first_day,pattern,weeks,first_week',
      '2020,2019-12-30,4-4-5,53,2019-12-30',
      '2021,2021-01-04,4-4-5,52,2021-01-04',
      '2022,2022-01-03,4-4-5,52,2022-01-03',
      '2023,2023-01-02,4-4-5,52,2023-01-02',
      '2024,2024-01-01,4-4-5,52,2024-01-01',
      '2025,2024-12-30,4-4-5,52,2024-12-30',
      '2026,2025-12-29,4-4-5,53,2025-12-29',
      '2027,2027-01-04,4-4-5,52,2027-01-04',
      '2028,2028-01-03,4-4-5,52,2028-01-03',
    ])
  })

  it('follow each other without a gap in each pattern', () => {
    for (const pattern of ['4-4-5', '4-5-4', '5-4-4']) {
      const [, ...years] = rowsOf(['4-4-5', pattern])
      for (const [at, [, firstDay = '', , weeks]] of years.slice(0, -1).entries())
        expect(addDays(firstDay, 7 * Number(weeks))).toBe(years[at + 1]?.[1])
      expect(years.every(([, firstDay = '']) => isoWeekday(firstDay) === 1)).toBe(true)
    }
  })

  it('of months begin on the same day of each year, and their weeks on the weekday that is configured', () => {
    const [, ...years] = rowsOf(...MONTHS, ['monday', 'sunday'])
    expect(years.map((row) => row.join())).toEqual([
      '2025,2024-10-01,months,,2024-09-29',
      '2026,2025-10-01,months,,2025-09-28',
      '2027,2026-10-01,months,,2026-09-27',
      '2028,2027-10-01,months,,2027-09-26',
    ])
    const mondays = rowsOf(...MONTHS).slice(1)
    expect(mondays.map((row) => row[4])).toEqual(['2024-09-30', '2025-09-29', '2026-09-28', '2027-09-27'])
  })

  it.each([
    [
      'another weekday than weeks begin on',
      [['monday', 'sunday']],
      '4:12',
      'this is a monday, and weeks begin on sunday',
    ],
    ['a last year before the first', [['2028', '2019']], '5:12', 'expected 2020 to 2119'],
    ['a long year that is none of the years', [['2026]', '2031]']], '6:20', 'expected a year from 2020 to 2028'],
    ['a long year twice', [['2026]', '2020]']], '6:20', 'this year stands twice'],
    ['a pattern that does not exist', [['4-4-5', '4-4-6']], '2:11', '4-4-5, 4-5-4, 5-4-4'],
    [
      'a year of months that begins within one',
      [...MONTHS, ['10-01', '10-15']],
      '4:12',
      'expected the first day of a month',
    ],
    ['a 53rd week of months', [...MONTHS, ['[]', '[2025]']], '6:14', 'a year of months has no 53rd week'],
    ['a day that does not exist', [['2019-12-30', '2019-02-30']], '4:12', '2019-02-30'],
  ] as const)('name the place of %s', (_, changes, place, message) => {
    const problems = problemsOf(...changes)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`config/fiscal.yaml:${place} `)
    expect(problems[0]).toContain(message)
  })

  it('that drift from the seasons are refused with the year that would begin too early or too late', () => {
    const [missing] = problemsOf(['long_years: [2020, 2026]', 'long_years: []'])
    expect(missing).toContain('config/fiscal.yaml:6:13 ')
    expect(missing).toContain('the year 2026 would begin on 2025-12-22, 8 days before the anniversary of 2019-12-30')
    expect(missing).toContain('a year of 53 weeks is missing before it')
    expect(problemsOf(['[2020, 2026]', '[2020, 2021, 2022]'])[0]).toContain('a year before it should have 52')
  })
})

describe('parts of the day', () => {
  const parts = (text: string) =>
    readConfig(DaypartsConfig, { file: 'config/dayparts.yaml', text: `version: 1\ndayparts:\n${text}`, env: {} })

  it('of the shipped file cover the 24 hours, and the last one goes on past midnight', () => {
    const text = readFileSync('config/dayparts.yaml', 'utf8')
    const { value } = readConfig(DaypartsConfig, { file: 'config/dayparts.yaml', text, env: {} })
    expect(value && daypartRows(value).map((row) => row.join())).toEqual([
      'from_hour,to_hour,daypart',
      '0,4,Late night',
      '5,10,Breakfast',
      '11,15,Lunch',
      '16,20,Dinner',
      '21,23,Late night',
    ])
  })

  it('that begin at midnight are not split, and a single one is the whole day', () => {
    const { value } = parts('  - { name: Day, from_hour: 0 }\n  - { name: Night, from_hour: 18 }\n')
    expect(value && daypartRows(value).slice(1)).toEqual([
      ['0', '17', 'Day'],
      ['18', '23', 'Night'],
    ])
    const { value: one } = parts('  - { name: All day, from_hour: 6 }\n')
    expect(one && daypartRows(one).slice(1)).toEqual([
      ['0', '5', 'All day'],
      ['6', '23', 'All day'],
    ])
  })

  it.each([
    ['the same hour', 11],
    ['an earlier hour', 3],
  ])('that begin at %s as the one before are refused at their place', (_, hour) => {
    const { problems } = parts(`  - { name: Lunch, from_hour: 11 }\n  - { name: Dinner, from_hour: ${hour} }\n`)
    expect(problems).toMatchObject([{ line: 4, column: 32 }])
    expect(problems[0]?.message).toContain('expected an hour after 11, where Lunch begins')
  })
})
