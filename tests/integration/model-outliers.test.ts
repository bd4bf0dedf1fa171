import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbWarehouse } from '../../functions/adapters/duckdb/warehouse/warehouse.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import { modelSet } from '../../functions/models/model-set.ts'
import type { ModelWarehouse } from '../../functions/pipeline/destination.ts'
import { modelOutliers } from '../../functions/pipeline/views/model-outliers.ts'
import { aModel } from '../support/models.ts'

const FIRST = '2025-01-06'
const DAYS = 70
const LAST = addDays(FIRST, DAYS - 1)
// The last Wednesday has no deliveries in the west, the last Saturday three times the dinner in the east.
const QUIET = addDays(LAST, -4)
const LOUD = addDays(LAST, -1)

const SALES = {
  ...aModel('sales', {
    columns: {
      location_id: 'string',
      business_date: 'date',
      service: 'string',
      order_source: 'string',
      net_sales: 'numeric',
    },
    sql: 'SELECT 1',
  }),
  key: ['location_id', 'business_date', 'service', 'order_source'],
  outliers: [{ name: 'net_sales_as_usual', of: 'net_sales', weeks: 8, at: 3.5, least: 250 }],
}
const models = modelSet(new Map([['sales', SALES]]))

/** Rows of ten weeks in two locations: three parts of the day, two ways to order, 2 % more or less from day to day. */
function rowsSql(): string {
  const amount = `CASE WHEN service = 'Dinner' THEN 2000 WHEN service = 'Lunch' THEN 1000 ELSE 300 END
    * CASE WHEN order_source = 'Delivery' THEN 0.5 ELSE 1 END * CASE WHEN dayofweek(day) IN (0, 6) THEN 1.6 ELSE 1 END
    * (1 + 0.02 * ((datediff('day', DATE '${FIRST}', day) % 5) - 2))
    * CASE WHEN day = DATE '${QUIET}' AND location_id = 'west' AND order_source = 'Delivery' THEN 0 ELSE 1 END
    * CASE WHEN day = DATE '${LOUD}' AND location_id = 'east' AND service = 'Dinner' THEN 3 ELSE 1 END`
  return `SELECT location_id, CAST(day AS DATE) AS business_date, service, order_source, CAST(${amount} AS DECIMAL(38,9)) AS net_sales
    FROM (VALUES ('east'), ('west')) AS l(location_id), (VALUES ('Breakfast'), ('Lunch'), ('Dinner')) AS s(service),
      (VALUES ('In Store'), ('Delivery')) AS o(order_source),
      (SELECT unnest(generate_series(DATE '${FIRST}', DATE '${LAST}', INTERVAL 1 DAY)) AS day)`
}

let folder: string
let warehouse: ModelWarehouse
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-outliers-'))
  warehouse = openDuckdbWarehouse({ path: join(folder, 'w.duckdb'), memoryLimit: '256MB', clock: { now: () => 0 } })
  const columns = SALES.columns.map(({ name, description }) => ({ name, description }))
  await warehouse.setView({ schema: 'models', name: 'sales', description: 'Sales.', columns, sql: rowsSql() })
})
afterAll(async () => {
  await warehouse.close()
  await rm(folder, { recursive: true })
})

const asked = { models, from: addDays(LAST, -13), to: LAST, events: [] }

it('tells the planted days of the last two weeks, how much against what is usual, and which part explains it', async () => {
  const found = await modelOutliers(asked, warehouse)
  expect(found.map(({ shard, window }) => `${shard} ${window}`)).toEqual([`east ${LOUD}`, `west ${QUIET}`])
  const [loud, quiet] = found
  expect(loud).toMatchObject({ model: 'sales', check: 'net_sales_as_usual', measure: 'net_sales', event: null })
  expect(loud?.message).toMatch(/^net_sales [\d,.]+ against a usual [\d,.]+ for a Saturday \(\+/)
  expect(loud?.value).toBeGreaterThan((loud?.usual ?? 0) * 1.5)
  expect(loud?.sentence).toMatch(/^service: Dinner \+/)
  expect(quiet?.sentence).toMatch(/^order_source: Delivery -1,6\d\d/)
})

it('names a known day and shows a caller nothing of other locations', async () => {
  const events = [{ date: LOUD, name: 'Street fair', locations: 'all' as const }]
  const found = await modelOutliers({ ...asked, events, shards: ['east'] }, warehouse)
  expect(found.map(({ shard, event }) => [shard, event])).toEqual([['east', 'Street fair']])
  expect(await modelOutliers({ ...asked, shards: [] }, warehouse)).toEqual([])
})

it('finds nothing in a model that is not built yet, or that asks for nothing', async () => {
  const other = modelSet(new Map([['elsewhere', SALES]]))
  expect(await modelOutliers({ ...asked, models: other }, warehouse)).toEqual([])
  const { outliers: _, ...silent } = SALES
  expect(await modelOutliers({ ...asked, models: modelSet(new Map([['sales', silent]])) }, warehouse)).toEqual([])
})
