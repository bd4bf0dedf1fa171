import { describe, expect, it } from 'vitest'
import { openBigqueryReader } from '../../functions/adapters/bigquery/reader.ts'
import { bigqueryWithParts } from '../support/bigquery.ts'
import { testReader } from './reader.ts'
import { DAY, load } from './warehouse-load.ts'
import { COLUMNS, TABLE } from './warehouse-table.ts'

describe('a reader of a local BigQuery', () => {
  testReader(async () => {
    const { open, server, clock, part } = await bigqueryWithParts()
    const { project, url: endpoint } = server
    const settings = { project, location: 'US', endpoint, maximumBytesBilled: 10_737_418_240, dataset: 'toast' }
    const reader = openBigqueryReader({ ...settings, clock, log: () => undefined, random: () => 0.5 })
    return { warehouse: open(), reader, part }
  })
})

describe('what a person asks of BigQuery', () => {
  const opened = async () => {
    const { open, server, clock, part } = await bigqueryWithParts()
    const { project, url: endpoint } = server
    const settings = { project, location: 'US', endpoint, maximumBytesBilled: 10_737_418_240, dataset: 'toast' }
    const warehouse = open()
    await warehouse.ensureTable(TABLE)
    const rows = ['x', 'y', 'z'].map((id) => ['1', DAY, id, '1.00', null, 'ab'])
    const entries = [await part('a', COLUMNS, rows)]
    await load(warehouse, { id: 'j1', content: 'c0ffee', table: TABLE, window: DAY, runId: 'r', entries })
    const reader = openBigqueryReader({ ...settings, clock, log: () => undefined, random: () => 0.5 })
    const { signal } = new AbortController()
    const asking = { limit: 10, countTo: 10, timeout: 60_000, signal, onWait: () => undefined }
    return (sql: string, maxBytes?: number) => reader.ask({ sql, ...asking, ...(maxBytes && { maxBytes }) })
  }

  it('is refused before it reads more than it may, with what to do', async () => {
    const ask = await opened()
    const sql = `SELECT order_id FROM order_details WHERE business_date = DATE '${DAY}'`
    expect((await ask(sql, 10_485_760)).columns).toHaveLength(1)
    const refused = ask(sql, 1)
    await expect(refused).rejects.toMatchObject({ code: 'QUERY_LIMIT' })
    await expect(refused).rejects.toThrow('name fewer columns, or narrow the column that the table is partitioned by')
  })

  it('names the column of the partitions, and says what to add', async () => {
    const ask = await opened()
    const refused = ask('SELECT order_id FROM order_details')
    await expect(refused).rejects.toMatchObject({ code: 'USAGE_INVALID' })
    await expect(refused).rejects.toThrow("add a condition such as `business_date >= DATE '2026-10-01'`")
  })
})
