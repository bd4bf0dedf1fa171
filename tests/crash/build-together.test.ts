import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { partitionsOn } from '../../functions/models/affected.ts'
import { compiledOf } from '../../functions/models/model-set.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { ensurePartitions } from '../../functions/pipeline/work/build.ts'
import { renewBuilds } from '../../functions/pipeline/work/renew-builds.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { SOAK } from '../support/draws.ts'
import { type Failing, failAt, type Planted } from '../support/fail-at.ts'
import { SALES } from '../support/models.ts'
import { createWorld, type World } from '../support/world.ts'

const DATES = ['2025-01-29', '2025-02-04', '2025-02-05']
const SCOPE = { windows: DATES }
const WAYS: readonly Failing[] = ['once', 'lost', 'forever']

let transformer: Transformer
let loaded: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  loaded = await newWorld({ models: new Map() })
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  for (const date of DATES)
    for (const { name, bytes } of generateNight({
      ...{ seed: 1, date, profile: 'small', scale: 0.1, closed: false },
      location,
    }))
      await loaded.write(`185001/${date.replaceAll('-', '')}/${name}`, bytes)
  await loaded.run({ scope: SCOPE })
})
afterAll(async () => {
  await loaded.close()
  await transformer.close()
})

async function newWorld(more: Partial<Parameters<typeof createWorld>[0]>): Promise<World> {
  const locations = [{ id: '185001', name: 'East', time_zone: 'America/New_York' }]
  const streams = ['order_details', 'item_selection_details']
  return await createWorld({
    ...{ now: at('2025-02-06T14:00:00Z'), transformer, streams, locations, models: SALES },
    ...more,
  })
}

/** One process that builds all dates, as `model build` does. A failure ends the process. */
async function buildDates(world: World, planted?: Planted): Promise<void> {
  const daybreak = await world.open(planted?.wrap, planted && { signal: planted.signal }).catch(() => null)
  if (daybreak === null) return
  try {
    for (const used of (await daybreak.worker.models?.inUse(daybreak.ports)) ?? []) {
      const partitions = partitionsOn(compiledOf(used.set), { dates: DATES })
      for await (const { ensured } of ensurePartitions(partitions, used, daybreak.worker))
        expect(ensured).not.toBeNull()
    }
  } catch (error) {
    if (!planted) throw error
  } finally {
    planted?.heal()
    await daybreak.close().catch(() => undefined)
  }
}

/** One process that finds what is left, date by date. */
async function sweep(world: World): Promise<void> {
  const daybreak = await world.open()
  try {
    await renewBuilds(daybreak.worker)
    await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: SCOPE }))
  } finally {
    await daybreak.close()
  }
}

async function endOf(world: World) {
  const daybreak = await world.open()
  try {
    const builds = await daybreak.ports.ledger.builds({})
    const incidents = await daybreak.ports.ledger.incidents({ states: ['open'], kind: 'model' })
    const tables = builds.map(({ model, fingerprint }) => `models_data."${model}__${fingerprint}"`)
    const rows = await Promise.all(
      [...new Set(tables)].map(async (table) => {
        const found = await warehouseOf(daybreak.ports, 'toast').query(`SELECT * FROM ${table} ORDER BY ALL`)
        return [table, found.rows]
      }),
    )
    return { rows, incidents, builds: builds.map(({ model, window, state, built }) => [model, window, state, built]) }
  } finally {
    await daybreak.close()
  }
}

/** The end of an undisturbed build, and the names of its calls. */
async function undisturbed() {
  const world = await newWorld({ from: loaded })
  const counted = failAt(Number.POSITIVE_INFINITY, 'once')
  await buildDates(world, counted)
  const end = await endOf(world)
  await world.close()
  return { end, calls: counted.calls() }
}

it('ends the same when any call of a build of several dates fails, and other processes come after it', async () => {
  const { end, calls } = await undisturbed()
  expect(end.builds).toHaveLength(9)
  expect(end.builds.every(([, , state]) => state === 'idle')).toBe(true)
  expect(calls.filter((name) => name === 'warehouse.startBuilds')).toHaveLength(3)
  expect(calls.filter((name) => name === 'warehouse.startBuild')).toEqual([])
  const wrong: string[] = []
  for (let nth = 1; nth <= calls.length; nth += SOAK ? 1 : 10)
    for (const how of SOAK ? WAYS : [WAYS[nth % 3]!]) {
      const world = await newWorld({ from: loaded })
      const planted = failAt(nth, how)
      await buildDates(world, planted)
      // Longer than a row may be pending before the sweep takes it up.
      await world.clock.sleep(3_600_000)
      for (let process = 0; process < DATES.length + 1; process++) await sweep(world)
      const found = await endOf(world).catch((error: unknown) => String(error))
      if (JSON.stringify(found) !== JSON.stringify(end))
        wrong.push(`call ${nth} (${planted.failed()}) ${how}: ${JSON.stringify(found)}`)
      await world.close()
    }
  expect(wrong).toEqual([])
})

it('ends the same when two processes build the dates at once, and one works date by date', async () => {
  const { end } = await undisturbed()
  const world = await newWorld({ from: loaded })
  await Promise.all([buildDates(world), sweep(world), buildDates(world)])
  expect(await endOf(world)).toEqual(end)
  await world.close()
})
