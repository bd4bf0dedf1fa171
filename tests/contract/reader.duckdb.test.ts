import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDuckdbReader } from '../../functions/adapters/duckdb/reader/reader.ts'
import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import { testFolder } from '../support/folder.ts'
import { partWriter } from '../support/parts.ts'
import { testReader } from './reader.ts'
import { TABLE } from './warehouse-table.ts'

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
  it('lets a writer in that waits, though readers follow each other', async () => {
    const folder = await testFolder()
    const settings = { path: join(folder, 'warehouse.duckdb'), memoryLimit: '256MB' }
    const warehouse = openDuckdbWarehouse({ ...settings, clock: { now: () => 0 }, patience: 60_000, idle: 50 })
    onTestFinished(() => warehouse.close())
    await warehouse.ensureTable({ ...TABLE, name: 'first' })
    await warehouse.close()
    const first = await holdForReading(settings.path)
    const isWritten = warehouse.ensureTable({ ...TABLE, name: 'second' })
    while (!existsSync(`${settings.path}.wanted`)) await pause(10)
    const reader = openDuckdbReader({ ...settings, schemas: ['toast'], tempRoot: folder, program })
    const waits = Promise.withResolvers<string>()
    const { signal } = new AbortController()
    const limits = { limit: 10, countTo: 10, timeout: 60_000, signal, onWait: waits.resolve }
    const answer = reader.ask({ sql: 'SELECT order_id FROM second', ...limits })
    expect(await waits.promise).toBe('a process waits to write it')
    first.end()
    await isWritten
    // It comes after the writer: before, there was no such table.
    const { batches } = await answer
    expect((await Array.fromAsync(batches)).flat()).toEqual([])
    expect(existsSync(`${settings.path}.wanted`)).toBe(false)
  })
})

/** Another process that reads the file until its end is asked for. */
async function holdForReading(path: string) {
  const script = `
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const instance = await DuckDBInstance.create(process.argv[1], { access_mode: 'READ_ONLY' })
    process.stdin.on('end', () => process.exit()).resume()
    process.stdout.write('open')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  return child.stdin
}
