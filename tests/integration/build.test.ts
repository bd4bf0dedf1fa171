import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { SALES } from '../support/models.ts'
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
  await deliver(world, EAST.id, first, { scale: 0.5 })
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
