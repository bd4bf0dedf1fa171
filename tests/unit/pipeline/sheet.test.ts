import { expect, it } from 'vitest'
import { equalDecimals } from '../../../functions/lib/decimal.ts'
import { reconciliationSheet } from '../../../functions/pipeline/views/sheet.ts'
import { aDelivery, aSlice } from '../../support/definition.ts'

const slice = aSlice({ state: 'loaded', delivery: aDelivery() })
const sheet = (rows: number, amount: string) =>
  reconciliationSheet([slice], new Map([['orders/2025-02-05', [{ shard: '1001', rows, totals: { amount } }]]]))

it('balances when file, part and table hold the same rows and cents', () => {
  expect(sheet(10, '12.5000')).toMatchObject([
    { records: 10, accepted: 10, partRows: 10, tableRows: 10, balanced: true },
  ])
})

it.each([
  [9, '12.50'],
  [10, '12.51'],
  [11, '12.50'],
])('does not balance with %d rows and %s in the table', (rows, amount) => {
  expect(sheet(rows, amount)[0]?.balanced).toBe(false)
})

it('does not balance when the table has nothing of the location', () => {
  expect(reconciliationSheet([slice], new Map())[0]).toMatchObject({ tableRows: 0, balanced: false })
})

it('has no line for a slice that never became a part', () => {
  expect(reconciliationSheet([aSlice({ state: 'missing' })], new Map())).toEqual([])
})

it('compares amounts as decimals, never as floats', () => {
  expect(equalDecimals('0.10', '0.1')).toBe(true)
  expect(equalDecimals('-0.00', '0')).toBe(true)
  expect(equalDecimals('9007199254740993.01', '9007199254740993.02')).toBe(false)
})
