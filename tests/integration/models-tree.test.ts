import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DateRange } from '../../functions/models/compiled.ts'
import { fingerprintsOf } from '../../functions/models/fingerprint.ts'
import { lineageOf } from '../../functions/models/lineage.ts'
import { datesOf } from '../../functions/models/reads.ts'
import { tableScansOf } from '../../functions/models/tree.ts'
import { type BothEngines, type KeyedTable, openBothEngines } from '../support/model-engines.ts'
import { hasZetasql } from '../support/zetasql.ts'

const COLUMNS: KeyedTable['columns'] = [
  { name: 'location_id', type: 'string' },
  { name: 'business_date', type: 'date' },
  { name: 'order_id', type: 'string' },
  { name: 'amount', type: 'numeric', scale: 4 },
  { name: 'tip', type: 'numeric', scale: 4 },
  { name: 'is_void', type: 'bool' },
]
const table = (name: string): KeyedTable => ({ name, columns: COLUMNS, key: ['order_id'], rows: [] })
const TABLES = [table('toast.orders'), table('toast.items'), table('models.places')]

describe.skipIf(!hasZetasql)('the tree of a query (skipped: not present, where the analyser has no binary)', () => {
  let engines: BothEngines
  beforeAll(async () => {
    engines = await openBothEngines()
  })
  afterAll(() => engines.close())

  const analyse = async (sql: string) => (await engines.analyse(sql, TABLES)).query

  /** Dates by alias. */
  const dates = async (text: string, declared: Readonly<Record<string, { readonly dates: DateRange }>> = {}) => {
    const query = await analyse(text)
    const found = datesOf({
      source: { file: 'query.sql', text },
      query,
      partitionBy: 'business_date',
      dateColumn: (name) => (name === 'models.places' ? null : 'business_date'),
      declared,
    })
    return Object.fromEntries(
      tableScansOf(query.scan).flatMap(({ alias, span }) => {
        const range = found.get(span?.start ?? -1)
        return range ? [[alias, `${range.from}..${range.to}`]] : []
      }),
    )
  }

  describe('says which dates are read', () => {
    const YEAR = { p: { dates: { from: -364, to: -364 } } }
    const MONTH = { p: { dates: { from: -27, to: 0 } } }

    it.each([
      ['SELECT o.business_date, o.amount FROM toast.orders AS o', { o: '0..0' }, {}],
      ['SELECT o.business_date, SUM(o.amount) AS x FROM toast.orders AS o GROUP BY 1', { o: '0..0' }, {}],
      [
        'SELECT o.business_date, i.amount FROM toast.orders AS o LEFT JOIN toast.items AS i ON i.order_id = o.order_id AND i.business_date = o.business_date',
        { o: '0..0', i: '0..0' },
        {},
      ],
      [
        'SELECT o.business_date, i.x FROM toast.orders AS o JOIN (SELECT business_date, SUM(amount) AS x FROM toast.items AS i GROUP BY 1) AS i ON i.business_date = o.business_date',
        { o: '0..0', i: '0..0' },
        {},
      ],
      ['SELECT o.business_date, p.amount FROM toast.orders AS o CROSS JOIN models.places AS p', { o: '0..0' }, {}],
      [
        'SELECT c.business_date, p.amount FROM toast.orders AS c LEFT JOIN toast.orders AS p ON p.location_id = c.location_id AND p.business_date = DATE_SUB(c.business_date, INTERVAL 364 DAY)',
        { c: '0..0', p: '-364..-364' },
        YEAR,
      ],
      [
        'SELECT c.business_date, SUM(p.amount) AS x FROM toast.orders AS c JOIN toast.orders AS p ON p.business_date BETWEEN DATE_SUB(c.business_date, INTERVAL 27 DAY) AND c.business_date GROUP BY 1',
        { c: '0..0', p: '-27..0' },
        MONTH,
      ],
      [
        'SELECT c.business_date FROM toast.orders AS c JOIN toast.orders AS p ON p.business_date <= c.business_date AND DATE_ADD(p.business_date, INTERVAL 4 WEEK) > c.business_date',
        { c: '0..0', p: '-27..0' },
        MONTH,
      ],
      [
        'SELECT o.business_date FROM toast.orders AS o WHERE NOT EXISTS (SELECT 1 FROM toast.items AS i WHERE i.order_id = o.order_id AND i.business_date = o.business_date)',
        { o: '0..0', i: '0..0' },
        {},
      ],
      [
        'WITH d AS (SELECT business_date, SUM(amount) AS x FROM toast.orders AS o GROUP BY 1) SELECT a.business_date FROM d AS a JOIN d AS b ON b.business_date = a.business_date',
        { o: '0..0' },
        {},
      ],
      [
        'SELECT o.business_date, SUM(o.amount) OVER (PARTITION BY o.business_date) AS x FROM toast.orders AS o',
        { o: '0..0' },
        {},
      ],
      [
        'SELECT business_date, amount FROM toast.orders AS o UNION ALL SELECT business_date, amount FROM toast.items AS i',
        { o: '0..0', i: '0..0' },
        {},
      ],
    ])('%s', async (sql, expected, declared) => {
      expect(await dates(sql, declared)).toEqual(expected)
    })

    it.each([
      [
        'a join without dates',
        'SELECT o.business_date FROM toast.orders AS o JOIN toast.items AS i ON i.order_id = o.order_id',
        'the dates of i',
      ],
      [
        'the kept side of a join by the other',
        'SELECT i.business_date FROM toast.orders AS o LEFT JOIN toast.items AS i ON i.business_date = o.business_date',
        'the dates of o',
      ],
      [
        'a full join',
        'SELECT o.business_date FROM toast.orders AS o FULL JOIN toast.items AS i ON i.business_date = o.business_date',
        'the dates of i',
      ],
      [
        'a window over all dates',
        'SELECT o.business_date, SUM(o.amount) OVER (PARTITION BY o.location_id) AS x FROM toast.orders AS o',
        'the dates of o',
      ],
      [
        'a limit over all dates',
        'SELECT o.business_date FROM toast.orders AS o ORDER BY o.order_id LIMIT 3',
        'the dates of o',
      ],
      [
        'an aggregate over all dates',
        'SELECT o.business_date, (SELECT SUM(i.amount) FROM toast.items AS i) AS x FROM toast.orders AS o',
        'the dates of i',
      ],
      [
        'an alternative',
        'SELECT o.business_date FROM toast.orders AS o JOIN toast.items AS i ON i.business_date = o.business_date OR i.order_id = o.order_id',
        'the dates of i',
      ],
      [
        'a name that is used for all dates as well',
        'WITH d AS (SELECT business_date, order_id FROM toast.orders AS o) SELECT a.business_date FROM d AS a JOIN d AS b ON b.order_id = a.order_id',
        'the dates of o',
      ],
      [
        'an open range',
        'SELECT c.business_date FROM toast.orders AS c JOIN toast.orders AS p ON p.business_date <= c.business_date',
        'the dates of p',
      ],
      [
        'other dates than are declared',
        'SELECT c.business_date FROM toast.orders AS c JOIN toast.orders AS p ON p.business_date = DATE_SUB(c.business_date, INTERVAL 1 YEAR)',
        'the dates of p',
      ],
      [
        'dates that are not declared',
        'SELECT c.business_date FROM toast.orders AS c JOIN toast.orders AS p ON p.business_date = DATE_SUB(c.business_date, INTERVAL 7 DAY)',
        'reads: { p: { dates: -7d } }',
      ],
    ])('and refuses %s', async (_, sql, message) => {
      await expect(dates(sql)).rejects.toMatchObject({
        code: 'MODEL_REFUSED',
        message: expect.stringContaining(message),
      })
    })
  })

  describe('says where columns come from', () => {
    it('by column, with the strongest use, and for the rows as a whole', async () => {
      const sql =
        'SELECT o.location_id AS place, SUM(IF(i.is_void, 0, i.amount)) AS net, MAX(o.tip) + 1 AS tip FROM toast.orders AS o JOIN toast.items AS i ON i.order_id = o.order_id WHERE o.business_date > DATE "2026-01-01" GROUP BY 1'
      const source = (name: string, column: string, kind: string) => ({ table: name, column, kind })
      expect(lineageOf(await analyse(sql))).toEqual({
        columns: {
          place: [source('toast.orders', 'location_id', 'IDENTITY')],
          net: [source('toast.items', 'amount', 'AGGREGATION'), source('toast.items', 'is_void', 'AGGREGATION')],
          tip: [source('toast.orders', 'tip', 'AGGREGATION')],
        },
        rows: [
          source('toast.items', 'order_id', 'JOIN'),
          source('toast.orders', 'business_date', 'FILTER'),
          source('toast.orders', 'location_id', 'GROUP_BY'),
          source('toast.orders', 'order_id', 'JOIN'),
        ],
        links: { place: [{ table: 'toast.orders', column: 'location_id' }] },
      })
    })

    it('with links to the columns that equal one of the result, and none where two places of a table differ', async () => {
      const linksOf = async (sql: string) => lineageOf(await analyse(sql)).links
      const joined = 'FROM toast.orders AS o LEFT JOIN toast.items AS i ON i.order_id = o.order_id'
      expect(await linksOf(`SELECT o.order_id AS id ${joined}`)).toEqual({
        id: [
          { table: 'toast.orders', column: 'order_id' },
          { table: 'toast.items', column: 'order_id' },
        ],
      })
      const either = joined.replace('o.order_id', 'o.order_id OR i.amount = o.tip')
      expect(await linksOf(`SELECT o.order_id AS id ${either}`)).toEqual({
        id: [{ table: 'toast.orders', column: 'order_id' }],
      })
      const twice = 'FROM toast.orders AS o CROSS JOIN toast.orders AS p'
      expect(await linksOf(`SELECT o.order_id AS id ${twice}`)).toEqual({})
    })

    it('through WITH, UNION and windows', async () => {
      const sql =
        'WITH d AS (SELECT order_id, amount FROM toast.orders UNION ALL SELECT order_id, tip FROM toast.items) SELECT amount, ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY amount) AS place FROM d'
      const { columns, rows } = lineageOf(await analyse(sql))
      expect(columns['amount']?.map(({ table: name, column }) => `${name}.${column}`)).toEqual([
        'toast.items.tip',
        'toast.orders.amount',
      ])
      expect(rows.filter(({ kind }) => kind === 'WINDOW').map(({ column }) => column)).toEqual([
        'order_id',
        'tip',
        'amount',
        'order_id',
      ])
    })
  })

  describe('has a fingerprint', () => {
    const BASE =
      'SELECT o.location_id, SUM(o.amount) AS net, COUNT(*) AS orders FROM toast.orders AS o WHERE o.tip > 1 GROUP BY 1'

    it.each([
      ['formatting and comments', `-- sums\n${BASE.replace('SELECT', 'select\n  ')}`],
      ['an alias', BASE.replaceAll('o.', 'orders.').replace('AS o ', 'AS orders ')],
      [
        'a subquery that passes all on',
        BASE.replace('FROM toast.orders AS o', 'FROM (SELECT * FROM toast.orders) AS o'),
      ],
      ['a name for it', `WITH w AS (${BASE}) SELECT * FROM w`],
    ])('that %s does not change, row by row', async (_, sql) => {
      const [before, after] = [fingerprintsOf(await analyse(BASE)), fingerprintsOf(await analyse(sql))]
      expect(after.rows).toBe(before.rows)
    })

    it('of each column: only that of a changed one changes', async () => {
      const [before, after] = [BASE, BASE.replace('SUM(o.amount)', 'SUM(o.amount + o.tip)')].map(analyse)
      const [a, b] = [fingerprintsOf(await before!), fingerprintsOf(await after!)]
      expect(b.rows).toBe(a.rows)
      expect(b.columns['net']).not.toBe(a.columns['net'])
      expect(b.columns['orders']).toBe(a.columns['orders'])
      expect(b.columns['location_id']).toBe(a.columns['location_id'])
    })

    it('of the rows that a new column does not change', async () => {
      const more = BASE.replace('COUNT(*) AS orders', 'COUNT(*) AS orders, MAX(o.tip) AS most')
      const [a, b] = [fingerprintsOf(await analyse(BASE)), fingerprintsOf(await analyse(more))]
      expect(b.rows).toBe(a.rows)
      expect(b.columns).toMatchObject(a.columns)
    })

    it.each([
      ['a filter', BASE.replace('> 1', '> 2')],
      ['a grouping', BASE.replace('GROUP BY 1', 'GROUP BY 1, o.business_date')],
      ['a table', BASE.replace('toast.orders', 'toast.items')],
      ['a join', BASE.replace('AS o WHERE', 'AS o JOIN models.places AS p ON p.location_id = o.location_id WHERE')],
    ])('of the rows that %s changes', async (_, sql) => {
      expect(fingerprintsOf(await analyse(sql)).rows).not.toBe(fingerprintsOf(await analyse(BASE)).rows)
    })
  })
})
