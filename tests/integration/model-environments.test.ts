import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Daybreak } from '../../functions/compose.ts'
import type { CompiledModel } from '../../functions/models/compiled.ts'
import type { Models } from '../../functions/models/order.ts'
import { createModelProject } from '../../functions/pipeline/build/project.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import {
  applyModels,
  expireVersions,
  listEnvironments,
  planApply,
  planColumns,
  removeEnvironment,
} from '../../functions/pipeline/work/apply-models.ts'
import { diffModels, isEqual } from '../../functions/pipeline/work/diff-models.ts'
import { renewBuilds } from '../../functions/pipeline/work/renew-builds.ts'
import type { Worker } from '../../functions/pipeline/work/worker.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { SALES } from '../support/models.ts'
import { createWorld, type World } from '../support/world.ts'

const DATES = ['2025-02-04', '2025-02-05']
const STREAMS = ['order_details', 'item_selection_details']
const LOCATIONS = [{ id: '185001', name: 'East', time_zone: 'America/New_York' }]
const DAY = 86_400_000

let transformer: Transformer
let built: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  const now = at('2025-02-06T14:00:00Z')
  built = await createWorld({ now, transformer, streams: STREAMS, locations: LOCATIONS, models: SALES })
  for (const date of DATES) await deliver(built, date, 1)
  await built.run({ scope: { windows: DATES } })
})
afterAll(async () => {
  await built.close()
  await transformer.close()
})

async function deliver(world: World, date: string, seed: number): Promise<void> {
  for (const { name, bytes } of generateNight({
    ...{ seed, date, profile: 'small', scale: 0.2, closed: false },
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  }))
    await world.write(`185001/${date.replaceAll('-', '')}/${name}`, bytes, world.clock.now() - 3_600_000)
}

/** A process over the data of the world, with models of its own, and the one of `dev_anna` next to it. */
async function open(
  models: Models = SALES,
): Promise<{ world: World; daybreak: Daybreak; anna: (own: Models) => Worker }> {
  const world = await createWorld({
    ...{ now: 0, transformer, streams: STREAMS, locations: LOCATIONS, models, from: built },
  })
  const daybreak = await world.open()
  onTestFinished(async () => {
    await daybreak.close()
    await world.close()
  })
  const anna = (own: Models): Worker => {
    const project = createModelProject(own, { environment: 'local', views: 'models_dev_anna' })
    return { ...daybreak.worker, models: project }
  }
  return { world, daybreak, anna }
}

function changed(name: string, change: (model: Exclude<CompiledModel, { kind: 'script' }>) => Partial<CompiledModel>) {
  const model = SALES.get(name)
  if (!model || model.kind === 'script') throw new TypeError(`${name} has no query`)
  return new Map([...SALES, [name, { ...model, ...change(model) } as CompiledModel]])
}

const doubled = changed('orders_daily', ({ sql, columnFingerprints }) => {
  const double = (text: string) => text.replace('SUM(o.amount)', '2 * SUM(o.amount)')
  return {
    sql: { bigquery: double(sql.bigquery), duckdb: double(sql.duckdb) },
    columnFingerprints: { ...columnFingerprints, net: 'doubled' },
    fingerprint: 'doubled',
  }
})

const widened = changed('orders_daily', ({ sql, columns, columnFingerprints }) => {
  const wide = (text: string) => text.replace('COUNT(*) AS orders', 'COUNT(*) AS orders, COUNT(*) AS guests')
  const guests = { name: 'guests', type: 'int64', isAdditive: true, of: [], description: 'Guests.' } as const
  return {
    sql: { bigquery: wide(sql.bigquery), duckdb: wide(sql.duckdb) },
    columns: [...columns, { ...guests, of: [] }],
    columnFingerprints: { ...columnFingerprints, guests: 'guests' },
    fingerprint: 'wider',
  }
})

async function netOf({ ports }: Daybreak, schema: string): Promise<number> {
  const sql = `SELECT SUM(net) FROM ${schema}.orders_daily`
  return Number((await warehouseOf(ports, 'toast').query(sql)).rows[0]?.[0])
}

it('shows equal models from one table and copies nothing', async () => {
  const { daybreak, anna } = await open()
  expect(await planApply(anna(SALES))).toEqual([])
  const before = await daybreak.ports.ledger.builds({})
  expect(await applyModels(anna(SALES), { by: 'anna' })).toEqual({ release: 1, built: 0, held: [] })
  expect(await daybreak.ports.ledger.builds({})).toEqual(before)
  expect(await netOf(daybreak, 'models_dev_anna')).toBe(await netOf(daybreak, 'models'))
})

it('builds only what an environment changed, and leaves readers of others alone', async () => {
  const { daybreak, anna } = await open()
  const before = await netOf(daybreak, 'models')
  expect(await planApply(anna(doubled))).toMatchObject([
    { model: 'orders_daily', category: 'breaking', partitions: 2 },
    { model: 'location_daily', category: 'indirect', partitions: 2 },
  ])
  expect(await applyModels(anna(doubled), { by: 'anna' })).toEqual({ release: 1, built: 4, held: [] })
  expect(await netOf(daybreak, 'models')).toBe(before)
  expect(await netOf(daybreak, 'models_dev_anna')).toBeCloseTo(2 * before, 6)
  expect(await listEnvironments(daybreak.ports)).toMatchObject([
    { release: { environment: 'models' }, own: ['location_daily', 'orders_daily'] },
    { release: { environment: 'models_dev_anna', by: 'anna' }, models: 3, own: ['location_daily', 'orders_daily'] },
  ])
})

it('takes over what another environment built: applying it swaps views and builds nothing', async () => {
  const { daybreak, anna } = await open(doubled)
  await applyModels(anna(doubled), { by: 'anna' })
  expect((await planApply(daybreak.worker)).map(({ partitions }) => partitions)).toEqual([0, 0])
  expect(await applyModels(daybreak.worker, { by: 'ben' })).toEqual({ release: 2, built: 0, held: [] })
  expect(await netOf(daybreak, 'models')).toBe(await netOf(daybreak, 'models_dev_anna'))
})

it('gives a model with one more column a table of its own while another environment shows the old one', async () => {
  const { daybreak, anna } = await open()
  await applyModels(anna(SALES), { by: 'anna' })
  expect(await applyModels(anna(widened), { by: 'anna' })).toMatchObject({ built: 2, held: [] })
  const rows = await warehouseOf(daybreak.ports, 'toast').query('SELECT guests > 0 FROM models_dev_anna.orders_daily')
  expect(rows.rows).toEqual([['true'], ['true']])
  // Neither undoes what the other has built.
  expect(await applyModels(daybreak.worker, { by: 'ben' })).toMatchObject({ built: 0 })
  expect(await applyModels(anna(widened), { by: 'anna' })).toMatchObject({ built: 0 })
})

it('builds every environment when a late file comes', async () => {
  const { world, daybreak, anna } = await open()
  await applyModels(anna(doubled), { by: 'anna' })
  const before = await netOf(daybreak, 'models')
  await daybreak.close()
  await deliver(world, '2025-02-05', 2)
  await world.run({ scope: { windows: ['2025-02-05'] } })
  const later = await world.open()
  onTestFinished(() => later.close())
  expect(await netOf(later, 'models')).not.toBe(before)
  expect(await netOf(later, 'models_dev_anna')).toBeCloseTo(2 * (await netOf(later, 'models')), 6)
})

it('keeps a version as long as any environment shows it, and deletes it two weeks after its removal', async () => {
  const { world, daybreak, anna } = await open()
  await applyModels(anna(doubled), { by: 'anna' })
  await world.clock.sleep(30 * DAY)
  expect(await expireVersions(daybreak.worker)).toBe(0)
  expect(await removeEnvironment(anna(doubled), 'anna')).toEqual(['items_daily', 'location_daily', 'orders_daily'])
  await expect(netOf(daybreak, 'models_dev_anna')).rejects.toMatchObject({ code: 'USAGE_INVALID' })
  expect(await listEnvironments(daybreak.ports)).toHaveLength(1)
  await world.clock.sleep(13 * DAY)
  expect(await expireVersions(daybreak.worker)).toBe(0)
  await world.clock.sleep(2 * DAY)
  await renewBuilds(daybreak.worker)
  expect((await daybreak.ports.ledger.modelVersions()).map(({ model }) => model)).toEqual([
    ...['items_daily', 'location_daily', 'orders_daily'],
  ])
  expect(await netOf(daybreak, 'models')).toBeGreaterThan(0)
  await expect(removeEnvironment(daybreak.worker, 'ben')).rejects.toMatchObject({ code: 'USAGE_INVALID' })
})

it('compares the project with what is shown before anything of it is built', async () => {
  const { daybreak, anna } = await open(doubled)
  const request = { old: 'models', new: 'project', windows: DATES, limit: 1 }
  const diff = await diffModels(daybreak.worker, { ...request, model: 'orders_daily' })
  expect(diff).toMatchObject({
    old: 'models@1',
    rows: { old: 2, new: 2 },
    keys: { added: 0, removed: 0, changed: 2, repeated: 0 },
    sample: [{ key: { location_id: '185001', business_date: '2025-02-04' }, change: 'changed' }],
  })
  const net = diff.columns.find(({ column }) => column === 'net')
  expect(Number(net?.sums?.new)).toBeCloseTo(2 * Number(net?.sums?.old), 6)
  expect(diff.columns.find(({ column }) => column === 'orders')?.changed).toBe(0)

  // A model that reads the changed one is computed from it, also where it is not built.
  const indirect = await diffModels(daybreak.worker, { ...request, model: 'location_daily' })
  expect(indirect.columns.filter(({ changed }) => changed !== 0).map(({ column }) => column)).toContain('net')
  expect(await daybreak.ports.ledger.modelVersions()).toHaveLength(3)

  await applyModels(anna(doubled), { by: 'anna' })
  const applied = await diffModels(daybreak.worker, { ...request, new: 'dev_anna', model: 'location_daily' })
  expect(applied.new).toBe('models_dev_anna@1')
  expect(applied.columns).toEqual(indirect.columns)
  const same = await diffModels(daybreak.worker, { ...request, old: 'dev_anna', model: 'location_daily' })
  expect([isEqual(same), isEqual(applied)]).toEqual([true, false])
})

it('plans the columns that change for readers, and none of a model that only got one', async () => {
  const { daybreak } = await open(doubled)
  const columns = await planColumns(daybreak.worker)
  expect([...(columns.get('models.orders_daily') ?? [])]).toEqual(['net'])
  const same = await open(widened)
  expect(await planColumns(same.daybreak.worker)).toEqual(new Map())
})

it('says which sides there are', async () => {
  const { daybreak } = await open()
  const request = { model: 'orders_daily', old: 'dev_ana', new: 'project', windows: DATES, limit: 1 }
  await expect(diffModels(daybreak.worker, request)).rejects.toThrow(/no side "dev_ana"/)
  await expect(diffModels(daybreak.worker, { ...request, old: '@9' })).rejects.toThrow(/no side "@9"/)
  await expect(diffModels(daybreak.worker, { ...request, old: 'models', model: 'order_daily' })).rejects.toThrow(
    /Did you mean "orders_daily"/,
  )
})
