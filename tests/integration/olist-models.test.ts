import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { PlantedFault } from '../../mock/contracts/faults.ts'
import type { LoadedTotal } from '../../mock/contracts/tree.ts'
import { dayOf, days, openMarketplace, START } from '../support/marketplace.ts'
import { hasZetasql } from '../support/zetasql.ts'

type Market = Awaited<ReturnType<typeof openMarketplace>>
type Row = Readonly<Record<string, string>>

const COUNT = 8
const MODELS = ['delivery_slas', 'order_totals', 'review_aggregates']

const fileOf = (stream: string): string => `olist_${stream}_dataset.csv`

/** Rows of a file by its headers. No value of the generator has a comma or a quote in it. */
async function readDay(market: Market, day: string, stream: string): Promise<readonly Row[]> {
  const [header = '', ...lines] = (await readFile(market.path('brazil', day, fileOf(stream)), 'utf8'))
    .trimEnd()
    .split('\r\n')
  const names = header.split(',')
  return lines.map((line) => {
    const values = line.split(',')
    return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']))
  })
}

/** Replaces one value in the first row of a file, and gives the text that the file had. */
async function plantIn(
  market: Market,
  at: { day: string; stream: string; header: string },
  change: (value: string) => string,
) {
  const path = market.path('brazil', at.day, fileOf(at.stream))
  const before = await readFile(path, 'utf8')
  const [header = '', first = '', ...rest] = before.split('\r\n')
  const place = header.split(',').indexOf(at.header)
  const values = first.split(',')
  await writeFile(path, [header, values.with(place, change(values[place] ?? '')).join(','), ...rest].join('\r\n'))
  return { path, before }
}

const UNKNOWN = 'f'.repeat(32)

/** Check of a model that a fault of the generator also fails; a reject fails none. */
const FOLLOWS: Readonly<Record<string, string>> = {
  orders_customer_id_in_customers: 'delivery_slas every_order_has_a_customer',
  order_reviews_order_id_in_orders: 'review_aggregates every_review_has_an_order',
  delivered_after_carrier: 'order_totals times_in_order',
  promised_after_purchase: 'order_totals times_in_order',
}

describe('the models of a marketplace', () => {
  let market: Market
  let faults: readonly PlantedFault[]
  let totals: readonly LoadedTotal[]
  /** Days without a fault of the generator; each gets one by hand. */
  let clean: readonly string[]
  let cent: { readonly path: string; readonly before: string }

  const failedChecks = (): readonly string[] =>
    market
      .builds()
      .flatMap(({ model, day, failed }) => failed.map((name) => `${day} ${model} ${name}`))
      .toSorted()

  beforeAll(async () => {
    market = await openMarketplace()
    const flags = ['--days', String(COUNT), '--seed', '7', '--start-date', START, '--out', market.path()]
    await market.run('contract', 'mock', 'olist', '--faults', 'orphan,late,enum,pattern,negative', ...flags)
    faults = JSON.parse(await readFile(market.path('faults.json'), 'utf8'))
    totals = JSON.parse(await readFile(market.path('totals.json'), 'utf8'))
    clean = days(COUNT)
      .split(',')
      .filter((day) => !faults.some(({ date }) => date === day))
    const [first = '', second = '', third = ''] = clean
    cent = await plantIn(market, { day: first, stream: 'order_payments', header: 'payment_value' }, (value) =>
      (Number(value) + 0.01).toFixed(2),
    )
    await plantIn(market, { day: second, stream: 'order_items', header: 'order_id' }, () => UNKNOWN)
    await plantIn(market, { day: third, stream: 'order_reviews', header: 'order_id' }, () => UNKNOWN)
    const { code, stderr } = await market.run('run', '--date', days(COUNT))
    expect(code, stderr).toBe(3)
  }, 300_000)

  it('are built for every day of the files', () => {
    const expected = MODELS.flatMap((model) => Array.from({ length: COUNT }, (_, at) => `${model} ${dayOf(at)} idle`))
    expect(
      market
        .builds()
        .map(({ model, day, state }) => `${model} ${day} ${state}`)
        .toSorted(),
    ).toEqual(expected.toSorted())
  })

  it('name each planted fault by a check on its day, and nothing else', () => {
    const [first, second, third] = clean
    const byGenerator = faults.flatMap(({ date, expected }) => {
      const follows = FOLLOWS[expected.name]
      return follows === undefined ? [] : [`${date} ${follows}`]
    })
    expect(byGenerator.length).toBeGreaterThan(0)
    expect(failedChecks()).toEqual(
      [
        ...byGenerator,
        `${first} order_totals payments_equal_items`,
        // The item is missing at its order, and is in no total.
        `${second} order_totals payments_equal_items`,
        `${second} order_totals every_item_counts`,
        `${third} review_aggregates every_review_has_an_order`,
      ].toSorted(),
    )
  })

  it('open one incident per model and check, which a person can list', async () => {
    const incidents = await market.rows('incidents', 'list', '--kind', 'model')
    const [first] = clean
    const [, second] = clean
    const found = incidents.find(({ message }) => message?.includes('payments_equal_items'))
    expect(found, JSON.stringify(incidents)).toMatchObject({ severity: 'warning', subjects: 2 })
    expect([first, second].some((day) => found?.['message']?.includes(day ?? ''))).toBe(true)
  })

  it('have the money that the generator counted, to the cent', async () => {
    const found = await market.rows(
      'query',
      `SELECT CAST(day AS VARCHAR) AS date, COUNT(*) AS orders, CAST(CAST(SUM(price) AS DECIMAL(18, 2)) AS VARCHAR) AS price,
        CAST(CAST(SUM(freight) AS DECIMAL(18, 2)) AS VARCHAR) AS freight, CAST(CAST(SUM(paid) AS DECIMAL(18, 2)) AS VARCHAR) AS paid
       FROM models.order_totals GROUP BY day ORDER BY day`,
    )
    const untouched = found.filter(({ date }) => !clean.includes(date ?? ''))
    expect(untouched).toHaveLength(COUNT - clean.length)
    const totalOf = (stream: string, date: string | undefined) =>
      totals.find((total) => total.stream === stream && total.date === date)
    for (const { date, orders, ...money } of untouched) {
      expect(Number(orders), date).toBe(totalOf('orders', date)?.rows)
      expect(money, date).toEqual({
        price: totalOf('order_items', date)?.sums['price'],
        freight: totalOf('order_items', date)?.sums['freight_value'],
        paid: totalOf('order_payments', date)?.sums['payment_value'],
      })
    }
  })

  it('count deliveries and reviews as an independent reading of the files does', async () => {
    for (const day of clean) {
      const [orders, customers, reviews] = await Promise.all(
        ['orders', 'customers', 'order_reviews'].map((stream) => readDay(market, day, stream)),
      )
      const stateOf = new Map(customers?.map(({ customer_id, customer_state }) => [customer_id, customer_state]))
      const counted = Map.groupBy(orders ?? [], ({ customer_id }) => stateOf.get(customer_id) ?? '(none)')
      const slas = await market.rows(
        'query',
        `SELECT state, orders, delivered, on_time, late, p50_days, p90_days FROM models.delivery_slas WHERE day = DATE '${day}'`,
      )
      expect(slas.map(numbersOf).toSorted()).toEqual(
        [...counted].map(([state = '', own]) => [state, ...deliveriesOf(own)].join(' ')).toSorted(),
      )
      const orderOf = new Map(orders?.map((order) => [order['order_id'], order]))
      const grouped = Map.groupBy(reviews ?? [], ({ order_id }) => {
        const order = orderOf.get(order_id)
        return `${(order && stateOf.get(order['customer_id'])) ?? '(none)'}/${deliveryOf(order)}`
      })
      const aggregates = await market.rows(
        'query',
        `SELECT state || '/' || delivery AS place, reviews, stars, low_scores, high_scores, answered FROM models.review_aggregates WHERE day = DATE '${day}'`,
      )
      expect(aggregates.map(numbersOf).toSorted()).toEqual(
        [...grouped].map(([of, own]) => [of, ...scoresOf(own)].join(' ')).toSorted(),
      )
    }
  })

  it('restate the day of a corrected file, and no other', async () => {
    const epochs = () => new Map(market.builds().map(({ model, day, epoch }) => [`${day} ${model}`, epoch]))
    const before = epochs()
    const [first = ''] = clean
    await writeFile(cent.path, cent.before)
    await market.run('run', '--date', first)
    expect([...epochs()].filter(([key, epoch]) => before.get(key) !== epoch).map(([key]) => key)).toEqual([
      `${first} order_totals`,
    ])
    expect(failedChecks().filter((line) => line.startsWith(first))).toEqual([])
  })
})

const DAY = 86_400_000
const timeOf = (text: string | undefined): number => Date.parse(`${text?.replace(' ', 'T')}Z`)

function deliveriesOf(orders: readonly Row[]): readonly (string | number)[] {
  const delivered = orders.filter((order) => order['order_delivered_customer_date'] !== '')
  const onTime = delivered.filter((order) => deliveryOf(order) === 'on time')
  const took = delivered
    .map((order) => (timeOf(order['order_delivered_customer_date']) - timeOf(order['order_purchase_timestamp'])) / DAY)
    .toSorted((a, b) => a - b)
  const counts = [orders.length, delivered.length, onTime.length, delivered.length - onTime.length]
  return [...counts, percentile(took, 0.5), percentile(took, 0.9)]
}

/** Linear between the two nearest values; `null` of none. */
function percentile(sorted: readonly number[], at: number): string {
  const place = (sorted.length - 1) * at
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low === undefined || high === undefined ? 'null' : (low + (high - low) * (place % 1)).toFixed(6)
}

function deliveryOf(order: Row | undefined): string {
  if (!order) return '(none)'
  if (order['order_delivered_customer_date'] === '') return 'not delivered'
  const isLate = timeOf(order['order_delivered_customer_date']) > timeOf(order['order_estimated_delivery_date'])
  return isLate ? 'late' : 'on time'
}

function scoresOf(reviews: readonly Row[]): readonly number[] {
  const scores = reviews.map((review) => Number(review['review_score']))
  return [
    reviews.length,
    scores.reduce((sum, score) => sum + score, 0),
    scores.filter((score) => score <= 2).length,
    scores.filter((score) => score >= 4).length,
    reviews.filter((review) => review['review_answer_timestamp'] !== '').length,
  ]
}

/** A row as text: its key as it is, fractions to the millionth. */
function numbersOf(row: Readonly<Record<string, unknown>>): string {
  return Object.entries(row)
    .map(([name, value]) => (name.endsWith('_days') && value !== null ? Number(value).toFixed(6) : String(value)))
    .join(' ')
}

describe.skipIf(!hasZetasql)('their files (skipped: not present, where the analyser has no binary)', () => {
  it('are compiled, and their tests pass in both engines', async () => {
    const market = await openMarketplace()
    expect(await market.run('model', 'compile', '--check')).toMatchObject({ code: 0, stderr: '' })
    const { code, stdout, stderr } = await market.run('model', 'test', '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(
      JSON.parse(stdout)
        .map(({ model }: { model: string }) => model)
        .toSorted(),
    ).toEqual(MODELS)
  }, 120_000)

  it('name in a plan who looks at what changes', async () => {
    const market = await openMarketplace()
    await market.run('contract', 'mock', 'olist', '--days', '1', '--start-date', START, '--out', market.path())
    await market.run('run', '--date', START)
    const sql = `${market.project}/config/models/marketplace/order_totals.sql`
    const text = await readFile(sql, 'utf8')
    await writeFile(
      sql,
      text.replace('IFNULL(p.paid, 0) - IFNULL(i.price, 0)', 'IFNULL(p.paid, 0) + IFNULL(i.price, 0)'),
    )
    expect(await market.run('model', 'compile')).toMatchObject({ code: 0 })
    const { stdout } = await market.run('model', 'plan')
    expect(stdout).toMatch(/order_totals +breaking +difference: expression changed +1/)
    expect(stdout).toContain(
      'Shown by Statement of orders (export, of finance@example.com): models.order_totals.difference\n',
    )
    expect(stdout).not.toContain('Delivery board')
  }, 120_000)
})
