import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbEvaluator } from '../../functions/adapters/duckdb/evaluator.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { EventsConfig, eventRows } from '../../functions/config/events-config.ts'
import { FiscalConfig, fiscalRows } from '../../functions/config/fiscal-config.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Evaluator } from '../../functions/models/analyser.ts'
import { fillHoles } from '../../functions/models/compiled.ts'
import { ROOT } from '../support/world.ts'

let duckdb: Evaluator
beforeAll(async () => {
  duckdb = await openDuckdbEvaluator()
})
afterAll(() => duckdb.close())

/** Days of the calendar that a file of fiscal years becomes, by date. */
async function calendarOf(fiscal: object): Promise<ReadonlyMap<string, Readonly<Record<string, string | null>>>> {
  const { models } = await readCompiledModels(ROOT)
  const { calendar, fiscal_years: years, events } = models
  if (calendar === undefined || calendar.kind === 'script' || years === undefined || events === undefined)
    throw new TypeError('the project has a calendar')
  const [header = [], ...rows] = fiscalRows(FiscalConfig.parse({ version: 1, ...fiscal }))
  expect(header).toEqual(years.columns.map(({ name }) => name))
  const filled = [
    { name: 'models.fiscal_years', columns: years.columns, rows: rows.map((row) => row.map((text) => text || null)) },
    { name: 'models.events', columns: events.columns, rows: [] },
  ]
  const text = fillHoles(calendar.sql.duckdb, (hole) => calendar.references[hole]?.table ?? '')
  const answer = await duckdb.evaluate({ file: 'calendar', text }, filled)
  const days = answer.rows.map((row) => Object.fromEntries(answer.columns.map((name, at) => [name, row[at] ?? null])))
  return new Map(days.map((day) => [day.calendar_date ?? '', day]))
}

const FIRST_SUNDAY = {
  ...{ calendar: '4-5-4', first_year: 2022, first_day: '2022-01-30', last_year: 2024 },
  ...{ long_years: [2023], week_starts: 'sunday' },
}
const OCTOBER = {
  ...{ calendar: 'months', first_year: 2025, first_day: '2024-10-01', last_year: 2026 },
  week_starts: 'sunday',
}

describe('the events of the calendar', () => {
  it('are the days of config/events.yaml that concern all locations, one row each in the order of dates', () => {
    const config = EventsConfig.parse({
      version: 1,
      events: [
        { date: '2026-11-26', name: 'Thanksgiving' },
        { date: '2026-05-09', name: 'Street closed', locations: ['1'] },
        { date: '2026-01-01', name: "New Year's Day" },
        { date: '2026-11-26', name: 'Parade', locations: 'all' },
      ],
    })
    expect(eventRows(config)).toEqual([
      ['event_date', 'event'],
      ['2026-01-01', "New Year's Day"],
      ['2026-11-26', 'Thanksgiving and Parade'],
    ])
  })

  it('of the shipped project are in the compiled seed', async () => {
    const { models } = await readCompiledModels(ROOT)
    expect(JSON.stringify(models.events)).toContain('Thanksgiving')
  })
})

describe('the calendar of a file of fiscal years', () => {
  it.each([
    ['weeks', FIRST_SUNDAY, '2022-01-30', '2025-02-01'],
    ['months', OCTOBER, '2024-10-01', '2026-09-30'],
  ])('of %s has each day once, and a week of seven days', async (_, fiscal, first, last) => {
    const days = await calendarOf(fiscal)
    const dates = [...days.keys()].toSorted()
    expect([dates[0], dates.at(-1)]).toEqual([first, last])
    for (const [at, date] of dates.slice(1).entries()) {
      expect(date).toBe(addDays(dates[at] ?? '', 1))
      expect(Number(days.get(date)?.day_of_week) % 7).toBe((Number(days.get(dates[at] ?? '')?.day_of_week) + 1) % 7)
      expect(days.get(date)?.week_begins).toBe(addDays(date, 1 - Number(days.get(date)?.day_of_week)))
    }
  })

  it('puts the 53rd week into the last period', async () => {
    const days = await calendarOf(FIRST_SUNDAY)
    expect(days.get('2024-02-03')).toMatchObject({ fiscal_year: '2023', fiscal_period: '12', fiscal_week: '53' })
    expect(days.get('2024-02-04')).toMatchObject({ fiscal_year: '2024', fiscal_period: '1', fiscal_week: '1' })
    expect(days.get('2022-04-02')).toMatchObject({ fiscal_quarter: '1', fiscal_period: '2', fiscal_week: '9' })
    expect(days.get('2022-04-03')).toMatchObject({ fiscal_quarter: '1', fiscal_period: '3', fiscal_week: '10' })
  })

  it('has weeks from Sunday to Saturday in months, of which the first and last of a year may be cut', async () => {
    const days = await calendarOf(OCTOBER)
    const october = { fiscal_year: '2025', fiscal_quarter: '1', fiscal_period: '1' }
    expect(days.get('2024-10-01')).toMatchObject({ ...october, fiscal_week: '1', day_of_week: '3' })
    expect(days.get('2024-10-05')).toMatchObject({ ...october, fiscal_week: '1', day_of_week: '7' })
    expect(days.get('2024-10-06')).toMatchObject({ ...october, fiscal_week: '2', day_of_week: '1' })
    expect(days.get('2025-09-30')).toMatchObject({ fiscal_year: '2025', fiscal_period: '12', fiscal_week: '53' })
    expect(days.get('2025-10-01')).toMatchObject({ fiscal_year: '2026', fiscal_week: '1', week_begins: '2025-09-28' })
  })
})
