import { describe, expect, it } from 'vitest'
import { Contract } from '../../../functions/contract/contract.ts'
import { partColumns, tableOf } from '../../../functions/contract/table.ts'
import { rejectsTable } from '../../../functions/engine/rejects/rejects.ts'
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

describe('the table of a contract that is no restaurant’s', () => {
  const own = { ...contract, carries: { shard: 'branch', window: 'day' }, table: { clusterBy: [] } }
  const names = ({ columns }: { readonly columns: readonly { readonly name: string }[] }) =>
    columns.map(({ name }) => name)

  it('carries shard and window under the names of the contract, and is partitioned by the window', () => {
    const table = tableOf(own, 'shop')
    expect(names(table).slice(4, 6)).toEqual(['branch', 'day'])
    expect(table).toMatchObject({ shardColumn: 'branch', partitionColumn: 'day', rawColumn: '_raw_sha256' })
  })

  it('has no column but its own without carried columns and provenance, while its parts keep where rows came from', () => {
    const bare = { ...own, carries: {}, provenance: 'none' as const }
    const table = tableOf(bare, 'shop')
    expect(names(table)).toEqual(['order_id', 'amount', 'share', 'price'])
    expect(table).toMatchObject({ shardColumn: null, partitionColumn: null, rawColumn: null })
    expect(partColumns(bare).map(({ name }) => name)).toContain('_row_number')
  })

  it('has rejects that name shard and window always', () => {
    expect(names(rejectsTable('shop', [own])).slice(0, 3)).toEqual(['branch', 'day', 'stream'])
    expect(rejectsTable('shop', [{ ...own, carries: {} }])).toMatchObject({
      shardColumn: 'shard',
      partitionColumn: 'window_date',
    })
  })
})
