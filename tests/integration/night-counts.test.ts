import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { takeEffects } from '../support/count-effects.ts'
import { at } from '../support/definition.ts'
import { failAt } from '../support/fail-at.ts'
import { createWorld, ROOT } from '../support/world.ts'

type CountsOfNight = Readonly<Record<string, number>>

const EXPECTED: Readonly<Record<string, CountsOfNight>> = JSON.parse(
  readFileSync(join(ROOT, 'tests/golden/night-counts.json'), 'utf8'),
)
const DATE = '2025-02-05'

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

/** Calls of a first night of so many locations to disk, ledger, warehouse, objects and source. */
async function countNight(locations: number): Promise<CountsOfNight> {
  const places = Array.from({ length: locations }, (_, index) => {
    return { id: String(185_001 + index), name: `Place ${index + 1}`, time_zone: 'America/New_York' }
  })
  const world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer, locations: places })
  try {
    for (const { id, name } of places) {
      const location = { id, name, timeZone: 'America/New_York', closeoutHour: 4 }
      const files = generateNight({ seed: 1, date: DATE, profile: 'small', scale: 0.4, closed: false, location })
      for (const file of files) await world.write(`${id}/20250205/${file.name}`, file.bytes)
    }
    takeEffects()
    const counting = failAt(Number.POSITIVE_INFINITY, 'once')
    const run = await world.run({ scope: { windows: [DATE] } }, counting.wrap)
    expect(run.state).toBe('succeeded')
    const counts: Record<string, number> = { ...takeEffects() }
    for (const name of counting.calls()) counts[name] = (counts[name] ?? 0) + 1
    return counts
  } finally {
    await world.close()
  }
}

// Counts do not depend on the machine, as seconds do. Where one falls, the new number goes into the file; where one rises, the
// commit says what the night gets for it.
describe('a first night makes exactly these calls', () => {
  it.each([
    ['one location', 1],
    ['three locations', 3],
  ])('for %s', async (words, locations) => {
    expect(await countNight(locations)).toEqual(EXPECTED[words])
  })

  it('and a location more makes no more loads, tables or surveys', () => {
    const added = Object.entries(EXPECTED['three locations'] ?? {}).filter(
      ([name, count]) => count !== EXPECTED['one location']?.[name],
    )
    expect(added.map(([name]) => name).filter((name) => name.startsWith('warehouse.'))).toEqual([])
  })
})
