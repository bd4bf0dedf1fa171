import { join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { openDuckdbReader } from '../../functions/adapters/duckdb/reader/reader.ts'
import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import { testFolder } from '../support/folder.ts'
import { partWriter } from '../support/parts.ts'
import { testReader } from './reader.ts'

const program = [process.execPath, join(process.cwd(), 'cli/daybreak.mjs')]

describe('a reader of a DuckDB file', () => {
  testReader(async () => {
    const folder = await testFolder()
    const settings = { path: join(folder, 'warehouse.duckdb'), memoryLimit: '256MB' }
    const warehouse = openDuckdbWarehouse({ ...settings, clock: { now: () => 0 } })
    onTestFinished(() => warehouse.close())
    const reader = openDuckdbReader({ ...settings, schemas: ['toast'], tempRoot: folder, program })
    return { warehouse, reader, ...partWriter(folder) }
  })
})
