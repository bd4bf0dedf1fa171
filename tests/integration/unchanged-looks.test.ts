import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Run, RunSlice } from '../../functions/pipeline/entities.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { ENTRY_RETENTION } from '../../functions/pipeline/work/retention.ts'
import { mend } from '../../functions/pipeline/work/schedule.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { ofTheSeven } from '../support/seven.ts'
import { createWorld, type World } from '../support/world.ts'

const DATES = ['2025-02-04', '2025-02-05']
const NOON = at('2025-02-06T11:59:00Z')
const scope = { windows: DATES }

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer, minimumAge: 0 })
  for (const window of DATES) for (const [name, bytes] of night(window)) await world.write(pathOf(window, name), bytes)
})
afterEach(() => world.close())

const pathOf = (window: string, name: string) => `185001/${window.replaceAll('-', '')}/${name}`

function night(date: string): readonly (readonly [string, Uint8Array])[] {
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const files = generateNight({ seed: 1, date, profile: 'small', scale: 0.2, closed: false, location })
  return ofTheSeven(files).map(({ name, bytes }) => [name, bytes] as const)
}

/** Rows that the ledger really has of the slices of runs. */
function countRows(): number {
  const { ledger } = world.project.environment
  const db = new DatabaseSync(ledger.kind === 'sqlite' ? ledger.path : '', { readOnly: true })
  const row = db.prepare('select count(*) as n from run_slices').get()
  db.close()
  return Number(row?.['n'])
}

async function looksOf({ id }: Run): Promise<readonly RunSlice[]> {
  const { ports, close } = await world.open()
  return await ports.ledger.runSlices(id).finally(close)
}

const outcomes = (looks: readonly RunSlice[]) => [...new Set(looks.map(({ outcome }) => outcome))]

it('adds no row for an unchanged look, however many there are, and counts each on its run', async () => {
  const first = await world.run({ scope })
  expect(first).toMatchObject({ state: 'succeeded', counts: { slices: 14, unchanged: 0 } })
  const rows = countRows()
  expect(rows).toBe(14)
  for (let look = 0; look < 3; look++) {
    const run = await world.run({ scope })
    expect(run).toMatchObject({ state: 'succeeded', counts: { slices: 14, rows: 0, unchanged: 14 } })
    const looks = await looksOf(run)
    expect(outcomes(looks)).toEqual(['unchanged'])
    expect(looks.map(({ window, stream }) => `${window} ${stream}`)).toEqual(
      (await looksOf(first)).map(({ window, stream }) => `${window} ${stream}`),
    )
  }
  expect(countRows()).toBe(rows)
})

it('adds a row for each slice that changed or has to be explained', async () => {
  await world.run({ scope })
  const rows = countRows()
  const [[name, bytes] = ['', new Uint8Array()]] = night('2025-02-05')
  await world.write(pathOf('2025-02-05', name), Buffer.from(bytes).subarray(0, 0))
  const run = await world.run({ scope })
  expect(run).toMatchObject({ state: 'partial', counts: { slices: 14, unchanged: 13 } })
  expect(countRows()).toBe(rows + 1)
  // It is refused still: that is no look without news to a reader of this run.
  const next = await world.run({ scope })
  expect(next).toMatchObject({ state: 'partial', counts: { slices: 14, unchanged: 13 }, reason: run.reason })
  expect(countRows()).toBe(rows + 2)
})

it('takes a failure back that a second delivery of the message did not meet', async () => {
  await world.run({ scope })
  await world.clock.advance(60_000)
  for (const [name, bytes] of night(DATES[1] ?? '')) await world.write(pathOf(DATES[1] ?? '', name), bytes, NOON)
  const failed: string[] = []
  const broken = (ports: Ports): Ports => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      async apply(changes) {
        await ports.ledger.apply(changes)
        for (const each of changes)
          if (each.change === 'run_slice' && each.runSlice.outcome === 'failed') failed.push(each.runSlice.stream)
      },
    },
    source: (pipeline) => ({
      name: 'breaks once',
      async connect(signal) {
        const source = await ports.source(pipeline).connect(signal)
        const read: typeof source.read = (file, stop) => {
          if (file.name === 'CheckDetails.csv' && failed.length === 0)
            throw new DaybreakError('STORAGE_FAILED', 'planted')
          return source.read(file, stop)
        }
        return { ...source, read }
      },
    }),
  })
  const run = await world.run({ scope }, broken)
  expect(failed).toEqual(['check_details'])
  expect(run).toMatchObject({ state: 'succeeded', reason: null, counts: { slices: 14, unchanged: 14 } })
  expect(outcomes(await looksOf(run))).toEqual(['unchanged'])
})

it('keeps rows for 90 days: the sweep after that deletes them, and the run keeps its counts', async () => {
  const { id } = await world.run({ scope })
  await world.clock.advance(ENTRY_RETENTION)
  const daybreak = await world.open()
  try {
    await mend(daybreak.ports)
    expect(countRows()).toBe(14)
    await world.clock.advance(60_000)
    await mend(daybreak.ports)
    expect(countRows()).toBe(0)
    expect(await daybreak.ports.ledger.run(id)).toMatchObject({ state: 'succeeded', counts: { slices: 14 } })
  } finally {
    await daybreak.close()
  }
})
