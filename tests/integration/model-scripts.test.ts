import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { openScripts } from '../../functions/adapters/local/scripts.ts'
import { modelSet } from '../../functions/models/model-set.ts'
import { runCase } from '../../functions/models/model-test.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { compileScripts, PARTY_SIZE } from '../support/script-models.ts'
import { createWorld, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const { 'party_size.yaml': YAML, 'party_size.ts': SCRIPT, 'words.ts': WORDS } = PARTY_SIZE
const FILES = PARTY_SIZE
const scripts = openScripts()
let transformer: Transformer
let models: Models
let delivered: World
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  models = await compileScripts(FILES)
  delivered = await newWorld()
  await deliver(delivered, 1)
})
afterAll(async () => {
  await delivered.close()
  await transformer.close()
})

const problemOf = (files: Readonly<Record<string, string>>) =>
  compileScripts({ ...FILES, ...files }).then(
    () => '',
    (error: Error) => error.message,
  )

async function newWorld(from?: World): Promise<World> {
  const locations = [{ id: '185001', name: 'East', time_zone: 'America/New_York' }]
  const now = at('2025-02-06T14:00:00Z')
  return await createWorld({ now, transformer, streams: ['order_details'], locations, models, ...(from && { from }) })
}

async function deliver(world: World, seed: number): Promise<void> {
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  for (const { name, bytes } of generateNight({
    seed,
    date: DATE,
    profile: 'small',
    scale: 0.2,
    closed: false,
    location,
  }))
    if (name === 'OrderDetails.csv')
      await world.write(`185001/${DATE.replaceAll('-', '')}/${name}`, bytes, world.clock.now() - 3_600_000)
}

async function rowsOf(world: World, sql: string): Promise<readonly (string | null)[][]> {
  const daybreak = await world.open()
  const { rows } = await warehouseOf(daybreak.ports, 'toast').query(sql)
  await daybreak.close()
  return rows
}

const ROWS = 'SELECT party, orders, net_sales FROM models.party_size ORDER BY 1'
const SAME_IN_SQL = `SELECT CASE WHEN COALESCE(guest_count, 0) < 1 THEN 'unknown' WHEN guest_count = 1 THEN 'alone' WHEN guest_count = 2 THEN 'a couple' ELSE 'a group' END,
  count(*), CAST(sum(amount) AS DECIMAL(38,9)) FROM toast.order_details GROUP BY 1 ORDER BY 1`

describe('a script', () => {
  it('is compiled with all that it imports, its tables and the dates it reads', () => {
    const model = models.get('party_size')
    expect(model).toMatchObject({ kind: 'script', partitionBy: 'business_date', needs: ['toast.order_details'] })
    expect(model?.references).toMatchObject([
      { table: 'toast.order_details', alias: 'o', dates: { from: 0, to: 0 }, isPartitioned: true },
    ])
    expect(model?.kind === 'script' && Object.keys(model.script.modules)).toEqual(['own/party_size.ts', 'own/words.ts'])
  })

  it('is another version when a file that it imports changes, and not when its description does', async () => {
    const versionOf = (found: Models) => modelSet(found).get('party_size')?.fingerprint
    const reworded = await compileScripts({ ...FILES, 'party_size.yaml': YAML.replace('as people say it', 'in words') })
    const other = await compileScripts({ ...FILES, 'words.ts': WORDS.replace('a couple', 'two') })
    expect(versionOf(reworded)).toBe(versionOf(models))
    expect(versionOf(other)).not.toBe(versionOf(models))
    expect(other.get('party_size')?.digest).not.toBe(models.get('party_size')?.digest)
  })

  it.each([
    [
      'a table that is none',
      { 'party_size.ts': SCRIPT.replace('order_details', 'order_detail') },
      /no table toast\.order_detail\. Did you mean "toast\.order_details"/,
    ],
    [
      'a column that is none',
      { 'party_size.ts': SCRIPT.replace("'amount'", "'amuont'") },
      /no column amuont\. Did you mean "amount"/,
    ],
    ['another module', { 'party_size.ts': `import 'node:fs'\n${SCRIPT}` }, /imports node:fs, which a script cannot/],
    ['no definition', { 'party_size.ts': 'export const a = 1' }, /no `export default defineModel/],
    [
      'an alias that it does not read',
      { 'party_size.yaml': `${YAML}reads: { p: { dates: -7d } }\n` },
      /reads no table as `p`/,
    ],
    [
      'kind: view',
      { 'party_size.yaml': YAML.replace('table: { partition_by: business_date }', 'kind: view') },
      /`partition` or `whole`/,
    ],
  ])('is refused with %s', async (_, files, message) => {
    expect(await problemOf(files)).toMatch(message)
  })

  it('is tested by rows, as a query is', async () => {
    const model = models.get('party_size')
    if (!model) throw new TypeError('the model is compiled')
    const table = {
      name: 'toast.order_details',
      columns: [
        { name: 'location_id', type: 'string' },
        { name: 'business_date', type: 'date' },
        { name: 'guest_count', type: 'int64' },
        { name: 'amount', type: 'numeric' },
      ],
      ...{ key: [], dateColumn: 'business_date', locationColumn: 'location_id', maskedColumns: [] },
    } as const
    const never = { evaluate: () => Promise.reject(new Error('a script has no query')), close: async () => undefined }
    const run = (net: number) =>
      runCase({
        ...{ model, name: 'party_size', scripts, tables: new Map([[table.name, table]]) },
        engines: { bigquery: never, duckdb: never },
        test: {
          name: 'two guests are a couple',
          given: {
            [table.name]: [
              { location_id: '1', business_date: DATE, guest_count: 2, amount: 0.1 },
              { location_id: '1', business_date: DATE, guest_count: 2, amount: 0.2 },
            ],
          },
          expect: [{ business_date: DATE, party: 'a couple', orders: 2, net_sales: net }],
        },
      })
    expect(await run(0.3)).toEqual([])
    expect((await run(0.31)).join()).toContain('a couple')
  })
})

describe('a build of a script', () => {
  it('is checked and published as that of a query, and gives the same rows each time', async () => {
    const found = await Promise.all(
      [1, 2].map(async () => {
        const world = await newWorld(delivered)
        onTestFinished(() => world.close())
        await world.run({ scope: { windows: [DATE] } })
        return { world, rows: await rowsOf(world, ROWS) }
      }),
    )
    const [first, second] = found
    expect(first?.rows.length).toBeGreaterThan(1)
    expect(first?.rows).toEqual(await rowsOf(first!.world, SAME_IN_SQL))
    expect(second?.rows).toEqual(first?.rows)
    await deliver(first!.world, 2)
    await first!.world.run({ scope: { windows: [DATE] } })
    const corrected = await rowsOf(first!.world, ROWS)
    expect(corrected).not.toEqual(first?.rows)
    expect(corrected).toEqual(await rowsOf(first!.world, SAME_IN_SQL))
  })

  it('holds the partition when the script throws or gives what the model has not', async () => {
    const before = models
    try {
      for (const [from, to, message] of [
        ['orders, net_sales', 'orders: 0.5, net_sales', /has 0\.5 as orders, which is no int64/],
        ['orders, net_sales', 'order: 1, net_sales', /has order, and the model has no such column/],
        ['numeric(net) }', 'Number(net) / 1e9 }', /is no numeric; give an exact decimal as text/],
        ['for (const [key', "throw new Error('no words'); for (const [key", /failed: no words/],
      ] as const) {
        models = await compileScripts({ ...FILES, 'party_size.ts': SCRIPT.replace(from, to) })
        const world = await newWorld(delivered)
        await world.run({ scope: { windows: [DATE] } })
        const daybreak = await world.open()
        const [build] = await daybreak.ports.ledger.builds({})
        expect(build).toMatchObject({
          state: 'held',
          reason: { code: 'MODEL_FAILED', message: expect.stringMatching(message) },
        })
        await daybreak.close()
        await world.close()
      }
    } finally {
      models = before
    }
  })
})

describe('the process of a script', () => {
  const ask = (body: string, limits = {}) =>
    openScripts(limits)
      .build(
        {
          entry: 'x.ts',
          modules: { 'x.ts': `export default { reads: {}, async *build({ o }) { ${body}; yield { a: 1 } } }` },
        },
        { date: DATE, inputs: { o: { columns: [{ name: 'n', type: 'int64' }], rows: [['1']] } } },
      )
      .then(
        () => 'built',
        (error: Error) => error.message,
      )

  it.each([
    ['fetch("http://127.0.0.1")', /fetch is not defined/],
    ['process.env', /process is not defined/],
    ['setTimeout(() => 1)', /setTimeout is not defined/],
    ['new Date()', /new Date\(\) is not the same when the script runs again/],
    ['new (new Date(0).constructor)()', /is not the same/],
    ['Math.random()', /is not the same/],
    ['o.constructor.constructor("return process")()', /Code generation from strings disallowed/],
    ["await import('node:fs')", /import/],
  ])('has no %s', async (body, message) => {
    expect(await ask(body)).toMatch(message)
  })

  it('ends when it takes too long, or gives too much', async () => {
    expect(await ask('for (;;);', { timeout: 1_500 })).toMatch(/took longer than 1\.5 s/)
    expect(await ask('yield { a: "x".repeat(5000) }', { answer: 1_000 })).toMatch(/gave more than 1000 bytes/)
  })
})
