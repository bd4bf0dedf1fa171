import { describe, expect, it } from 'vitest'
import type { MadeItem } from '../../../functions/pipeline/steps/item.ts'
import { median, trendChecks } from '../../../functions/pipeline/steps/trend.ts'
import { aContract, aDefinition, aDelivery, aSlice } from '../../support/definition.ts'

const contract = aContract('orders', {
  checks: [
    { name: 'rows_as_usual', rule: 'R20', effect: 'warn', trend: { weeks: 4, deviation: 0.5 } },
    { name: 'sales_as_usual', rule: 'R20', effect: 'warn', trend: { total: 'amount', weeks: 4, deviation: 0.5 } },
  ],
})

/** Results for a day of so many rows after weeks of so many. */
async function results(rows: number, weeks: readonly number[]) {
  const counts = (accepted: number) => ({ lines: 0, records: 1 + accepted, blankLines: 0, accepted, rejected: 0 })
  const asked: string[] = []
  const past = weeks.map((count, week) =>
    aSlice({
      window: `2025-01-${String(29 - 7 * week).padStart(2, '0')}`,
      state: 'loaded',
      delivery: aDelivery({ counts: counts(count), totals: { amount: `${count}.50` } }),
    }),
  )
  const delivery = aDelivery({ counts: counts(rows), totals: { amount: `${rows}.00` } })
  const item = { key: aSlice(), contract, slice: aSlice(), made: delivery } as never as MadeItem
  const found = await trendChecks([item], aDefinition(), {
    slices: async ({ windows: dates = [] }) => {
      asked.push(...dates)
      return past
    },
  })
  return { asked, checks: found.get('orders') ?? [] }
}

describe('a trend (R20)', () => {
  it('compares with the same weekday of the weeks before', async () => {
    expect((await results(100, [])).asked).toEqual(['2025-01-29', '2025-01-22', '2025-01-15', '2025-01-08'])
  })

  it('passes a usual day and warns of an unusual one', async () => {
    expect((await results(120, [100, 110, 90])).checks.map(({ state }) => state)).toEqual(['pass', 'pass'])
    expect((await results(30, [100, 110, 90])).checks).toMatchObject([
      { state: 'warn', failed: 1, message: 'rows 30 against a median of 100 on the 3 same weekdays before' },
      { state: 'warn', message: expect.stringContaining('amount 30') },
    ])
    expect((await results(151, [100, 110, 90])).checks[0]).toMatchObject({ state: 'warn' })
  })

  it('says nothing of a location that is new', async () => {
    expect((await results(1, [100, 100])).checks[0]).toMatchObject({
      state: 'pass',
      message: 'only 2 of 3 earlier days are known',
    })
  })

  it('uses the middle value, so that one odd day does not move it', () => {
    expect(median([1, 100, 3])).toBe(3)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })
})
