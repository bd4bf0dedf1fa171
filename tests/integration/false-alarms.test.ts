import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Location } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { completeness } from '../../functions/pipeline/views/status.ts'
import { mockLocations } from '../../mock/locations.ts'
import { generateNight } from '../../mock/night.ts'
import type { ProfileName } from '../../mock/profiles.ts'
import { at } from '../support/definition.ts'
import { draws, SOAK } from '../support/draws.ts'
import { createWorld, type World } from '../support/world.ts'

// A wrong alarm is worse than none: people learn to wave it through. Nights whose arithmetic is true must raise no alarm.

const PROFILES: readonly ProfileName[] = ['bar', 'restaurant', 'small']
// Over the night on which the clock is set forward, the one on which it is set back, the leap day, and the turn of a year.
const STARTS = ['2025-03-07', '2025-10-31', '2024-02-27', '2024-12-30']
const NIGHTS = 5
const SCALES = [0.05, 0.15, 0.4]

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

const pick = <Value>(values: readonly Value[], index: number): Value => values[index % values.length] as Value

/** Consecutive nights of one house: one of them closed, one with an order that was paid three days before. */
async function deliverNights(
  world: World,
  location: Location,
  { seed, dates }: { seed: number; dates: readonly string[] },
) {
  const profile = pick(PROFILES, seed)
  for (const [index, date] of dates.entries()) {
    const files = generateNight({
      ...{ seed, location, date, profile, scale: pick(SCALES, seed + index) },
      closed: index === 1 + (seed % 4),
      repeatedHour: true,
      preOrdered: index === 3,
      paidAhead: index === 0 ? [dates[3] ?? ''] : [],
    })
    for (const { name, bytes } of files) await world.write(`${location.id}/${date.replaceAll('-', '')}/${name}`, bytes)
  }
}

/** Findings about the days, and the rows that were rejected. */
async function alarmsOf(world: World, dates: readonly string[]): Promise<readonly string[]> {
  const daybreak = await world.open()
  try {
    const { ledger } = daybreak.ports
    const range = { from: dates[0] ?? '', to: dates.at(-1) ?? '' }
    const disputes = (await ledger.checks({ ...range, failed: true })).filter(({ effect }) => effect === 'dispute')
    const slices = await ledger.slices(range)
    const definition = daybreak.definitions.get('toast')
    if (!definition) throw new TypeError('no pipeline')
    const days = completeness(definition, slices, { ...range, now: world.clock.now(), disputes })
    return [
      ...days
        .filter(({ verdict }) => verdict.state !== 'complete')
        .map(({ verdict }) => verdict.reason?.message ?? 'none'),
      ...slices
        .filter(({ state }) => state !== 'loaded')
        .map(({ shard: location, window: date, reason }) => `${location} ${date}: ${reason?.message}`),
      ...slices
        .filter(({ delivery }) => delivery?.counts.rejected !== 0)
        .map(({ stream, shard: location, window: date }) => `${stream} of ${location}, ${date}: rejects`),
    ]
  } finally {
    await daybreak.close()
  }
}

const LIMIT = SOAK ? 3_600_000 : 600_000

it(
  'right nights of every house, zone and time of the year are complete: none is disputed, held or rejected',
  async () => {
    // Five location-days each.
    const places = mockLocations(draws({ suite: 4, soak: 120 }))
    const found: string[] = []
    for (const [turn, start] of STARTS.entries()) {
      const here = places.filter((_, index) => index % STARTS.length === turn)
      const dates = Array.from({ length: NIGHTS }, (_, index) => addDays(start, index))
      const locations = here.map(({ id, name, timeZone }) => ({ id, name, time_zone: timeZone }))
      const world = await createWorld({ now: at('2026-01-01T12:00:00Z'), transformer, locations })
      try {
        for (const place of here) await deliverNights(world, place, { seed: Number(place.id) - 185_000, dates })
        const { state, reason } = await world.run({ scope: { windows: dates } })
        found.push(
          ...(await alarmsOf(world, dates)),
          ...(state === 'succeeded' ? [] : [`${state}: ${reason?.message}`]),
        )
      } finally {
        await world.close()
      }
    }
    expect(found).toEqual([])
  },
  LIMIT,
)
