import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeTable } from '../../../mock/csv.ts'
import { clockDuration, proseDuration } from '../../../mock/durations.ts'
import { createNightClock } from '../../../mock/night-clock.ts'
import { allocate, itemTax, javaDouble, money } from '../../../mock/numbers.ts'
import { clockSeconds, proseSeconds, units } from '../../support/toast/read.ts'

it.each([
  [0.11570247933884298, '0.11570247933884298'],
  [70.55 / 17, '4.1499999999999995'],
  [8.01392517571792e-4, '8.01392517571792E-4'],
  [0.001, '0.001'],
  [1, '1.0'],
  [0, '0.0'],
  [1e-4, '1.0E-4'],
  [363, '363.0'],
  [12_345_678, '1.2345678E7'],
  [-0.0005, '-5.0E-4'],
])('Java prints %f as %s', (value, text) => {
  expect(javaDouble(value)).toBe(text)
})

it.each([
  [-1705, '00:-28:-25'],
  [-44, '00:00:-44'],
  [1_864_610, '517:56:50'],
  [-408_405, '-113:-26:-45'],
  [-66_424, '-18:-27:-04'],
  [0, '00:00:00'],
])('%i seconds are %s on the clock', (seconds, text) => {
  expect(clockDuration(seconds)).toBe(text)
})

it.each([
  [1539, '25 minutes and 39 seconds'],
  [109, '1 minute and 49 seconds'],
  [12, '12 seconds'],
  [1_375_266, '2 weeks, 1 day, 22 hours, 1 minute and 6 seconds'],
  [3_600, '1 hour'],
])('%i seconds are "%s" in words', (seconds, text) => {
  expect(proseDuration(seconds)).toBe(text)
})

it('both durations can be read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000_000 }), (seconds) => proseSeconds(proseDuration(seconds)) === seconds),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: -500_000, max: 2_000_000 }),
      (seconds) => clockSeconds(clockDuration(seconds)) === seconds,
    ),
  )
})

it('money and item tax keep every cent and every unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), (cents) => units(money(cents)) === BigInt(cents) * 1_000_000n),
  )
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e14 }), (tax) => units(itemTax(tax)) === BigInt(tax)))
  expect([itemTax(0), itemTax(67_000_000), money(-1529), money(114_964)]).toEqual([
    '0E-8',
    '0.67000000',
    '-15.29',
    '1149.64',
  ])
})

it('shares add up to what was shared', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 50_000 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 100_000 }), (list, total) => {
      const shares = allocate(total, list)
      const sum = shares.reduce((a, b) => a + b, 0)
      return sum === (list.some((weight) => weight > 0) ? total : 0) && shares.every((share) => share >= 0)
    }),
  )
})

it('a field is quoted only when it must be', () => {
  const table = {
    file: 'a.csv',
    header: ['a', 'b'],
    records: [
      ['', 'x, y'],
      ['"q"', 'two\nlines'],
      ['plain', '#1 '],
    ],
  }
  expect(encodeTable(table)).toBe('a,b\r\n,"x, y"\r\n"""q""","two\nlines"\r\nplain,#1 \r\n')
})

describe('the clock of a night', () => {
  const location = { id: '185001', name: 'Main', timeZone: 'America/New_York', closeoutHour: 4 }

  it('writes dates without leading zeros, and a Void Date with four digits of the year', () => {
    const clock = createNightClock(location, '2026-02-05')
    const instant = clock.instant(21 * 3600 + 7 * 60)
    expect(instant * 1000).toBe(Date.UTC(2026, 1, 6, 2, 7))
    expect([clock.dateTime(instant), clock.longDateTime(instant)]).toEqual(['2/5/26 9:07 PM', '2/5/2026 9:07 PM'])
    expect(clock.dateTime(clock.instant(24 * 3600))).toBe('2/6/26 12:00 AM')
    expect(clock.change).toBeUndefined()
  })

  it('shows 1:30 AM twice on the business date before the clock is set back, and on no other', () => {
    const clock = createNightClock(location, '2026-10-31')
    const first = clock.instant(25.5 * 3600)
    expect(clock.dateTime(first)).toBe('11/1/26 1:30 AM')
    expect(clock.dateTime(first + 3600)).toBe('11/1/26 1:30 AM')
    expect(clock.change).toEqual({ instant: first + 1800, jump: -3600 })
    expect(clock.closeout * 1000).toBe(Date.UTC(2026, 10, 1, 9))
    expect(createNightClock(location, '2026-11-01').change).toBeUndefined()
    expect(createNightClock({ ...location, timeZone: 'America/Phoenix' }, '2026-10-31').change).toBeUndefined()
  })
})
