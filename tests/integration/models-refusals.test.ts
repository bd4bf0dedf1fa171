import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BothEngines, type KeyedTable, openBothEngines } from '../support/model-engines.ts'
import { hasZetasql } from '../support/zetasql.ts'

const ORDERS: KeyedTable = {
  name: 'toast.orders',
  key: ['order_id', 'location_id', 'business_date'],
  columns: [
    { name: 'location_id', type: 'string' },
    { name: 'business_date', type: 'date' },
    { name: 'order_id', type: 'string' },
    { name: 'amount', type: 'numeric', scale: 4 },
    { name: 'guests', type: 'int64' },
    { name: 'ratio', type: 'float64' },
    { name: 'opened_at', type: 'datetime' },
    { name: 'opened_at_utc', type: 'timestamp' },
  ],
  rows: [],
}

/** Query, column of the place in its first line, what is refused, what to write instead. */
const REFUSALS = [
  ['SELECT amount / guests AS x FROM toast.orders', 8, 'divisor', 'SAFE_DIVIDE'],
  ['SELECT MOD(guests, guests) AS x FROM toast.orders', 8, 'MOD', 'NULLIF'],
  ['SELECT ANY_VALUE(amount) AS x FROM toast.orders', 8, 'ANY_VALUE', 'MIN(x)'],
  ['SELECT order_id FROM toast.orders LIMIT 3', 41, 'LIMIT in no order', 'ORDER BY'],
  ['SELECT order_id FROM toast.orders ORDER BY amount LIMIT 3', 57, 'LIMIT in no order', 'ORDER BY'],
  ['SELECT ROW_NUMBER() OVER (ORDER BY amount) AS x FROM toast.orders', 8, 'ROW_NUMBER', 'ORDER BY'],
  ['SELECT ROW_NUMBER() OVER () AS x FROM toast.orders', 8, 'ROW_NUMBER', 'ORDER BY'],
  [
    'SELECT FIRST_VALUE(amount) OVER (PARTITION BY location_id ORDER BY opened_at) AS x FROM toast.orders',
    8,
    'FIRST_VALUE',
    'key',
  ],
  ['SELECT SUM(amount) OVER (ORDER BY opened_at ROWS 3 PRECEDING) AS x FROM toast.orders', 8, 'SUM', 'ORDER BY'],
  ['SELECT ARRAY_LENGTH(ARRAY_AGG(amount)) AS x FROM toast.orders', 21, 'ARRAY_AGG', 'ORDER BY'],
  ['SELECT STRING_AGG(order_id) AS x FROM toast.orders', 8, 'STRING_AGG', 'ORDER BY'],
  ['SELECT STRING_AGG(DISTINCT order_id) AS x FROM toast.orders', 8, 'STRING_AGG', 'DISTINCT x ORDER BY x'],
  ['SELECT CURRENT_DATE() AS x FROM toast.orders', 8, 'CURRENT_DATE', 'date column'],
  ['SELECT RAND() AS x FROM toast.orders', 8, 'RAND', 'same rows'],
  ['SELECT GENERATE_UUID() AS x FROM toast.orders', 8, 'GENERATE_UUID', 'key'],
  ['SELECT location_id, SUM(amount) AS x FROM toast.orders GROUP BY ROLLUP(location_id)', null, 'ROLLUP', 'UNION ALL'],
  ['SELECT APPROX_COUNT_DISTINCT(order_id) AS x FROM toast.orders', 8, 'APPROX_COUNT_DISTINCT', 'COUNT(DISTINCT x)'],
  ['SELECT FORMAT("%d", guests) AS x FROM toast.orders', 8, 'FORMAT', 'FORMAT_DATE'],
  ['SELECT FARM_FINGERPRINT(order_id) AS x FROM toast.orders', 8, 'FARM_FINGERPRINT', 'SHA256'],
  ['SELECT INITCAP(order_id) AS x FROM toast.orders', 8, 'INITCAP', 'UPPER'],
  ['SELECT CAST(amount AS STRING) AS x FROM toast.orders', 8, 'CAST of NUMERIC to STRING', 'keep the number'],
  ['SELECT * FROM toast.orders', 1, '`*`', 'Name the columns'],
  ['SELECT SAFE.SUBSTR(order_id, 1) AS x FROM toast.orders', 8, 'SAFE.SUBSTR', 'IF'],
  ['SELECT ROUND(ratio, 2) AS x FROM toast.orders', 8, 'ROUND of a FLOAT64', 'CAST(x AS NUMERIC)'],
  ['SELECT ROUND(amount, guests) AS x FROM toast.orders', 8, 'ROUND to places', 'ROUND(x, 2)'],
  ['SELECT DATE_TRUNC(business_date, ISOYEAR) AS x FROM toast.orders', 8, 'ISOYEAR', 'MONTH'],
  ['SELECT EXTRACT(MICROSECOND FROM opened_at) AS x FROM toast.orders', 8, 'MICROSECOND', 'SECOND'],
  ['SELECT FORMAT_DATE("%Q", business_date) AS x FROM toast.orders', 8, '%Q', '%Y'],
  ['SELECT TIMESTAMP(opened_at, "America/New_York") AS x FROM toast.orders', 8, 'in a zone', 'UTC'],
  ['SELECT DATE(opened_at_utc, location_id) AS x FROM toast.orders', 8, 'time zone', 'IANA'],
  ['SELECT REGEXP_CONTAINS(order_id, location_id) AS x FROM toast.orders', 8, 'no literal', 'quotes'],
  ['SELECT POW(ratio, 2) AS x FROM toast.orders', 8, 'POW', 'docs/models.md'],
  ['SELECT [order_id] AS x FROM toast.orders', null, 'ARRAY<STRING>', 'types of a contract'],
  [
    'WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 3) SELECT n FROM a',
    null,
    'RECURSIVE',
    'GENERATE_DATE_ARRAY',
  ],
] as const

describe.skipIf(!hasZetasql)('the compiler refuses (skipped: not present, where the analyser has no binary)', () => {
  let engines: BothEngines
  beforeAll(async () => {
    engines = await openBothEngines()
  })
  afterAll(() => engines.close())

  it.each(REFUSALS)('%s', async (sql, column, what, instead) => {
    const place = column === null ? /^query\.sql:\d+:\d+ / : new RegExp(`^query\\.sql:1:${column} `)
    const refusal = engines.duckdbText(sql, [ORDERS])
    await expect(refusal).rejects.toMatchObject({ code: 'MODEL_REFUSED' })
    await expect(refusal).rejects.toThrow(place)
    await expect(refusal).rejects.toThrow(what)
    await expect(refusal).rejects.toThrow(instead)
  })

  it.each([
    'SELECT order_id FROM toast.orders ORDER BY amount, order_id, location_id, business_date LIMIT 3',
    'SELECT ROW_NUMBER() OVER (PARTITION BY location_id, business_date ORDER BY amount, order_id) AS x FROM toast.orders',
    'SELECT location_id, STRING_AGG(order_id ORDER BY order_id) AS x FROM toast.orders GROUP BY 1',
    'SELECT l, LAG(n) OVER (ORDER BY l) AS x FROM (SELECT location_id AS l, SUM(amount) AS n FROM toast.orders GROUP BY 1)',
    'WITH d AS (SELECT location_id, business_date, SUM(amount) AS n FROM toast.orders GROUP BY 1, 2) SELECT a.location_id, LAG(a.n) OVER (PARTITION BY a.location_id ORDER BY a.business_date) AS x FROM d AS a LEFT JOIN d AS b ON b.location_id = a.location_id AND b.business_date = a.business_date',
  ])('not %s, whose order is total', async (sql) => {
    await expect(engines.duckdbText(sql, [ORDERS])).resolves.toContain('SELECT')
  })
})
