import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { Contract } from '../../functions/contract/contract.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Slice } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const FOLDER = '185001/20250205'
const scope = { windows: [DATE] }
const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
const night = generateNight({ seed: 1, date: DATE, profile: 'small', scale: 0.2, location })
const menu = night.find(({ name }) => name.startsWith('MenuExport_'))!

const read = async () =>
  Contract.parse(parse(await readFile(join(ROOT, 'config/contracts/toast/menu_items.yaml'), 'utf8')))

let transformer: Transformer
let world: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer, contracts: [await read()] })
})
afterEach(() => world.close())

const menuSlice = async (): Promise<Slice | undefined> => {
  const daybreak = await world.open()
  const slices = await daybreak.ports.ledger.slices({ streams: ['menu_items'] }).finally(() => daybreak.close())
  return slices[0]
}

const query = async (sql: string) => {
  const daybreak = await world.open()
  return (
    await warehouseOf(daybreak.ports, 'toast')
      .query(sql)
      .finally(() => daybreak.close())
  ).rows
}

describe('a night with a menu', () => {
  it('has one row per item in its place, priced as it was sold', async () => {
    for (const { name, bytes } of night) await world.write(`${FOLDER}/${name}`, bytes)
    await world.run({ scope })
    expect(await menuSlice()).toMatchObject({ state: 'loaded', raw: { object: expect.stringContaining(menu.name) } })
    const [counts] = await query(
      `SELECT count(*), count(DISTINCT _row_number), min(_row_number), any_value(_source_file) FROM toast.menu_items`,
    )
    expect(counts?.map(String)).toEqual([counts?.[0], counts?.[0], 1, `${FOLDER}/${menu.name}`].map(String))
    const missing = await query(
      `SELECT count(*) FROM toast.item_selection_details AS sold WHERE item_id IS NOT NULL AND menu <> ''
       AND item_id NOT IN (SELECT item_id FROM toast.menu_items)`,
    )
    expect(missing.map(String)).toEqual(['0'])
  })

  it('that comes again under another name is a correction of the same day', async () => {
    await world.write(`${FOLDER}/${menu.name}`, menu.bytes)
    await world.run({ scope })
    await world.clock.advance(3_600_000)
    const later =
      '[{"guid":"m","name":"New","groups":[{"guid":"g","items":[{"guid":"i","name":"Soup","price":4.10}]}]}]'
    await world.write(`${FOLDER}/MenuExport_other.json`, later, world.clock.now() - 60_000)
    await world.run({ scope })
    await world.clock.advance(3_600_000)
    await world.run({ scope })
    expect(await query('SELECT menu_name, price, _source_file FROM toast.menu_items')).toEqual([
      ['New', '4.1000', `${FOLDER}/MenuExport_other.json`],
    ])
  })

  it('that is cut off waits with its reason, and the whole file replaces it', async () => {
    await world.write(`${FOLDER}/${menu.name}`, menu.bytes.slice(0, -20))
    await world.run({ scope })
    expect(await menuSlice()).toMatchObject({ state: 'quarantined', reason: { code: 'FILE_TRUNCATED' } })
    await world.clock.advance(3_600_000)
    await world.write(`${FOLDER}/${menu.name}`, menu.bytes, world.clock.now() - 600_000)
    await world.run({ scope })
    expect(await menuSlice()).toMatchObject({ state: 'loaded' })
  })

  it('is an empty list and has no rows', async () => {
    await world.write(`${FOLDER}/MenuExport_a.json`, '[]')
    await world.run({ scope })
    expect(await menuSlice()).toMatchObject({ state: 'loaded', delivery: { counts: { accepted: 0, rejected: 0 } } })
  })

  it('was archived before there was a contract, and fills it', async () => {
    await world.close()
    world = await createWorld({ now: at('2025-02-06T13:00:00Z'), transformer })
    await world.write(`${FOLDER}/${menu.name}`, menu.bytes)
    await world.run({ scope })
    const later = await createWorld({
      now: world.clock.now(),
      transformer,
      from: world,
      contracts: [await read()],
    })
    await world.close()
    world = later
    await world.run({ trigger: 'backfill', scope: { ...scope, fromArchive: true } })
    expect(await menuSlice()).toMatchObject({ state: 'loaded', raw: { object: expect.stringContaining(menu.name) } })
  })
})
