import { describe, expect, it } from 'vitest'
import type { SourceColumn } from '../../../functions/pipeline/tables/ports.ts'
import type { ValueColumn } from '../../../functions/sql/value.ts'
import { rowsSql, selectTotals } from '../../../functions/sql/window-rows.ts'

const table = { schema: 'shop', name: 'orders' }
const writer = {
  table: ({ schema, name }: typeof table) => `${schema}.${name}`,
  identifier: (name: string) => `"${name}"`,
  literal: (text: string, cursor: ValueColumn | undefined) => (cursor?.type === 'int64' ? text : `'${text}'`),
}
const columnOf = (name: string, type: SourceColumn['type'] = 'string'): SourceColumn => ({
  ...{ name, type, precision: null, scale: null, native: null, isRequired: false, isGenerated: false, labels: null },
})
const range = { column: 'id', low: '7', high: '9', withNulls: false }
const shard = { id: '1', column: 'id', from: '8', to: null }

describe('the rows of a window', () => {
  it.each([
    ['all', { table, where: null, range: null }, null, 'shop.orders'],
    ['those of a filter', { table, where: 'a OR b', range: null }, null, 'shop.orders WHERE (a OR b)'],
    ['a first window', { table, where: null, range: { ...range, low: null } }, null, `shop.orders WHERE ("id" <= '9')`],
    [
      'a cursor that is a number',
      { table, where: null, range, from: [columnOf('id', 'int64')] },
      null,
      'shop.orders WHERE ("id" > 7 AND "id" <= 9)',
    ],
    [
      'rows without a cursor, and the last shard with rows without a key',
      { table, where: null, range: { ...range, withNulls: true } },
      shard,
      `shop.orders WHERE (("id" > '7' AND "id" <= '9') OR "id" IS NULL) AND ("id" >= 8 OR "id" IS NULL)`,
    ],
    [
      'a middle shard',
      { table, where: null, range: null },
      { ...shard, to: '9' },
      'shop.orders WHERE ("id" >= 8 AND "id" < 9)',
    ],
    ['the only shard', { table, where: null, range: null }, { ...shard, column: null }, 'shop.orders'],
  ])('%s', (_, ask, part, sql) => {
    expect(rowsSql(ask, part, writer)).toBe(sql)
  })
})

it('sums of columns that are read are asked for and found by their place; others are zero', () => {
  const [amount, tax] = [columnOf('amount'), columnOf('tax')]
  const totals = [tax, amount].map((column) => ({ name: `sum of ${column.name}`, column, measure: 'sum' as const }))
  const ask = { columns: [columnOf('id'), amount], from: [columnOf('id'), columnOf('betrag')] }
  const { sql, read } = selectTotals(ask, totals, (_, { name }) => `sum(${name})`)
  expect(sql).toEqual(['sum(betrag) AS t0'])
  expect(read(['3', '12.50'])).toEqual({ rows: 3, totals: { 'sum of tax': '0', 'sum of amount': '12.50' } })
  expect(read(['0', null]).totals).toEqual({ 'sum of tax': '0', 'sum of amount': '0' })
})
