import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT } from '../support/world.ts'

const LOCATION = '185001'
const SCRIPT = join(import.meta.dirname, 'marts.py')
const hasPython = spawnSync('python3', ['-c', 'import csv, decimal']).status === 0

/** Real exports, de-identified, where a folder next to the checkout has them. They are not part of the project. */
const SAMPLES = join(ROOT, '../shared/toast/samples')
const REAL = [
  ['sftp-20250205-deidentified', '2025-02-05'],
  ['mattemmett-20240410', '2024-04-10'],
] as const

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Marts = z.record(z.string(), z.array(z.record(z.string(), Value)))
type Row = Readonly<Record<string, unknown>>

/** A value as it is compared: numbers without the zeros at their end. */
function told(value: unknown): string {
  const text = value === null ? 'NULL' : String(value)
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text
}

const lines = (rows: readonly Row[], columns: readonly string[]) =>
  rows.map((row) => columns.map((column) => `${column}: ${told(row[column])}`).join(', ')).toSorted()

/** Columns that the count leaves out: people, times of the clock, and the calendar. */
const UNCOUNTED = new Set([
  ...['location_id', 'business_date', 'employee', 'happened_at', 'place', 'guest'],
  ...['fiscal_year', 'fiscal_period', 'fiscal_week'],
])
const SECONDS = new Set(['p50_seconds', 'p90_seconds', 'p95_seconds'])
// Made from configuration alone.
const FROM_CONFIGURATION = new Set(['calendar'])

describe.skipIf(!hasPython)(`marts, counted by Python${hasPython ? '' : ' (skipped: no python3)'}`, () => {
  let transformer: Transformer
  let models: Models
  let folder: string
  beforeAll(async () => {
    models = new Map(Object.entries((await readCompiledModels(ROOT)).models))
    transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
    folder = await mkdtemp(join(tmpdir(), 'daybreak-marts-'))
  })
  afterAll(async () => {
    await transformer.close()
    await rm(folder, { recursive: true })
  })

  /** Rows of every mart as the builds made them of the files in a folder. */
  async function built(files: string, date: string): Promise<ReadonlyMap<string, readonly Row[]>> {
    const world = await createWorld({ now: at('2026-01-01T00:00:00Z'), transformer, models })
    onTestFinished(() => world.close())
    for (const name of readdirSync(files).filter((one) => one.endsWith('.csv')))
      await world.write(`${LOCATION}/${date.replaceAll('-', '')}/${name}`, readFileSync(join(files, name)))
    await world.run({ scope: { windows: [date] } })
    const daybreak = await world.open()
    try {
      const warehouse = warehouseOf(daybreak.ports, 'toast')
      const there = await warehouse.query(`SELECT view_name FROM duckdb_views() WHERE schema_name = 'models'`)
      const rows = new Map<string, readonly Row[]>()
      for (const [name] of there.rows) {
        const { columns, rows: values } = await warehouse.query(`SELECT * FROM models.${name}`)
        rows.set(
          name ?? '',
          values.map((row) => Object.fromEntries(row.map((value, place) => [columns[place], value]))),
        )
      }
      return rows
    } finally {
      await daybreak.close()
    }
  }

  async function expectCounted(files: string, date: string): Promise<void> {
    const marts = await built(files, date)
    const counted = Marts.parse(JSON.parse(execFileSync('python3', [SCRIPT, files, date], { encoding: 'utf8' })))
    const shipped = [...models].filter(([name, { kind }]) => kind !== 'seed' && !FROM_CONFIGURATION.has(name))
    expect(Object.keys(counted).toSorted()).toEqual(shipped.map(([name]) => name).toSorted())
    for (const [name, { columns }] of shipped) {
      const names = columns.map((column) => column.name).filter((column) => !UNCOUNTED.has(column))
      const rounded = (marts.get(name) ?? []).map((row) => {
        const seconds = Object.entries(row).filter(([column]) => SECONDS.has(column))
        return { ...row, ...Object.fromEntries(seconds.map(([column, text]) => [column, Number(text).toFixed(6)])) }
      })
      expect(lines(rounded, names), name).toEqual(lines(counted[name] ?? [], names))
    }
  }

  it.each(['restaurant', 'bar', 'small'] as const)(
    'are equal in every row and cent, of a synthetic %s',
    async (profile) => {
      const date = '2025-02-05'
      const files = await mkdtemp(join(folder, `${profile}-`))
      const location = { id: LOCATION, name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
      for (const { name, bytes } of generateNight({ seed: 5, date, profile, scale: 0.5, closed: false, location }))
        await writeFile(join(files, name), bytes)
      await expectCounted(files, date)
    },
  )

  const present = existsSync(SAMPLES)
  it.skipIf(!present).each(REAL)(
    `are equal in every row and cent, of the real exports ${present ? '%s' : '(skipped: not present)'}`,
    async (name, date) => {
      await expectCounted(join(SAMPLES, name), date)
    },
  )
})
