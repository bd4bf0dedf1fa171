import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { renewBuilds } from '../../functions/pipeline/work/renew-builds.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { SOAK } from '../support/draws.ts'
import { type Failing, failAt, type Planted } from '../support/fail-at.ts'
import { SALES } from '../support/models.ts'
import { compileScripts, PARTY_SIZE } from '../support/script-models.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const SCOPE = { windows: [DATE] }
const STREAMS = ['order_details', 'item_selection_details']
const LOCATIONS = [{ id: '185001', name: 'East', time_zone: 'America/New_York' }]
const WAYS: readonly Failing[] = ['once', 'lost', 'forever']

let transformer: Transformer
let loaded: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  loaded = await newWorld({ models: new Map() })
  const files = generateNight({
    ...{ seed: 1, date: DATE, profile: 'small', scale: 0.2, closed: false },
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  for (const { name, bytes } of files) await loaded.write(`185001/20250205/${name}`, bytes)
  await loaded.run({ scope: SCOPE })
})
afterAll(async () => {
  await loaded.close()
  await transformer.close()
})

async function newWorld(more: Partial<Parameters<typeof createWorld>[0]>): Promise<World> {
  const now = at('2025-02-06T14:00:00Z')
  return await createWorld({ now, transformer, streams: STREAMS, locations: LOCATIONS, models: SALES, ...more })
}

/** One process that finds what is to be built, and builds it. A failure ends the process. */
async function build(world: World, planted?: Planted): Promise<void> {
  const daybreak = await world.open(planted?.wrap, planted && { signal: planted.signal }).catch(() => null)
  if (daybreak === null) return
  try {
    await renewBuilds(daybreak.worker)
    await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE }))
  } catch (error) {
    if (!planted) throw error
  } finally {
    planted?.heal()
    await daybreak.close().catch(() => undefined)
  }
}

async function endOf(world: World, view = 'location_daily') {
  const daybreak = await world.open()
  const warehouse = warehouseOf(daybreak.ports, 'toast')
  const builds = await daybreak.ports.ledger.builds({})
  const { rows } = await warehouse.query(`SELECT * FROM models.${view} ORDER BY ALL`)
  const incidents = await daybreak.ports.ledger.incidents({ states: ['open'], kind: 'model' })
  await daybreak.close()
  return { rows, builds: builds.map(({ model, state, built, wanted }) => [model, state, built === wanted]), incidents }
}

interface Crashing {
  readonly models: Models
  readonly view: string
  /** Every so many calls one fails. */
  readonly step: number
}

/** Ends that differ from the undisturbed one, when a call of a build fails and another process comes after it. */
async function wrongEnds({ models, view, step }: Crashing): Promise<{ wrong: readonly string[]; calls: number }> {
  const undisturbed = await newWorld({ from: loaded, models })
  const counted = failAt(Number.POSITIVE_INFINITY, 'once')
  await build(undisturbed, counted)
  const expected = await endOf(undisturbed, view)
  await undisturbed.close()
  expect(expected.rows.length).toBeGreaterThan(0)
  expect(expected.builds.every(([, state, isEqual]) => state === 'idle' && isEqual)).toBe(true)
  const calls = counted.calls().length
  const wrong: string[] = []
  for (let nth = 1; nth <= calls; nth += step)
    for (const how of SOAK ? WAYS : [WAYS[nth % 3]!]) {
      const world = await newWorld({ from: loaded, models })
      const planted = failAt(nth, how)
      await build(world, planted)
      // Longer than a row may be pending before the sweep takes it up.
      await world.clock.sleep(3_600_000)
      for (let process = 0; process < 2; process++) await build(world)
      const end = await endOf(world, view).catch((error: unknown) => String(error))
      if (JSON.stringify(end) !== JSON.stringify(expected))
        wrong.push(`call ${nth} (${planted.failed()}) ${how}: ${JSON.stringify(end)}`)
      await world.close()
    }
  return { wrong, calls }
}

it('ends the same when any call of a build fails, in any way, and another process comes after it', async () => {
  const { wrong, calls } = await wrongEnds({ models: SALES, view: 'location_daily', step: SOAK ? 1 : 7 })
  expect(calls).toBeGreaterThan(60)
  expect(wrong).toEqual([])
})

it('ends the same when any call of the build of a script fails', async () => {
  const models = await compileScripts(PARTY_SIZE)
  const { wrong } = await wrongEnds({ models, view: 'party_size', step: SOAK ? 1 : 8 })
  expect(wrong).toEqual([])
})
