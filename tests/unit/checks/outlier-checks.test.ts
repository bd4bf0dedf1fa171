import { describe, expect, it } from 'vitest'
import { EventsConfig } from '../../../functions/config/events-config.ts'
import { contractVersion } from '../../../functions/contract/version.ts'
import { addDays } from '../../../functions/lib/business-date.ts'
import type { MadeItem } from '../../../functions/pipeline/steps/item.ts'
import { outlierChecks } from '../../../functions/pipeline/steps/outlier.ts'
import { aContract, aDefinition, aDelivery, aSlice } from '../../support/definition.ts'

const checks = [
  { name: 'rows_as_usual', rule: 'R20', outlier: {} },
  { name: 'sales_as_usual', rule: 'R20', outlier: { of: 'amount', least: 50 } },
]
const contract = aContract('orders', { checks })
const counts = (accepted: number) => ({ lines: 0, records: 1 + accepted, blankLines: 0, accepted, rejected: 0 })

/** Results for a day of so many rows after ten weeks of a hundred. */
async function results(
  rows: number,
  { weeks = 10, events = [] as readonly object[], added = [] as readonly Readonly<Record<string, string>>[] } = {},
) {
  const asked: unknown[] = []
  const past = Array.from({ length: 7 * weeks }, (_, day) => ({
    ...{ stream: 'orders', shard: '1001', window: addDays('2025-01-29', day - 7 * weeks) },
    ...{ accepted: 100, totals: { amount: '100.50' } },
  }))
  const made = aDelivery({ counts: counts(rows), totals: { amount: `${rows}.00` } })
  const item = { key: aSlice({ window: '2025-01-29' }), contract, slice: aSlice(), made } as never as MadeItem
  const definition = aDefinition({ events: EventsConfig.parse({ version: 1, events }).events })
  const found = await outlierChecks([item], definition, {
    dayTotals: async ({ streams, from, to }) => {
      asked.push(...streams, from, to)
      return past
    },
    knownDays: async () => added,
  })
  return { asked, checks: found.get('orders') ?? [] }
}

describe('the outlier checks of a contract (R20)', () => {
  it('read the published days that a verdict can depend on, and no more', async () => {
    expect((await results(100)).asked).toEqual(['orders', '2024-09-25', '2025-01-28'])
  })

  it('pass a usual day and warn of an unusual one', async () => {
    expect((await results(110)).checks.map(({ state }) => state)).toEqual(['pass', 'pass'])
    const [rows, sales] = (await results(30)).checks
    expect(rows).toEqual({
      ...{ check: 'rows_as_usual', rule: 'R20', effect: 'warn', state: 'warn', tested: 8, failed: 1 },
      message: 'rows 30 against a usual 100 for a Wednesday (-70 %): median of 8 days, z -24.1',
    })
    expect(sales).toMatchObject({ state: 'warn', message: expect.stringContaining('amount 30 against a usual 100.5') })
    expect((await results(60)).checks.map(({ state }) => state)).toEqual(['warn', 'pass'])
  })

  it('pass a day with an event of the location, and name it', async () => {
    const event = { date: '2025-01-29', name: 'Snow storm' }
    const [known] = (await results(30, { events: [event] })).checks
    expect(known).toMatchObject({ state: 'pass', failed: 0, message: expect.stringContaining('; known: Snow storm') })
    const [other] = (await results(30, { events: [{ ...event, locations: ['1002'] }] })).checks
    expect(other).toMatchObject({ state: 'warn' })
  })

  it('know the days that people added as well', async () => {
    const added = [{ date: '2025-01-29', name: 'Parade', locations: 'all' }]
    expect((await results(30, { added })).checks[0]).toMatchObject({
      ...{ state: 'pass', message: expect.stringContaining('; known: Parade') },
    })
  })

  it('say nothing of a location that is new', async () => {
    expect((await results(1, { weeks: 0 })).checks[0]).toMatchObject({
      state: 'pass',
      message: 'rows 1: only 0 comparable days are known',
    })
  })

  it('change no part, so their limits are not in the version of the contract', () => {
    const stricter = aContract('orders', { checks: [checks[0], { ...checks[1], outlier: { of: 'amount', at: 3 } }] })
    expect(contractVersion(stricter)).toBe(contractVersion(contract))
    expect(contractVersion(contract)).toBe(contractVersion(aContract('orders')))
  })
})
