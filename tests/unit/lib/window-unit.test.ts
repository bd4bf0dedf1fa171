import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import {
  daysNamed,
  partText,
  saysWindow,
  WINDOW_PARTS,
  weekBegins,
  windowOfParts,
} from '../../../functions/lib/window-parts.ts'
import {
  type Cut,
  instantsOf,
  isShown,
  UNITS,
  wholeWindows,
  windowAfter,
  windowHolding,
  windowsWithin,
} from '../../../functions/lib/window-unit.ts'

const HOUR = 3_600_000
const cut = fc.record({ unit: fc.constantFrom(...UNITS), weekStarts: fc.integer({ min: 1, max: 7 }) })
const day = fc
  .integer({ min: 0, max: 36_500 })
  .map((days) => Temporal.PlainDate.from('2000-01-01').add({ days }).toString())
const hour = fc
  .tuple(day, fc.integer({ min: 0, max: 23 }))
  .map(([date, at]) => `${date}T${String(at).padStart(2, '0')}`)
const zone = fc.constantFrom(
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'Africa/Casablanca'],
)
const hours = (date: string, timeZone: string) =>
  windowsWithin({ from: date, to: date }, { unit: 'hour', weekStarts: 1 }).filter((window) => isShown(window, timeZone))
const lengths = (date: string, timeZone: string) =>
  hours(date, timeZone).map((window) => {
    const { startsAt, endsAt } = instantsOf(window, 'hour', timeZone)
    return (endsAt - startsAt) / HOUR
  })

describe('windows of any length', () => {
  it('hold each day and hour once: the window that holds it begins at or before it, and the next one after it', () => {
    fc.assert(
      fc.property(fc.oneof(day, hour), cut, (at, given) => {
        const window = windowHolding(at, given)
        const asked = given.unit === 'hour' ? (at.length === 10 ? `${at}T00` : at) : at.slice(0, 10)
        expect(window <= asked && asked < windowAfter(window, given.unit)).toBe(true)
        expect(windowHolding(window, given)).toBe(window)
        expect(windowAfter(windowAfter(window, given.unit, 5), given.unit, -5)).toBe(window)
      }),
    )
  })

  it('are listed in order, without a gap, and only those that begin in the range', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 40 }), cut, (from, days, given) => {
        const to = Temporal.PlainDate.from(from).add({ days }).toString()
        const windows = windowsWithin({ from, to }, given)
        expect(windows.filter((window) => window.slice(0, 10) < from || window.slice(0, 10) > to)).toEqual([])
        expect(windows.slice(1)).toEqual(windows.slice(0, -1).map((window) => windowAfter(window, given.unit)))
        const whole = windowsWithin(wholeWindows({ from, to }, given), given)
        expect(whole.slice(whole.length - windows.length)).toEqual(windows)
        expect(windowHolding(from, given)).toBe(whole[0])
      }),
      { numRuns: 60 },
    )
  })

  it('follow each other in time without gap or overlap, in every zone', () => {
    fc.assert(
      fc.property(day, cut, zone, (at, given, timeZone) => {
        const window = windowHolding(at, given)
        const { startsAt, endsAt } = instantsOf(window, given.unit, timeZone)
        expect(instantsOf(windowAfter(window, given.unit), given.unit, timeZone).startsAt).toBe(endsAt)
        expect(endsAt - startsAt).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  it('make up a day of 23, 24 or 25 hours in every zone', () => {
    fc.assert(
      fc.property(day, zone, (date, timeZone) => {
        const { startsAt, endsAt } = instantsOf(date, 'day', timeZone)
        const all = lengths(date, timeZone)
        expect(all.every((length) => length > 0)).toBe(true)
        expect(all.reduce((sum, length) => sum + length, 0)).toBe((endsAt - startsAt) / HOUR)
      }),
    )
  })
})

describe('hours when the clocks change', () => {
  it('has no window of the hour that is skipped, and 23 windows that day', () => {
    expect(hours('2026-03-29', 'Europe/Berlin')).toHaveLength(23)
    expect(hours('2026-03-29', 'Europe/Berlin')).not.toContain('2026-03-29T02')
    expect(isShown('2026-03-29T02', 'UTC')).toBe(true)
  })

  it('has one window of the hour that is there twice, of two hours', () => {
    expect(hours('2026-10-25', 'Europe/Berlin')).toHaveLength(24)
    expect(lengths('2026-10-25', 'Europe/Berlin')).toEqual([1, 1, 2, ...Array.from({ length: 21 }, () => 1)])
    const { startsAt, endsAt } = instantsOf('2026-10-25T02', 'hour', 'Europe/Berlin')
    expect([startsAt, endsAt]).toEqual([Date.parse('2026-10-25T00:00:00Z'), Date.parse('2026-10-25T02:00:00Z')])
  })

  it('cuts an hour short, or makes it longer, where the clocks move by half an hour', () => {
    expect(lengths('2026-10-04', 'Australia/Lord_Howe').slice(1, 4)).toEqual([1, 0.5, 1])
    expect(lengths('2026-04-05', 'Australia/Lord_Howe').slice(0, 3)).toEqual([1, 1.5, 1])
  })

  it('has no midnight where the day begins at one', () => {
    expect(hours('2018-11-04', 'America/Sao_Paulo')[0]).toBe('2018-11-04T01')
  })
})

describe('the parts of a window in a path', () => {
  it('give back the window that they were made of, and no other', () => {
    const some = fc.subarray([...WINDOW_PARTS], { minLength: 1 })
    fc.assert(
      fc.property(fc.oneof(day, hour), cut, some, (at, given: Cut, parts) => {
        const [monday] = [{ ...given, weekStarts: 1 }]
        const window = windowHolding(at, monday)
        const found = windowOfParts(Object.fromEntries(parts.map((part) => [part, partText(part, window)])), monday)
        expect(found).toEqual(saysWindow(parts, given.unit) ? { found: 'window', window } : { found: 'open' })
      }),
    )
  })

  it.each([
    ['week', { week: '2026-W54' }],
    ['week', { window: '2026-03-03' }],
    ['month', { yyyy: '2026', mm: '13' }],
    ['month', { yyyy: '2026', mm: '03', dd: '02' }],
    ['day', { yyyymmdd: '20260229' }],
    ['day', { window: '2026-03-01', yyyy: '2025' }],
    ['hour', { window: '2026-03-01' }],
    ['hour', { yyyymmdd: '20260301', hh: '24' }],
    ['day', { window: '2026-03-01T05' }],
  ] as const)('of a %s contradict each other or the calendar in %o', (unit, parts) => {
    expect(windowOfParts(parts, { unit, weekStarts: 1 })).toEqual({ found: 'none' })
  })

  it('name weeks as ISO 8601 does, also around the turn of the year', () => {
    expect(['2024-12-30', '2026-12-28', '2027-01-04'].map((window) => partText('week', window))).toEqual([
      ...['2025-W01', '2026-W53', '2027-W01'],
    ])
  })
})

it('an ISO week has a Monday, unless its year does not have it', () => {
  expect(['2026-W01', '2026-W53', '2026-W00', '2026-W60', '2025-W53'].map(weekBegins)).toEqual([
    ...['2025-12-29', '2026-12-28'],
    ...[null, null, null],
  ])
})

it.each([
  ['2026-W01', { first: '2025-12-29', last: '2026-01-04' }],
  ['2020-W53', { first: '2020-12-28', last: '2021-01-03' }],
  ['2024-02', { first: '2024-02-01', last: '2024-02-29' }],
  ['2026-12', { first: '2026-12-01', last: '2026-12-31' }],
  ['2026-W54', null],
  ['2026-13', null],
  ['2026-03-01', null],
])('%s as a range of days', (text, days) => {
  expect(daysNamed(text)).toEqual(days)
})
