import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import { testFolder } from '../support/folder.ts'
import { partWriter } from '../support/parts.ts'
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
