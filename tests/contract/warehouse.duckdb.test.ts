import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import { testFolder } from '../support/folder.ts'
import { partWriter } from '../support/parts.ts'
import { testModelWarehouse } from './model-warehouse.ts'
import { testWarehouse } from './warehouse.ts'

describe('a warehouse in a DuckDB file', () => {
  testWarehouse(async () => {
    const folder = await testFolder()
    const now = 1_767_600_000_123
    const path = join(folder, 'home', 'warehouse.duckdb')
    const warehouse = openDuckdbWarehouse({ path, memoryLimit: '256MB', clock: { now: () => now } })
    onTestFinished(() => warehouse.close())
    const originSql = () => 'SELECT DISTINCT _run_id, epoch_ms(_loaded_at) AS at FROM toast.order_details'
    return {
      warehouse,
      now,
      originSql,
      decimal: (text) => text,
      keepsDigits: false,
      partitions: false,
      ...partWriter(folder),
    }
  })
})

describe('a warehouse in a DuckDB file that builds models', () => {
  testModelWarehouse(
    async () => {
      let now = 1_767_600_000_123
      const path = join(await testFolder(), 'warehouse.duckdb')
      const warehouse = openDuckdbWarehouse({ path, memoryLimit: '256MB', clock: { now: () => now } })
      onTestFinished(() => warehouse.close())
      const pass = async (milliseconds: number) => {
        now += milliseconds
      }
      return { warehouse, decimal: (text) => text, bills: false, pass }
    },
    { numeric: (sql) => `CAST(${sql} AS DECIMAL(38,9))`, integer: (sql) => `CAST(${sql} AS BIGINT)` },
  )
})
