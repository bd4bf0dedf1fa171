import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { renewBuilds } from '../../functions/pipeline/work/renew-builds.ts'
import { generateNight } from '../../mock/night.ts'
import { type CloudWarehouse, startCloudWarehouse } from '../support/cloud-warehouse.ts'
import { at } from '../support/definition.ts'
import { SOAK } from '../support/draws.ts'
import { type Failing, failAt, type Planted } from '../support/fail-at.ts'
import type { Fate } from '../support/gate.ts'
import { SALES } from '../support/models.ts'
import { createWorld, type World } from '../support/world.ts'

/** `npm run soak` makes every call and every request fail in every way; the suite one in many. */

const DATE = '2025-02-05'
const SCOPE = { windows: [DATE] }
const LOCATIONS = [{ id: '185001', name: 'East', time_zone: 'America/New_York' }]
const DAY = 86_400_000
const WAYS: readonly Failing[] = ['once', 'lost', 'forever']
const FATES: readonly Fate[] = ['before', 'lost']

let transformer: Transformer
let cloud: CloudWarehouse
let loaded: World
let clock: World['clock']
let decide: (request: string) => Fate = () => 'pass'
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  cloud = await startCloudWarehouse(SALES, { now: () => clock.now(), decide: (request) => decide(request) })
  loaded = await newWorld({ models: new Map() })
  clock = loaded.clock
  const night = generateNight({
    ...{ seed: 1, date: DATE, profile: 'small', scale: 0.2, closed: false },
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  for (const { name, bytes } of night) await loaded.write(`185001/20250205/${name}`, bytes)
  await loaded.run({ scope: SCOPE })
})
afterAll(async () => {
  await loaded.close()
  await cloud.close()
  await transformer.close()
})

async function newWorld(more: Partial<Parameters<typeof createWorld>[0]>): Promise<World> {
  return await createWorld({
    ...{ now: at('2025-02-06T14:00:00Z'), transformer, locations: LOCATIONS, models: SALES, change: cloud.move },
    streams: ['order_details', 'item_selection_details'],
    ...more,
  })
}

let days = 0

/** The ledger of the loaded night, no table of a model, and another day: ids of jobs are never used again. */
async function freshWorld(): Promise<World> {
  const world = await newWorld({ from: loaded })
  clock = world.clock
  await clock.sleep(++days * DAY)
  const names = await cloud.bigquery.rows(
    `SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN ('models', 'models_data')`,
  )
  for (const [dataset, table] of names) {
    const path = `/bigquery/v2/projects/${cloud.bigquery.project}/datasets/${dataset}/tables/${table}`
    const { ok } = await fetch(`${cloud.bigquery.url}${path}`, { method: 'DELETE' })
    if (!ok) throw new Error(`${dataset}.${table} is not deleted`)
  }
  return world
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

async function endOf(world: World) {
  const daybreak = await world.open()
  try {
    const builds = await daybreak.ports.ledger.builds({})
    const { rows } = await warehouseOf(daybreak.ports, 'toast').query('SELECT * FROM models.location_daily')
    const incidents = await daybreak.ports.ledger.incidents({ states: ['open'], kind: 'model' })
    return {
      rows,
      builds: builds.map(({ model, state, built, wanted }) => [model, state, built === wanted]),
      incidents,
    }
  } finally {
    await daybreak.close()
  }
}

/** The end of a night whose build is disturbed, and then left to two processes that come an hour later. */
async function endAfter(disturbed: (world: World) => Promise<void>): Promise<string> {
  const world = await freshWorld()
  try {
    await disturbed(world)
    decide = () => 'pass'
    await world.clock.sleep(3_600_000)
    for (let process = 0; process < 2; process++) await build(world)
    return JSON.stringify(await endOf(world).catch((error: unknown) => String(error)))
  } finally {
    decide = () => 'pass'
    await world.close()
  }
}

let undisturbed: string
let calls: readonly string[] = []
const requests: string[] = []
beforeAll(async () => {
  const counted = failAt(Number.POSITIVE_INFINITY, 'once')
  undisturbed = await endAfter(async (world) => {
    decide = (request) => {
      requests.push(request)
      return 'pass'
    }
    await build(world, counted)
    calls = counted.calls().slice()
  })
})

const every = (count: number, step: number) =>
  Array.from({ length: count }, (_, index) => index + 1).filter((nth) => SOAK || nth % step === 0)

/** Calls that fail in the suite: the first of each name, and those that write to the warehouse in every way. */
function callsToFail(): readonly (readonly [nth: number, ways: readonly Failing[]])[] {
  const first = calls.flatMap((name, at) => (calls.indexOf(name) === at ? [at + 1] : []))
  return (SOAK ? calls.map((_, at) => at + 1) : first).map((nth, at) => {
    const isWrite = /startBuild|publishPartition/.test(calls[nth - 1] ?? '')
    return [nth, SOAK || isWrite ? WAYS : [WAYS[at % 3]!]] as const
  })
}

it('builds what it should when nothing fails', () => {
  const { rows, builds, incidents } = JSON.parse(undisturbed)
  expect(rows).toHaveLength(1)
  expect(builds.map(([model, state, isEqual]: readonly unknown[]) => [model, state, isEqual])).toEqual(
    ['items_daily', 'location_daily', 'orders_daily'].map((model) => [model, 'idle', true]),
  )
  expect(incidents).toEqual([])
  expect([calls.length > 60, requests.length > 30]).toEqual([true, true])
})

it('ends the same whichever call of a build over the cloud fails, in any way', async () => {
  const wrong: string[] = []
  for (const [nth, ways] of callsToFail())
    for (const how of ways) {
      const planted = failAt(nth, how)
      const end = await endAfter((world) => build(world, planted))
      if (end !== undisturbed) wrong.push(`call ${nth} (${planted.failed()}) ${how}: ${end}`)
    }
  expect(wrong).toEqual([])
})

it('ends the same whichever request of a build to BigQuery or Cloud Storage is cut', async () => {
  const wrong: string[] = []
  for (const nth of every(requests.length, 11))
    for (const fate of SOAK ? FATES : [FATES[nth % 2]!]) {
      let [count, struck] = [0, '']
      const end = await endAfter(async (world) => {
        decide = (request) => {
          if (++count !== nth) return 'pass'
          struck = request
          return fate
        }
        await build(world, failAt(Number.POSITIVE_INFINITY, 'once'))
      })
      if (end !== undisturbed) wrong.push(`request ${nth} (${struck}) ${fate}: ${end}`)
    }
  expect(wrong).toEqual([])
})
