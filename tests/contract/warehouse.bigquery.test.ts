import { describe } from 'vitest'
import { bigqueryWithParts, bigqueryWorld, NOW } from '../support/bigquery.ts'
import { testModelWarehouse } from './model-warehouse.ts'
import { testWarehouse } from './warehouse.ts'

/** Rows have no run of their own in BigQuery: the newest load of their table and date has it. */
const originSql = (date: string) => `
  SELECT DISTINCT loads.run_id AS _run_id, UNIX_MILLIS(orders._loaded_at) AS at
  FROM toast.order_details AS orders JOIN toast._loads AS loads USING (business_date)
  WHERE business_date = DATE '${date}' AND loads.table_name = 'order_details'`

describe('a warehouse in a local BigQuery', () => {
  testWarehouse(async () => {
    const { open, ...world } = await bigqueryWithParts()
    // BigQuery writes 1.5 for what is stored as 1.50, and stores all nine places.
    const decimal = (text: string) => text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
    return { ...world, warehouse: open(), now: NOW, originSql, decimal, keepsDigits: true, partitions: true }
  })
})

describe('a warehouse in a local BigQuery that builds models', () => {
  testModelWarehouse(
    async () => {
      const { open, clock } = await bigqueryWorld({ datasets: ['models', 'models_data', 'models_staging'] })
      const decimal = (text: string) => text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
      return { warehouse: open({ createTables: false }), decimal, bills: true, pass: (time) => clock.sleep(time) }
    },
    { numeric: (sql) => `CAST(${sql} AS NUMERIC)`, integer: (sql) => `CAST(${sql} AS INT64)` },
  )
})
