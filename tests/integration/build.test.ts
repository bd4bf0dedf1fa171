import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Build } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { renewBuilds } from '../../functions/pipeline/work/renew-builds.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { SOAK } from '../support/draws.ts'
import { aCheck, aModel, reads, SALES } from '../support/models.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const STREAMS = ['order_details', 'item_selection_details']
const FILES = ['OrderDetails.csv', 'ItemSelectionDetails.csv']
const EAST = { id: '185001', name: 'East', time_zone: 'America/New_York' }
const WEST = { id: '185002', name: 'West', time_zone: 'America/New_York' }

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

async function newWorld(models: Models = SALES): Promise<World> {
  const locations = [EAST, WEST]
  const world = await createWorld({ now: at('2025-02-06T14:00:00Z'), transformer, streams: STREAMS, locations, models })
  onTestFinished(() => world.close())
  return world
}

const night = (location: string, date: string, scale: number) =>
  generateNight({
    ...{ seed: 1, date, profile: 'small', scale, closed: false },
    location: { id: location, name: location, timeZone: 'America/New_York', closeoutHour: 4 },
  }).filter(({ name }) => FILES.includes(name))

async function deliver(
  world: World,
  location: string,
  date: string,
  { scale = 0.2, files = FILES } = {},
): Promise<void> {
  for (const { name, bytes } of night(location, date, scale).filter((file) => files.includes(file.name)))
    await world.write(`${location}/${date.replaceAll('-', '')}/${name}`, bytes)
}

async function query(world: World, sql: string): Promise<readonly (string | null)[][]> {
  const daybreak = await world.open()
  try {
    return (await warehouseOf(daybreak.ports, 'toast').query(sql)).rows
  } finally {
    await daybreak.close()
  }
}

const scopeOf = (...windows: string[]) => ({ scope: { windows } })

it('builds the models of a date after its loads, once, and shows them as views', async () => {
  const world = await newWorld()
  for (const { id } of [EAST, WEST]) await deliver(world, id, DATE)
  await world.run(scopeOf(DATE))

  const net = `SELECT location_id, CAST(SUM(amount) AS DECIMAL(38,9)) FROM toast.order_details GROUP BY 1 ORDER BY 1`
  const expected = await query(world, net)
  expect(expected).toHaveLength(2)
  expect(await query(world, 'SELECT location_id, net FROM models.location_daily ORDER BY 1')).toEqual(expected)

  const daybreak = await world.open()
  onTestFinished(() => daybreak.close())
  const builds = await daybreak.ports.ledger.builds({})
  expect(builds.map(({ model, window, state, rows }) => `${window} ${model} ${state} ${rows}`)).toEqual([
    `${DATE} items_daily idle 2`,
    `${DATE} location_daily idle 2`,
    `${DATE} orders_daily idle 2`,
  ])
  const messages = await daybreak.ports.ledger.messages({ pipeline: 'models' })
  expect(messages.map(({ state }) => state)).toEqual(['done', 'done'])
  expect(messages.filter(({ sentAt }) => sentAt !== null)).toHaveLength(1)
})

it('leaves a location out whose items are not there, names it, and builds it when they come', async () => {
  const world = await newWorld()
  await deliver(world, EAST.id, DATE)
  await deliver(world, WEST.id, DATE, { files: ['OrderDetails.csv'] })
  await world.run(scopeOf(DATE))
  expect(await query(world, 'SELECT location_id FROM models.location_daily')).toEqual([[EAST.id]])
  const daybreak = await world.open()
  const [build] = await daybreak.ports.ledger.builds({ model: 'orders_daily' })
  await daybreak.close()
  expect(build).toMatchObject({ missing: [WEST.id], rows: 1 })

  await deliver(world, WEST.id, DATE, { files: ['ItemSelectionDetails.csv'] })
  await world.run(scopeOf(DATE))
  expect(await query(world, 'SELECT location_id FROM models.location_daily ORDER BY 1')).toEqual([[EAST.id], [WEST.id]])
})

it('restates the date of a corrected file and the date that reads it a week later, and nothing else', async () => {
  const world = await newWorld()
  const dates = [-7, -1, 0].map((days) => addDays(DATE, days))
  for (const date of dates) await deliver(world, EAST.id, date)
  await world.run(scopeOf(...dates))
  const rowsOf = async () => {
    const daybreak = await world.open()
    const builds = await daybreak.ports.ledger.builds({})
    await daybreak.close()
    return new Map(builds.map((build) => [`${build.model} ${build.window}`, build.epoch]))
  }
  const before = await rowsOf()
  await world.clock.sleep(3_600_000)
  const first = dates[0]!
  // More than before: a file that loses orders is held.
  await deliver(world, EAST.id, first, { scale: 1 })
  await world.run(scopeOf(first))
  const after = await rowsOf()
  const restated = [...after].filter(([name, epoch]) => before.get(name) !== epoch).map(([name]) => name)
  expect(restated.toSorted()).toEqual([
    `items_daily ${first}`,
    `location_daily ${first}`,
    `location_daily ${DATE}`,
    `orders_daily ${first}`,
  ])
  const [[same] = []] = await query(
    world,
    `SELECT (SELECT net_before FROM models.location_daily WHERE business_date = DATE '${DATE}')
          = (SELECT CAST(SUM(amount) AS DECIMAL(38,9)) FROM toast.order_details WHERE business_date = DATE '${first}')`,
  )
  expect(same).toBe('true')
})

/** The models of sales, whose orders are published as long as a location has at most so much of them. */
function limited(net: number, effect: 'block' | 'warn' = 'block'): Models {
  const check = aCheck(
    'below_limit',
    effect,
    [reads(0, 'models.orders_daily')],
    `SELECT o.net FROM {0} AS o WHERE o.net > ${net}`,
  )
  return new Map([...SALES, ['orders_daily', { ...SALES.get('orders_daily')!, checks: [check] }]])
}

const stateOf = (builds: readonly Build[]) =>
  builds.map((build) => `${build.model} ${build.state}${build.state === 'held' ? ` ${build.reason.code}` : ''}`)

async function ledgerOf(world: World) {
  const daybreak = await world.open()
  const { ledger } = daybreak.ports
  const [builds, incidents] = await Promise.all([
    ledger.builds({}),
    ledger.incidents({ states: ['open'], kind: 'model' }),
  ])
  await daybreak.close()
  return { builds, incidents }
}

it('keeps the old rows when a check blocks, holds what reads them, and publishes after the check is mended', async () => {
  const models = new Map(limited(1e9))
  const world = await newWorld(models)
  await deliver(world, EAST.id, DATE)
  await world.run(scopeOf(DATE))
  const net = async () => await query(world, 'SELECT net FROM models.location_daily ORDER BY net DESC')
  const before = await net()

  for (const [name, model] of limited(Number(before[0]![0]))) models.set(name, model)
  await deliver(world, EAST.id, DATE, { scale: 1 })
  await world.clock.sleep(3_600_000)
  const run = await world.run(scopeOf(DATE))
  expect(run.state).not.toBe('failed')
  expect(await net()).toEqual(before)
  const held = await ledgerOf(world)
  expect(stateOf(held.builds)).toEqual(['items_daily idle', 'location_daily idle', 'orders_daily held MODEL_HELD'])
  expect(held.incidents).toMatchObject([
    { key: 'model/models/orders_daily/below_limit', severity: 'error', subjects: { count: 1, first: [DATE] } },
  ])
  const staged = held.builds.find(({ state }) => state === 'held')!
  expect(staged.checks).toEqual([{ name: 'below_limit', effect: 'block', failed: 1 }])

  for (const [name, model] of limited(1e9)) models.set(name, model)
  const daybreak = await world.open()
  expect(await renewBuilds(daybreak.worker)).toBe(1)
  await daybreak.close()
  // The queue of that process is gone; what it sent is sent again once it must be lost.
  await world.clock.sleep(60_000)
  await world.run(scopeOf(DATE))
  const after = await ledgerOf(world)
  expect(stateOf(after.builds)).toEqual(['items_daily idle', 'location_daily idle', 'orders_daily idle'])
  expect(after.incidents).toEqual([])
  expect(await net()).not.toEqual(before)
})

it('publishes what a check only warns of, and says so', async () => {
  const world = await newWorld(limited(0, 'warn'))
  await deliver(world, EAST.id, DATE)
  await world.run(scopeOf(DATE))
  const { builds, incidents } = await ledgerOf(world)
  expect(stateOf(builds)).toEqual(['items_daily idle', 'location_daily idle', 'orders_daily idle'])
  expect(incidents).toMatchObject([{ key: 'model/models/orders_daily/below_limit', severity: 'warning' }])
})

it('holds a model whose query fails, and builds the others', async () => {
  const broken = aModel('items_daily', {
    columns: { location_id: 'string', business_date: 'date', net: 'numeric' },
    references: [reads(0, 'toast.item_selection_details')],
    sql: `SELECT i.location_id, i.business_date, CAST(CAST('x' || i.location_id AS INTEGER) AS DECIMAL(38,9)) AS net FROM {0} AS i`,
  })
  const world = await newWorld(new Map([...SALES, ['items_daily', broken]]))
  await deliver(world, EAST.id, DATE)
  await world.run(scopeOf(DATE))
  const { builds, incidents } = await ledgerOf(world)
  expect(stateOf(builds)).toEqual(['items_daily held MODEL_FAILED', 'orders_daily idle'])
  expect(incidents).toMatchObject([{ key: 'model/models/items_daily/(query)', reason: { code: 'MODEL_FAILED' } }])
})

it('ends with the rows of a full build, in any order of arrival', async () => {
  const dates = (SOAK ? [-8, -7, -1, 0, 6, 7] : [-7, -1, 0]).map((days) => addDays(DATE, days))
  const places = dates.flatMap((date) => [EAST, WEST].map(({ id }) => ({ date, id })))
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(places, { minLength: places.length }),
      fc.nat({ max: 5 }),
      async (order, cut) => {
        const world = await newWorld()
        for (const half of [order.slice(0, cut), order.slice(cut)]) {
          for (const { id, date } of half) await deliver(world, id, date)
          await world.run(scopeOf(...dates))
        }
        const rows = await query(world, 'SELECT * FROM models.location_daily ORDER BY business_date, location_id')
        const full = `SELECT location_id, business_date, CAST(SUM(amount) AS DECIMAL(38,9)) AS net FROM toast.order_details GROUP BY 1, 2`
        const expected = await query(
          world,
          `SELECT c.*, p.net FROM (${full}) AS c LEFT JOIN (${full}) AS p
         ON p.location_id = c.location_id AND p.business_date = c.business_date - 7 ORDER BY 2, 1`,
        )
        expect(expected).toHaveLength(places.length)
        expect(rows).toEqual(expected)
      },
    ),
    { numRuns: SOAK ? 20 : 2 },
  )
})
