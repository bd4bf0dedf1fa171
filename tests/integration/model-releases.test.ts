import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { CompiledModel } from '../../functions/models/compiled.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { applyModels, expireVersions, planApply } from '../../functions/pipeline/work/apply-models.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { failAt } from '../support/fail-at.ts'
import { SALES } from '../support/models.ts'
import { createWorld, type World } from '../support/world.ts'

const DATES = ['2025-02-04', '2025-02-05']
const STREAMS = ['order_details', 'item_selection_details']
const LOCATIONS = [{ id: '185001', name: 'East', time_zone: 'America/New_York' }]

let transformer: Transformer
let built: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  built = await newWorld(SALES)
  for (const date of DATES)
    for (const { name, bytes } of generateNight({
      ...{ seed: 1, date, profile: 'small', scale: 0.2, closed: false },
      location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
    }))
      await built.write(`185001/${date.replaceAll('-', '')}/${name}`, bytes)
  await built.run({ scope: { windows: DATES } })
})
afterAll(async () => {
  await built.close()
  await transformer.close()
})

async function newWorld(models: Models, from?: World): Promise<World> {
  const now = at('2025-02-06T14:00:00Z')
  return await createWorld({ now, transformer, streams: STREAMS, locations: LOCATIONS, models, ...(from && { from }) })
}

async function copyWith(models: Models): Promise<World> {
  const world = await newWorld(models, built)
  onTestFinished(() => world.close())
  return world
}

async function rowsOf(world: World, sql: string): Promise<readonly (string | null)[][]> {
  const daybreak = await world.open()
  const { rows } = await warehouseOf(daybreak.ports, 'toast').query(sql)
  await daybreak.close()
  return rows
}

/** The models with one of them changed: another expression of `net`, or a column more. */
function changed(name: string, change: (model: CompiledModel) => Partial<CompiledModel>): Models {
  const model = SALES.get(name)!
  return new Map([...SALES, [name, { ...model, ...change(model) } as CompiledModel]])
}

const doubled = changed('orders_daily', (model) => {
  if (model.kind === 'script') throw new TypeError('a script has no text')
  const double = (sql: string) => sql.replace('SUM(o.amount)', '2 * SUM(o.amount)')
  const columnFingerprints = { ...model.columnFingerprints, net: 'other' }
  const sql = { bigquery: double(model.sql.bigquery), duckdb: double(model.sql.duckdb) }
  return { sql, columnFingerprints, fingerprint: 'other' }
})

const widened = changed('orders_daily', (model) => {
  if (model.kind === 'script') throw new TypeError('a script has no text')
  const wide = (sql: string) => sql.replace('COUNT(*) AS orders', 'COUNT(*) AS orders, COUNT(*) AS guests')
  const guests: CompiledModel['columns'][number] = {
    ...{ name: 'guests', type: 'int64', isAdditive: true, of: [], description: 'Guests.' },
  }
  return {
    sql: { bigquery: wide(model.sql.bigquery), duckdb: wide(model.sql.duckdb) },
    columns: [...model.columns, guests],
    columnFingerprints: { ...model.columnFingerprints, guests: 'guests' },
    fingerprint: 'wider',
  }
})

const NET = 'SELECT SUM(net) FROM models.orders_daily'

it('plans nothing while views show the models of the project', async () => {
  const daybreak = await (await copyWith(SALES)).open()
  onTestFinished(() => daybreak.close())
  expect(await planApply(daybreak.worker)).toEqual([])
})

it('keeps the old version in views until the new one is built whole, then swaps, and goes back', async () => {
  const world = await copyWith(doubled)
  const [[before] = []] = await rowsOf(world, NET)
  await world.run({ scope: { windows: DATES } })
  expect(await rowsOf(world, NET)).toEqual([[before]])

  const daybreak = await world.open()
  expect(await planApply(daybreak.worker)).toMatchObject([
    { model: 'orders_daily', category: 'breaking', reasons: ['net: expression changed'], partitions: 2 },
    { model: 'location_daily', category: 'indirect', reasons: ['reads orders_daily.net'], partitions: 2 },
  ])
  expect(await applyModels(daybreak.worker, { by: 'ann' })).toEqual({ release: 2, built: 4, held: [] })
  const doubledNet = (await warehouseOf(daybreak.ports, 'toast').query(NET)).rows[0]![0]
  expect(Number(doubledNet)).toBeCloseTo(2 * Number(before), 6)
  expect(await planApply(daybreak.worker)).toEqual([])

  expect(await applyModels(daybreak.worker, { by: 'ann', release: 1 })).toEqual({ release: 3, built: 0, held: [] })
  expect((await warehouseOf(daybreak.ports, 'toast').query(NET)).rows).toEqual([[before]])
  await daybreak.close()
})

it('shows other rows of a signed day only to a person who accepts them, and says so in the audit', async () => {
  const world = await copyWith(doubled)
  const daybreak = await world.open()
  onTestFinished(() => daybreak.close())
  const signOff = { pipeline: 'toast', window: DATES[0]!, shard: '', at: 9, actor: 'maria', note: '', totals: {} }
  await daybreak.people.apply([{ change: 'sign_off', signOff }])
  const { query } = warehouseOf(daybreak.ports, 'toast')
  const [[before] = []] = (await query(NET)).rows
  await expect(applyModels(daybreak.worker, { by: 'ann' })).rejects.toMatchObject({
    code: 'DAY_CLOSED',
    message: expect.stringMatching(/orders_daily of 2025-02-04; location_daily of 2025-02-04\. .*--accept REASON/),
  })
  expect((await query(NET)).rows).toEqual([[before]])
  expect(await applyModels(daybreak.worker, { by: 'ann', accept: 'Gross, as agreed' })).toMatchObject({ release: 2 })
  expect(Number((await query(NET)).rows[0]![0])).toBeCloseTo(2 * Number(before), 6)
  const [entry] = (await daybreak.ports.ledger.audit({})).filter(({ action }) => action === 'models.accept')
  expect(entry).toMatchObject({ actor: 'ann', details: 'Gross, as agreed' })
  await expect(applyModels(daybreak.worker, { by: 'ann', release: 1 })).rejects.toMatchObject({ code: 'DAY_CLOSED' })
})

it.each([
  ['that is of another location', '185009'],
  ['of which no row changes', ''],
])('asks no person about a signature %s', async (_, shard) => {
  const world = await copyWith(doubled)
  const daybreak = await world.open()
  onTestFinished(() => daybreak.close())
  const window = shard === '' ? '2025-02-03' : DATES[0]!
  const signOff = { pipeline: 'toast', window, shard, at: 9, actor: 'maria', note: '', totals: {} }
  await daybreak.people.apply([{ change: 'sign_off', signOff }])
  expect(await applyModels(daybreak.worker, { by: 'ann' })).toMatchObject({ release: 2 })
})

it('keeps the partitions of a model that only got a column, and of what reads it', async () => {
  const world = await copyWith(widened)
  const daybreak = await world.open()
  onTestFinished(() => daybreak.close())
  expect(await planApply(daybreak.worker)).toMatchObject([
    { model: 'orders_daily', category: 'non-breaking', reasons: ['+ guests'], partitions: 0 },
  ])
  expect(await applyModels(daybreak.worker, { by: 'ann' })).toEqual({ release: 2, built: 0, held: [] })
  const { rows } = await warehouseOf(daybreak.ports, 'toast').query('SELECT guests, net > 0 FROM models.orders_daily')
  expect(rows).toEqual([
    [null, 'true'],
    [null, 'true'],
  ])
})

it('leaves readers on the old version when an apply dies anywhere, and ends when it is repeated', async () => {
  const planted = failAt(Number.POSITIVE_INFINITY, 'once')
  const counting = await copyWith(doubled)
  const counter = await counting.open(planted.wrap)
  await applyModels(counter.worker, { by: 'ann' })
  await counter.close()
  const calls = planted.calls().length
  const [[before] = []] = await rowsOf(built, NET)
  for (let nth = 3; nth < calls; nth += Math.ceil(calls / 8)) {
    const world = await newWorld(doubled, built)
    const dying = failAt(nth, 'forever')
    const first = await world.open(dying.wrap).catch(() => null)
    if (first) await applyModels(first.worker, { by: 'ann' }).catch(() => undefined)
    dying.heal()
    await first?.close()
    const [[seen] = []] = await rowsOf(world, NET)
    const releases = await releaseOf(world)
    if (releases === 1) expect(seen, `after call ${nth}`).toBe(before)
    await world.clock.sleep(60_000)
    const second = await world.open()
    const { held } = await applyModels(second.worker, { by: 'ann' })
    expect(held).toEqual([])
    const now = (await warehouseOf(second.ports, 'toast').query(NET)).rows[0]![0]
    expect(Number(now), `after call ${nth}`).toBeCloseTo(2 * Number(before), 6)
    await second.close()
    await world.close()
  }
})

async function releaseOf(world: World): Promise<number> {
  const daybreak = await world.open()
  const [release] = await daybreak.ports.ledger.modelReleases({ environment: 'models', limit: 1 })
  await daybreak.close()
  return release?.number ?? 0
}

it('deletes a version and its table two weeks after views showed it last', async () => {
  const world = await copyWith(doubled)
  const daybreak = await world.open()
  onTestFinished(() => daybreak.close())
  const { ledger } = daybreak.ports
  const [old] = (await ledger.modelVersions()).filter(({ model }) => model === 'orders_daily')
  await applyModels(daybreak.worker, { by: 'ann' })
  await world.clock.sleep(13 * 86_400_000)
  expect(await expireVersions(daybreak.worker)).toBe(0)
  await world.clock.sleep(2 * 86_400_000)
  expect(await expireVersions(daybreak.worker)).toBe(2)
  const left = await ledger.modelVersions()
  expect(left.filter(({ fingerprint }) => fingerprint === old!.fingerprint)).toEqual([])
  const table = { schema: 'models_data', name: `orders_daily__${old!.table}` }
  expect(await daybreak.ports.destination('models').describeTable(table)).toBeNull()
  expect(Number((await warehouseOf(daybreak.ports, 'toast').query(NET)).rows[0]![0])).toBeGreaterThan(0)
  await expect(applyModels(daybreak.worker, { by: 'ann', release: 1 })).rejects.toMatchObject({ code: 'USAGE_INVALID' })
})
