import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { SOAK } from '../support/draws.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

// The last date is compared with the first, 364 days before it.
const LAST = '2025-02-09'
const DATES = [addDays(LAST, -364), addDays(LAST, -2), addDays(LAST, -1), LAST]

let transformer: Transformer
let models: Models
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  models = new Map(Object.entries((await readCompiledModels(ROOT)).models))
})
afterAll(() => transformer.close())

async function deliver(world: World, date: string, scale: number): Promise<void> {
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  for (const { name, bytes } of generateNight({ seed: 3, date, profile: 'small', scale, closed: false, location }))
    await world.write(`185001/${date.replaceAll('-', '')}/${name}`, bytes)
}

/** Rows of every view, after files came in steps: each step is a run of its own. */
async function rowsAfter(steps: readonly (readonly { readonly date: string; readonly scale: number }[])[]) {
  const world = await createWorld({ now: at('2025-02-10T20:00:00Z'), transformer, models })
  try {
    for (const step of steps) {
      for (const { date, scale } of step) await deliver(world, date, scale)
      await world.clock.sleep(3_600_000)
      await world.run({ scope: { windows: step.map(({ date }) => date) } })
    }
    const daybreak = await world.open()
    try {
      const rows: Record<string, unknown> = {}
      for (const name of models.keys())
        rows[name] = (
          await warehouseOf(daybreak.ports, 'toast').query(`SELECT * FROM models.${name} ORDER BY ALL`)
        ).rows
      return rows
    } finally {
      await daybreak.close()
    }
  } finally {
    await world.close()
  }
}

const file = (date: string, scale = 0.2) => ({ date, scale })

it('has the rows of one full build in any order of dates, and after a date that comes again', async () => {
  const full = await rowsAfter([DATES.map((date) => file(date))])
  expect(Object.entries(full).filter(([, rows]) => Array.isArray(rows) && rows.length === 0)).toEqual([])
  const order = fc.shuffledSubarray(DATES, { minLength: DATES.length })
  const draws = fc.sample(fc.tuple(order, fc.constantFrom(...DATES)), { numRuns: SOAK ? 20 : 1, seed: 7 })
  for (const [dates, corrected] of draws) {
    // One date has files with fewer orders first, and those of the full build at the end.
    const first = dates.map((date) => [file(date, date === corrected ? 0.1 : 0.2)])
    expect(await rowsAfter([...first, [file(corrected)]]), `${dates.join(' ')}; ${corrected} again`).toEqual(full)
  }
})
