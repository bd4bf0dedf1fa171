import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oddness, type PastWindow, usualOf, usualOfMany } from '../../../functions/notify/usual.ts'
import { roundedInWords } from '../../../functions/notify/words.ts'

const ZONE = 'America/New_York'
// Sundays on both sides of the end of daylight saving time, 1 Nov 2026.
const SUNDAYS = ['2026-10-04', '2026-10-11', '2026-10-18', '2026-10-25', '2026-11-01', '2026-11-08', '2026-11-15']
/** The file of a Sunday, seen on Monday at a time of the wall clock. */
const past = (window: string, time: string, amount: string | null = '100.00'): PastWindow => {
  const offset = window < '2026-11-01' ? '-04:00' : '-05:00'
  const day = String(Number(window.slice(8)) + 1).padStart(2, '0')
  return { window, seenAt: Date.parse(`${window.slice(0, 8)}${day}T${time}:00${offset}`), amount }
}

describe('what is usual', () => {
  it('is the median of the wall clock, also across a change of the clock', () => {
    const { minutes } = usualOf(
      SUNDAYS.map((window) => past(window, '04:21')),
      ZONE,
    )
    expect(minutes).toBe(28 * 60 + 21)
  })

  it('is not moved by one late and one closed day', () => {
    const days = SUNDAYS.map((window) => past(window, '04:21', '18400.00'))
    const odd = [past('2026-11-15', '23:00', '0.00'), past('2026-11-08', '11:00', '99000.00'), ...days.slice(0, 5)]
    expect(usualOf(odd, ZONE)).toEqual({
      minutes: 28 * 60 + 21,
      amount: { middle: '18400.00', least: '0.00', most: '99000.00' },
    })
  })

  it('is not known from three days', () => {
    expect(
      usualOf(
        SUNDAYS.slice(0, 3).map((window) => past(window, '04:21')),
        ZONE,
      ),
    ).toEqual({
      minutes: null,
      amount: null,
    })
    const unseen = SUNDAYS.map((window) => ({ window, seenAt: null, amount: null }))
    expect(usualOf(unseen, ZONE)).toEqual({ minutes: null, amount: null })
  })

  it('lies between the least and the most, for any amounts', () => {
    const amounts = fc.array(
      fc.integer({ min: 0, max: 1e9 }).map((cents) => (cents / 100).toFixed(2)),
      { minLength: 4 },
    )
    fc.assert(
      fc.property(amounts, (all) => {
        const { amount } = usualOf(
          all.map((each) => past('2026-11-15', '04:00', each)),
          ZONE,
        )
        const beyond = (ok: (each: number) => boolean) => all.map(Number).filter(ok).length
        expect(all).toContain(amount?.middle)
        expect(beyond((each) => each < Number(amount?.middle))).toBeLessThanOrEqual(all.length / 2)
        expect(beyond((each) => each > Number(amount?.middle))).toBeLessThanOrEqual(all.length / 2)
      }),
    )
  })
})

it('of many shards is the last arrival in its zone and the exact sum', () => {
  const amount = (middle: string) => ({ middle, least: '0', most: '1' })
  expect(
    usualOfMany('2026-11-29', [
      { minutes: 28 * 60, amount: amount('0.10'), zone: 'America/New_York' },
      { minutes: 27 * 60, amount: amount('0.20'), zone: 'America/Los_Angeles' },
      { minutes: null, amount: null, zone: 'America/Chicago' },
    ]),
  ).toEqual({ by: Date.parse('2026-11-30T03:00:00-08:00'), amount: { sum: '0.30', shards: 2 } })
  expect(usualOfMany('2026-11-29', [])).toEqual({ by: null, amount: null })
})

it.each([
  ['38.00', -62],
  ['250.00', 150],
  ['60.00', null],
  ['95.00', null],
  ['0.00', -100],
])('%s where 100 is usual and 70 to 130 came is odd by %j percent', (amount, percent) => {
  expect(oddness(amount, { middle: '100.00', least: '70.00', most: '130.00' })).toBe(percent)
})

it('an amount that came in one of those weeks is not odd', () => {
  expect(oddness('38.00', { middle: '100.00', least: '38.00', most: '130.00' })).toBeNull()
  expect(oddness('38.00', { middle: '0.00', least: '0.00', most: '0.00' })).toBeNull()
})

it.each([
  ['18411.08', 'USD', '$18,400'],
  ['1849.99', 'USD', '$1,850'],
  ['7.49', 'USD', '$7'],
  ['-1204.5', 'EUR', '-1,200 EUR'],
  ['0', '', '0'],
])('%s %s is about %s', (amount, unit, words) => expect(roundedInWords(amount, unit)).toBe(words))
