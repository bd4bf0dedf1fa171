import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { destinationsInUse } from '../../functions/compose/destinations.ts'
import { type Finding, runChecks } from '../../functions/compose/doctor/finding.ts'
import { portChecks } from '../../functions/compose/doctor/ports.ts'
import { openReader } from '../../functions/compose/reader.ts'
import type { Daybreak } from '../../functions/compose.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { Reader, Transformer } from '../../functions/pipeline/ports.ts'
import { askCompleteness } from '../../functions/pipeline/views/completeness.ts'
import { knownLocations } from '../../functions/pipeline/views/locations.ts'
import { progressOf } from '../../functions/pipeline/views/progress.ts'
import { checksOf, findRun, resumedOf, runRow, sheetOf } from '../../functions/pipeline/views/runs.ts'
import { describeTables, knownTables } from '../../functions/pipeline/views/tables.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { ofTheSeven } from '../support/seven.ts'
import { createWorld, silent, type World } from '../support/world.ts'

// Asked as an API would: with ports, and without arguments, text or a terminal.
const DATE = '2025-02-05'
const RANGE = { from: DATE, to: DATE }

let transformer: Transformer
let world: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer })
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const night = ofTheSeven(
    generateNight({ seed: 1, date: DATE, profile: 'small', scale: 0.5, closed: false, location }),
  )
  for (const { name, bytes } of night) {
    const text = Buffer.from(bytes).toString('utf8')
    const isPayments = name === 'PaymentDetails.csv'
    await world.write(`185001/20250205/${name}`, isPayments ? text.replace('Amount', 'Amnt') : bytes)
  }
  await world.write('185001/20250205/Notes.txt', 'kept')
  await world.run({ scope: { windows: [DATE] } })
})
afterAll(async () => {
  await world.close()
  await transformer.close()
})

async function ask<Answer>(question: (daybreak: Daybreak, toast: PipelineDefinition) => Promise<Answer>) {
  const daybreak = await world.open()
  try {
    return await question(daybreak, daybreak.definitions.get('toast')!)
  } finally {
    await daybreak.close()
  }
}

it('a run is found, and its sheet and checks are computed', async () => {
  await ask(async (daybreak) => {
    const { ledger } = daybreak.ports
    const run = await findRun('last', ledger)
    expect(runRow(run)).toMatchObject({ id: run.id, state: 'partial', code: 'DRIFT_MISSING_REQUIRED' })
    const slices = await ledger.runSlices(run.id)
    expect((await progressOf(run, daybreak.definitions, ledger)).done).toBe(slices.length)
    const sheet = await sheetOf(run, slices, daybreak)
    expect(sheet.map(({ shard, window, balanced }) => [shard, window, balanced])).toEqual(
      Array.from({ length: 6 }, () => ['185001', DATE, true]),
    )
    expect((await checksOf(run, slices, ledger)).length).toBeGreaterThan(5)
    expect(await resumedOf(slices, ledger)).toEqual({ slices: 0, rows: 0, runs: [] })
    await expect(findRun('nope', ledger)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

it('the completeness of a day says what is held back, and which files no contract reads', async () => {
  const answer = await ask(({ ports }, toast) => askCompleteness(toast, RANGE, ports))
  const row = answer.rows.find(({ shard }) => shard === '185001')
  expect(row?.cells.get('payment_details')).toBe('quarantined')
  expect(answer.reason?.code).toBe('DRIFT_MISSING_REQUIRED')
  expect(answer.unread).toEqual([{ name: 'Notes.txt', days: 1 }])
})

it('the checks of doctor are answered through ports that are open', async () => {
  const { signal } = new AbortController()
  const found = await ask(async (daybreak) => {
    const findings: Finding[] = []
    for await (const finding of runChecks(
      portChecks({ ...daybreak, project: world.project, signal, lacksSecret: false }),
    ))
      findings.push(finding)
    return findings
  })
  expect(found.map(({ check, state }) => [check, state])).toEqual([
    ['ledger', 'pass'],
    ['hash key', 'pass'],
    ['warehouse', 'pass'],
    ['tables', 'pass'],
    ['source toast', 'pass'],
  ])
  expect(found.at(-1)?.message).toBe('connects, 1 folder')
})

it('locations are known by id, with the place that names them', async () => {
  const known = await ask(async (_, toast) => knownLocations(toast))
  expect(known.find(({ id }) => id === '185001')).toMatchObject({ knownFrom: 'config', closeoutHour: 4 })
})

it('all tables are described by two questions, however many there are', async () => {
  const { project } = world
  const program = [process.execPath, join(process.cwd(), 'cli/daybreak.mjs')]
  const [place] = destinationsInUse(project)
  const reader = await openReader(place!, project, { clock: systemClock, log: silent, program })
  let questions = 0
  const ask: Reader['ask'] = (question) => {
    questions++
    return reader.ask(question)
  }
  const counted: Reader = { ...reader, ask }
  const tables = knownTables(project.pipelines.keys(), project.contracts)
  const asking = { timeout: 60_000, signal: new AbortController().signal, onWait: () => undefined }

  const rows = await describeTables(tables, counted, asking)

  expect(questions).toBe(2)
  expect(rows.map(({ table }) => table)).toEqual(tables.map(({ pipeline, name }) => `${pipeline}.${name}`))
  expect(rows.find(({ table }) => table === 'toast.order_details')).toMatchObject({ from: DATE, to: DATE })
  expect(rows.find(({ table }) => table === 'toast.order_details')?.rows).toBeGreaterThan(1)
  expect(rows.find(({ table }) => table === 'toast.payment_details')).toMatchObject({ rows: 0, from: '', to: '' })
})
