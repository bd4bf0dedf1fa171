import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { renewBuilds } from '../../functions/pipeline/work/renew-builds.ts'
import { generateNight } from '../../mock/night.ts'
import { type CloudWarehouse, startCloudWarehouse } from '../support/cloud-warehouse.ts'
import { at } from '../support/definition.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'
import { hasZetasql, openZetasql, type SqlTable } from '../support/zetasql.ts'

const LOCATIONS = [
  { id: '185001', name: 'East', time_zone: 'America/New_York' },
  { id: '185002', name: 'West', time_zone: 'America/Los_Angeles' },
]
// A week, and the day of the year before that its last one is compared with.
const LAST = '2025-02-09'
const DATES = [addDays(LAST, -364), ...Array.from({ length: 7 }, (_, back) => addDays(LAST, back - 6))]

let transformer: Transformer
let models: Models
let cloud: CloudWarehouse
let laptop: World
let moved: World
beforeAll(async () => {
  models = new Map(Object.entries((await readCompiledModels(ROOT)).models))
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() })
  cloud = await startCloudWarehouse(models, { now: () => moved.clock.now() })
  const options = { now: at('2025-02-10T20:00:00Z'), transformer, locations: LOCATIONS, models }
  laptop = await createWorld(options)
  moved = await createWorld({ ...options, change: cloud.move })
  for (const world of [laptop, moved]) await bringIn(world)
})
afterAll(async () => {
  for (const each of [laptop, moved, cloud, transformer]) await each?.close()
})

const nightOf = (date: string, location: (typeof LOCATIONS)[number], seed = 3) =>
  generateNight({
    ...{ seed, date, profile: 'small', scale: 0.2, closed: false },
    location: { id: location.id, name: location.name, timeZone: location.time_zone, closeoutHour: 4 },
  })

async function bringIn(world: World): Promise<void> {
  for (const date of DATES)
    for (const location of LOCATIONS)
      for (const file of nightOf(date, location))
        await world.write(`${location.id}/${date.replaceAll('-', '')}/${file.name}`, file.bytes)
  await world.run({ scope: { windows: DATES } })
  await sweep(world)
}

/** Time does not pass while this world works, so a table of all dates may be replaced more often than BigQuery lets it. */
async function sweep(world: World): Promise<void> {
  await world.clock.sleep(3_600_000)
  const daybreak = await world.open()
  await renewBuilds(daybreak.worker)
  await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: { windows: [LAST] } }))
  await daybreak.close()
}

/** The row of the ledger of each partition, and the rows of each view, in an order of their own. */
async function martsOf(world: World) {
  const daybreak = await world.open()
  try {
    const builds = (await daybreak.ports.ledger.builds({})).map(({ model, window, state, rows, missing, checks }) => {
      return { model, window, state, rows, missing, checks }
    })
    const rows: Record<string, readonly string[]> = {}
    for (const name of models.keys()) {
      const answer = await warehouseOf(daybreak.ports, 'toast').query(`SELECT * FROM models.${name}`)
      rows[name] = answer.rows.map((row) => JSON.stringify(row.map(plain))).toSorted()
    }
    return { builds, rows }
  } finally {
    await daybreak.close()
  }
}

/** BigQuery writes decimals without the zeros at their end. */
function plain(text: string | null): string | null {
  return text !== null && /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text
}

describe('a week of two restaurants with its marts, on one machine and over the local Google Cloud', () => {
  it('builds every shipped model in both, with the same rows and the same checks', async () => {
    const [here, there] = [await martsOf(laptop), await martsOf(moved)]
    expect(there.builds.filter(({ state }) => state !== 'idle')).toEqual([])
    expect(new Set(there.builds.map(({ model }) => model))).toEqual(new Set(models.keys()))
    expect(Object.entries(there.rows).filter(([, rows]) => rows.length === 0)).toEqual([])
    expect(there).toEqual(here)
  })

  it('restates the same rows for a file that comes again', async () => {
    const before = await martsOf(moved)
    const [date = '', location = LOCATIONS[0]!] = [DATES[4]]
    for (const world of [laptop, moved]) {
      for (const file of nightOf(date, location, 5))
        await world.write(`${location.id}/${date.replaceAll('-', '')}/${file.name}`, file.bytes)
      await world.clock.sleep(3_600_000)
      await world.run({ scope: { windows: [date] } })
      await sweep(world)
    }
    const [here, there] = [await martsOf(laptop), await martsOf(moved)]
    expect(there).toEqual(here)
    expect(there.rows['daily_sales']).not.toEqual(before.rows['daily_sales'])
  })

  it.skipIf(!hasZetasql)('asks nothing that Google would not take (skipped: not present, no analyser)', async () => {
    const zetasql = await openZetasql()
    try {
      const tables = await tablesOf(cloud)
      const asked = cloud.bigquery.statements().filter((sql) => /models_(data|staging)/.test(sql))
      // Of those that differ in dates and names of jobs, one.
      const kinds = new Map(asked.map((sql) => [sql.replaceAll(/\d+|_[0-9a-f]{8}/g, ''), sql]))
      // A query of each model and its checks, at least.
      expect(kinds.size).toBeGreaterThan(2 * models.size)
      for (const sql of kinds.values()) await zetasql.analyze(sql, tables)
    } finally {
      await zetasql.close()
    }
  })
})

/** Tables that are there now, with the types that BigQuery has for their columns. */
async function tablesOf({ bigquery }: CloudWarehouse): Promise<readonly SqlTable[]> {
  const rows = await bigquery.rows(
    `SELECT table_schema || '.' || table_name, column_name, data_type FROM information_schema.columns ORDER BY ALL`,
  )
  const byTable = Map.groupBy(rows, ([name]) => String(name))
  return [...byTable].map(([name, columns]) => ({
    name: `${bigquery.project}.${name}`,
    columns: columns.map(([, column, type]) => ({ name: String(column), type: typeOf(String(type)) })),
  }))
}

const TYPES: Readonly<Record<string, string>> = {
  VARCHAR: 'STRING',
  BIGINT: 'INT64',
  DOUBLE: 'FLOAT64',
  BOOLEAN: 'BOOL',
  DATE: 'DATE',
  TIMESTAMP: 'DATETIME',
  'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP',
  'VARCHAR[]': 'ARRAY<STRING>',
}

function typeOf(duckdb: string): string {
  return duckdb.startsWith('DECIMAL') ? 'NUMERIC' : (TYPES[duckdb] ?? duckdb)
}
