import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import { partitionsOn } from '../../functions/models/affected.ts'
import { compiledOf } from '../../functions/models/model-set.ts'
import { inBuildOrder, type Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { ensurePartitions } from '../../functions/pipeline/work/build.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from '../support/definition.ts'
import { failAt } from '../support/fail-at.ts'
import { aCheck, aModel, reads, SALES } from '../support/models.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const DATE = '2025-02-05'
const DATES = [addDays(DATE, -364), addDays(DATE, -1), DATE]

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

/** Files of three dates; those of the last one with other amounts, so that tie-outs find differences. */
async function loaded(models: Models): Promise<World> {
  const world = await createWorld({ now: at('2025-02-06T20:00:00Z'), transformer, models })
  onTestFinished(() => world.close())
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  for (const date of DATES)
    for (const { name, bytes } of generateNight({
      seed: 3,
      date,
      profile: 'small',
      scale: 0.2,
      closed: false,
      location,
    })) {
      const isOther = date === DATE && ['OrderDetails.csv', 'PaymentDetails.csv', 'TimeEntries.csv'].includes(name)
      const text = isOther
        ? Buffer.from(bytes)
            .toString()
            .replace(/,(\d+\.\d)\d,/, ',$17,')
        : bytes
      await world.write(`185001/${date.replaceAll('-', '')}/${name}`, text)
    }
  await world.run({ scope: { windows: DATES } })
  return world
}

/** All partitions built anew, in groups: what tables hold, what checks found, and the calls of the warehouse. */
async function rebuilt(world: World, way: 'together' | 'date by date') {
  const noting = failAt(Number.POSITIVE_INFINITY, 'once')
  const daybreak = await world.open(noting.wrap)
  try {
    const outcomes: string[] = []
    for (const used of (await daybreak.worker.models?.inUse(daybreak.ports)) ?? []) {
      const partitions = partitionsOn(compiledOf(used.set), { dates: DATES })
      const groups = way === 'together' ? [partitions] : partitions.map((one) => [one])
      for (const group of groups)
        for await (const { model, window, ensured } of ensurePartitions(
          group,
          { ...used, force: true },
          daybreak.worker,
        ))
          outcomes.push(`${model} ${window} ${ensured?.outcome}`)
    }
    const builds = await daybreak.ports.ledger.builds({})
    const rows: Record<string, unknown> = {}
    for (const name of new Set(builds.map(({ model }) => model)))
      rows[name] = (await warehouseOf(daybreak.ports, 'toast').query(`SELECT * FROM models.${name} ORDER BY ALL`)).rows
    const told = builds.map(({ model, window, state, built, rows: count, checks, missing }) => {
      return { model, window, state, built, count, checks, missing }
    })
    return { outcomes, rows, told, calls: noting.calls() }
  } finally {
    await daybreak.close()
  }
}

it('makes the same rows and verdicts of all shipped models as date by date, with one query for each model', async () => {
  const models: Models = new Map(Object.entries((await readCompiledModels(ROOT)).models))
  const world = await loaded(models)
  const alone = await rebuilt(world, 'date by date')
  await world.clock.sleep(60_000)
  const together = await rebuilt(world, 'together')
  expect({ ...together, calls: [] }).toEqual({ ...alone, calls: [] })
  const dated = inBuildOrder(models).filter((name) => {
    return models.get(name)?.kind === 'partition' && alone.told.some((one) => one.model === name)
  })
  const countOf = (calls: readonly string[], name: string) => calls.filter((one) => one === `warehouse.${name}`).length
  expect(countOf(together.calls, 'startBuilds')).toBeGreaterThanOrEqual(dated.length)
  expect(countOf(together.calls, 'startBuild')).toBeLessThan(alone.told.length / 3)
  // Checks that find nothing would be equal in any case.
  const found = alone.told.flatMap(({ window, checks }) => checks.filter(({ failed }) => failed > 0).map(() => window))
  expect(found.length).toBeGreaterThan(3)
  expect(new Set(found)).toEqual(new Set([DATE]))
})

it('holds the one date whose check fails, and publishes the others', async () => {
  const orders = SALES.get('orders_daily')!
  const check = aCheck(
    'not_that_day',
    'block',
    [reads(0, 'models.orders_daily')],
    `SELECT o.net FROM {0} AS o WHERE o.business_date = DATE '${DATE}'`,
  )
  const world = await loaded(new Map([...SALES, ['orders_daily', { ...orders, checks: [check] }]]))
  const { outcomes, told } = await rebuilt(world, 'together')
  expect(outcomes.filter((one) => one.startsWith('orders_daily'))).toEqual(
    DATES.map((date) => `orders_daily ${date} ${date === DATE ? 'held' : 'built'}`),
  )
  expect(told.find(({ model, window }) => model === 'orders_daily' && window === DATE)?.checks).toEqual([
    { name: 'not_that_day', effect: 'block', failed: 1 },
  ])
})

it('builds the dates that can be computed when one cannot, and names that one', async () => {
  const fails = `CASE WHEN o.business_date = DATE '${DATE}' THEN CAST('no number' AS BIGINT) ELSE 1 END`
  const model = aModel('orders_daily', {
    columns: { location_id: 'string', business_date: 'date', one: 'int64' },
    references: [reads(0, 'toast.order_details')],
    sql: `SELECT o.location_id, o.business_date, ${fails} AS one FROM {0} AS o`,
  })
  const { outcomes, calls } = await rebuilt(await loaded(new Map([['orders_daily', model]])), 'together')
  expect(outcomes).toEqual(DATES.map((date) => `orders_daily ${date} ${date === DATE ? 'held' : 'built'}`))
  expect(calls.filter((name) => name === 'warehouse.startBuild')).toHaveLength(3)
})
