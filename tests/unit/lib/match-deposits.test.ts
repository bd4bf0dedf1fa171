import { expect, it } from 'vitest'
import { type Deposit, matchDeposits } from '../../../functions/lib/match-deposits.ts'

const OPTIONS = { days: 4, until: '2026-01-31' }
const cards = (date: string, amount: string, more: Partial<Deposit> = {}): Deposit => {
  return { location: '1', deposit: 'Cards', date, amount, ...more }
}
const told = (...args: Parameters<typeof matchDeposits>) =>
  matchDeposits(...args).map(({ expectedOn, arrivedOn, difference, state }) => [
    expectedOn,
    arrivedOn,
    difference,
    state,
  ])

it('puts equal amounts together first, also where another arrived before', () => {
  const expected = [cards('2026-01-02', '100'), cards('2026-01-03', '250.5')]
  const bank = [cards('2026-01-05', '250.50'), cards('2026-01-06', '100.00')]
  expect(told(expected, bank, OPTIONS)).toEqual([
    ['2026-01-02', '2026-01-06', expect.stringMatching(/^0/), 'equal'],
    ['2026-01-03', '2026-01-05', expect.stringMatching(/^0/), 'equal'],
  ])
})

it('names what differs, what never arrived, and what was not expected', () => {
  const expected = [cards('2026-01-02', '100'), cards('2026-01-10', '50'), cards('2026-01-12', '0')]
  const bank = [cards('2026-01-02', '99.99'), cards('2026-01-20', '7'), cards('2026-01-10', '50', { location: '2' })]
  expect(told(expected, bank, OPTIONS)).toEqual([
    ['2026-01-02', '2026-01-02', '-0.01', 'differs'],
    ['2026-01-10', null, '-50', 'not arrived'],
    [null, '2026-01-20', '7', 'not expected'],
    [null, '2026-01-10', '50', 'not expected'],
  ])
})

it('adds up what one day expects, and waits for a deposit that may still come', () => {
  const expected = [cards('2026-01-29', '40'), cards('2026-01-29', '2'), cards('2026-01-27', '9')]
  expect(told(expected, [], OPTIONS)).toEqual([
    ['2026-01-27', null, '-9', 'not arrived'],
    ['2026-01-29', null, '-42', 'not due'],
  ])
})
