import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasZetasql, openZetasql, type SqlTable, type Zetasql } from '../support/zetasql.ts'

const TYPES = ['INT64', 'NUMERIC', 'BIGNUMERIC', 'FLOAT64', 'BOOL', 'DATE', 'DATETIME', 'TIMESTAMP', 'TIME', 'STRING']
const ROWS = [
  [
    '9007199254740993',
    '-1.5',
    '123456789012345678901234567890.5',
    '0.1',
    'true',
    '2026-01-05',
    '2026-01-05 01:02:03.5',
    '2026-01-05 01:02:03.000004+00',
    '04:05:06.1',
    'é',
  ],
  [null, null, null, null, null, null, null, null, null, null],
  [
    '-1',
    '-128',
    '-0.000000001',
    '-2',
    'false',
    '1969-12-31',
    '1969-12-31 00:00:00',
    '1969-12-31 23:59:59.5+00',
    '00:00:00',
    '',
  ],
  ['0', '0', '255', '0', 'true', '0001-01-01', '9999-12-31 23:59:59', '2026-07-05 00:00:00+00', '23:59:59', "it's"],
]
const ORDERS: SqlTable = {
  name: 'acme-prod.toast.orders',
  columns: TYPES.map((type) => ({ name: type.toLowerCase(), type })),
  rows: ROWS,
}

describe.skipIf(!hasZetasql)('Google’s analyser (skipped: not present, where the package has no binary)', () => {
  let zetasql: Zetasql
  beforeAll(async () => {
    zetasql = await openZetasql()
  })
  afterAll(() => zetasql.close())

  it('gives back the values it was given, of every type', async () => {
    const { columns, rows } = await zetasql.evaluate('SELECT * FROM toast.orders', [ORDERS])
    expect(columns.map(({ type }) => type)).toEqual(TYPES)
    expect(rows).toEqual(ROWS)
  })

  it.each([
    'toast.orders',
    '`toast`.`orders`',
    '`toast.orders`',
    'acme-prod.toast.orders',
    '`acme-prod.toast.orders`',
    '`acme-prod`.toast.orders',
    '`acme-prod.toast`.orders',
  ])('knows a table as %s', async (name) => {
    const sql = `SELECT 'é' AS e, COUNT(orders.int64) AS n FROM ${name}`
    expect(await zetasql.analyze(sql, [ORDERS])).toMatchObject({
      kind: 'query',
      columns: [{ type: 'STRING' }, { type: 'INT64' }],
    })
    expect((await zetasql.evaluate(sql, [ORDERS])).rows).toEqual([['é', '3']])
  })

  it('takes parameters, and keeps arrays and structs readable', async () => {
    const sql = 'SELECT [int64] AS list, STRUCT(string AS s, date AS d) AS pair FROM toast.orders WHERE date = @day'
    const options = { parameters: { day: 'DATE' }, values: { day: '2026-01-05' } }
    const { rows } = await zetasql.evaluate(sql, [ORDERS], options)
    expect(rows).toEqual([['["9007199254740993"]', '{"s":"é","d":"2026-01-05"}']])
  })

  it.each([
    ['SELECT amuont FROM toast.orders', /Unrecognized name: amuont.*\[at 1:8\]/],
    ['SELECT 1 FROM toast.nothing', /Table not found/],
    ['SELECT 1; SELECT 2', /Expected end of input/],
    ['SELECT DATE_TRUNC(string, DAY) FROM toast.orders', /No matching signature/],
    ['CREATE TABLE toast.t (x INT64) PARTITION BY y', /Unrecognized name: y/],
    ['CREATE TABLE toast.t (x INT64) OPTIONS (require_partition_filtr = true)', /Unknown option/],
    ['SELECT CAST(1 AS DOUBLE)', /Type not found/],
  ])('refuses %s', async (sql, message) => {
    await expect(zetasql.analyze(sql, [ORDERS])).rejects.toMatchObject({
      name: 'SqlError',
      message: expect.stringMatching(message),
    })
  })
})
