import { describe, expect, it } from 'vitest'
import { Contract } from '../../../functions/contract/contract.ts'
import { partColumns, tableOf } from '../../../functions/contract/table.ts'
import { bigqueryType } from '../../../functions/sql/dialects/bigquery/column-type.ts'
import { duckdbType } from '../../../functions/sql/dialects/duckdb/column-type.ts'

const contract = Contract.parse({
  version: 1,
  stream: 'orders',
  description: 'Orders.',
  file: 'Orders.csv',
  key: ['order_id'],
  table: { partition_by: 'business_date', cluster_by: ['order_id'] },
  columns: [
    { name: 'order_id', from: 'Order Id', type: 'string', description: 'Id.' },
    { name: 'amount', from: 'Amount', type: 'numeric', scale: 4, description: 'Money.' },
    { name: 'share', from: 'Share', type: 'float64', description: 'Ratio.' },
  ],
  derived: [{ name: 'price', type: 'numeric', expression: 'amount / 2', description: 'Half.' }],
})

describe('the table of a contract', () => {
  const table = tableOf(contract, 'toast')

  it('has the columns of the file, the derived ones, where rows came from, and what a load adds', () => {
    expect(table.columns.map(({ name, ...typed }) => `${name} ${duckdbType(typed)}`)).toEqual([
      'order_id VARCHAR',
      'amount DECIMAL(18,4)',
      'share DOUBLE',
      'price DECIMAL(38,9)',
      'location_id VARCHAR',
      'business_date DATE',
      '_source_file VARCHAR',
      '_row_number BIGINT',
      '_raw_sha256 VARCHAR',
      '_run_id VARCHAR',
      '_loaded_at TIMESTAMP WITH TIME ZONE',
    ])
    expect(table.columns.slice(0, -2)).toEqual(partColumns(contract))
  })

  it('adds up the exact numbers of the file', () => {
    expect(table.totals).toEqual(['amount'])
  })

  it('stands in the schema of its pipeline', () => {
    expect(table).toMatchObject({ schema: 'toast', name: 'orders', clusterBy: ['order_id'] })
  })
})

describe('a column type', () => {
  it('keeps eight decimal places in 64 bits and takes 128 for nine', () => {
    expect(duckdbType({ type: 'numeric', scale: 8 })).toBe('DECIMAL(18,8)')
    expect(duckdbType({ type: 'numeric', scale: 9 })).toBe('DECIMAL(38,9)')
  })

  it('is named as BigQuery names it', () => {
    expect(bigqueryType({ type: 'numeric', scale: 4 })).toBe('NUMERIC')
    expect(bigqueryType({ type: 'datetime' })).toBe('DATETIME')
  })
})
