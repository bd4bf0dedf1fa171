import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { generateNight } from '../../cli/mock/night.ts'
import { createDuckdbTransformer } from '../../functions/adapters/duckdb/transformer.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Incident, Run, Slice } from '../../functions/pipeline/model.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { completeness } from '../../functions/pipeline/status.ts'
import type { DayVerdict } from '../../functions/pipeline/verdict.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

const EAST = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
const WEST = { id: '185002', name: 'West', timeZone: 'America/New_York', closeoutHour: 4 }
const PLACES = [EAST, WEST]
const DAYS = ['2025-02-03', '2025-02-04', '2025-02-05']
const [, BEFORE, TODAY] = DAYS as [string, string, string]
const SEVEN = [
  'OrderDetails.csv',
  'CheckDetails.csv',
  'PaymentDetails.csv',
  'ItemSelectionDetails.csv',
  'AllItemsReport.csv',
  'KitchenTimings.csv',
  'CashEntries.csv',
]

let transformer: Transformer
beforeAll(async () => {
  transformer = await createDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

let world: World
beforeEach(async () => {
  const locations = PLACES.map(({ id, name }) => ({ id, name, time_zone: 'America/New_York' }))
  world = await createWorld({ now: at('2025-02-06T12:00:00Z'), transformer, locations })
})
afterEach(() => world.close())

type Night = ReadonlyMap<string, string>
const nights = new Map<string, Night>()

/** The files of a night whose arithmetic is true. */
function night(
  place = EAST,
  date = TODAY,
  more: { seed?: number; profile?: 'small' | 'bar' | 'restaurant' } = {},
): Night {
  const { seed = 1, profile = 'bar' } = more
  const key = [place.id, date, seed, profile].join('/')
  const files = nights.get(key) ?? new Map(generate({ place, date, seed, profile }))
  nights.set(key, files)
  return files
}

function generate({
  place,
  date,
  seed,
  profile,
}: {
  place: typeof EAST
  date: string
  seed: number
  profile: 'small' | 'bar' | 'restaurant'
}) {
  const made = generateNight({ seed, date, profile, scale: 0.4, closed: false, location: place })
  return made
    .filter(({ name }) => SEVEN.includes(name))
    .map(({ name, bytes }) => [name, Buffer.from(bytes).toString('utf8')] as const)
}

const folderOf = (place: typeof EAST, date: string) => `${place.id}/${date.replaceAll('-', '')}`

async function deliver(files: Night, place = EAST, date = TODAY): Promise<void> {
  for (const [name, text] of files) await world.write(`${folderOf(place, date)}/${name}`, text)
}

const withFile = (files: Night, name: string, edit: (text: string) => string): Night =>
  new Map([...files, [name, edit(files.get(name) ?? '')]])

const linesOf = (text: string) => text.trimEnd().split('\r\n')
const toText = (lines: readonly string[]) => `${lines.join('\r\n')}\r\n`
/** The file without a row; the first one that has all of these texts if they are given. */
const without =
  (...parts: readonly string[]) =>
  (text: string) => {
    const [header = '', ...rows] = linesOf(text)
    const found = rows.findIndex((row) => parts.every((part) => row.includes(part)))
    return toText([header, ...rows.filter((_, index) => index !== found)])
  }

async function later(minutes = 60): Promise<void> {
  await world.clock.advance(minutes * 60_000)
}

const run = (date = TODAY, scope: Run['scope'] = {}) =>
  world.run({ scope: { dates: [date], locations: [EAST.id], ...scope } })

async function ledgerOf<Result>(ask: (ports: Awaited<ReturnType<World['open']>>) => Promise<Result>): Promise<Result> {
  const daybreak = await world.open()
  return await ask(daybreak).finally(() => daybreak.close())
}

const states = (place = EAST, date = TODAY): Promise<Record<string, Slice['state']>> =>
  ledgerOf(async ({ ports }) => {
    const slices = await ports.ledger.slices({ locations: [place.id], dates: [date] })
    return Object.fromEntries(slices.map(({ stream, state }) => [stream, state]))
  })

const incidents = (): Promise<readonly Incident[]> =>
  ledgerOf(({ ports }) => ports.ledger.incidents({ states: ['open', 'acknowledged', 'snoozed'] }))

const count = (stream: string, date = TODAY): Promise<number> =>
  ledgerOf(async ({ ports }) => {
    const sql = `SELECT count(*) FROM toast."${stream}" WHERE business_date = DATE '${date}'`
    return Number((await ports.warehouse.query(sql)).rows[0]?.[0])
  })

const verdicts = (date = TODAY): Promise<ReadonlyMap<string, DayVerdict>> =>
  ledgerOf(async ({ definitions, ports }) => {
    const definition = definitions.get('toast')!
    const range = { from: date, to: date }
    const failed = await ports.ledger.checks({ ...range, failed: true })
    const disputes = failed.filter(({ effect }) => effect === 'dispute')
    const slices = await ports.ledger.slices(range)
    const rows = completeness(definition, slices, { ...range, now: world.clock.now(), disputes })
    return new Map(rows.map(({ location, verdict }) => [location, verdict]))
  })

const verdictOf = async (place = EAST, date = TODAY) => (await verdicts(date)).get(place.id)

describe('a day whose files agree', () => {
  it('is complete, for nights of every kind of house', async () => {
    const kinds = [
      { date: DAYS[0] ?? '', profile: 'bar', seed: 3 },
      { date: DAYS[1] ?? '', profile: 'restaurant', seed: 4 },
      { date: DAYS[2] ?? '', profile: 'small', seed: 5 },
    ] as const
    for (const { date, ...kind } of kinds)
      for (const place of PLACES) await deliver(night(place, date, kind), place, date)
    const done = await world.run({ scope: { dates: DAYS } })
    expect(done, done.reason?.message).toMatchObject({ state: 'succeeded', reason: null })
    for (const date of DAYS)
      for (const [, verdict] of await verdicts(date))
        expect(verdict).toEqual({ state: 'complete', balanced: true, agreed: true, disputes: [], reason: null })
  })

  it('is incomplete and not disputed while a file is late', async () => {
    await deliver(new Map([...night()].filter(([name]) => name !== 'ItemSelectionDetails.csv')))
    await later(180)
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'INCOMPLETE' } })
    expect(await verdictOf()).toMatchObject({ state: 'incomplete', agreed: true, balanced: false })
  })

  it('stays complete when a cent is rounded another way', async () => {
    const cent = (text: string) =>
      text.replace(/,(\d+)\.(\d\d),1\.0,(\d\.\d{8}),false/, (_, whole: string, cents: string, tax: string) => {
        const moved = String(Number(cents) === 99 ? 98 : Number(cents) + 1).padStart(2, '0')
        return `,${whole}.${moved},1.0,${tax},false`
      })
    const files = withFile(night(), 'ItemSelectionDetails.csv', cent)
    expect(files.get('ItemSelectionDetails.csv')).not.toBe(night().get('ItemSelectionDetails.csv'))
    await deliver(files)
    expect((await run()).state).toBe('succeeded')
  })
})

describe('a day whose files contradict each other', () => {
  const FAULTS: readonly (readonly [file: string, edit: (text: string) => string, checks: readonly string[]])[] = [
    ['OrderDetails.csv', without(',false,'), ['report_equals_net_sales', 'items_have_an_order']],
    ['ItemSelectionDetails.csv', without(',false,false,false,'), ['items_make_net_sales', 'report_equals_quantity']],
    ['CheckDetails.csv', without('.', ',"'), ['items_have_a_check']],
    ['PaymentDetails.csv', without(',CAPTURED,'), ['payments_make_order_total']],
    ['OrderDetails.csv', half, ['report_equals_net_sales', 'items_have_an_order']],
    ['ItemSelectionDetails.csv', half, ['items_make_net_sales', 'report_equals_quantity']],
    ['PaymentDetails.csv', half, ['payments_make_order_total']],
    ['AllItemsReport.csv', half, ['all_equals_items']],
    ['AllItemsReport.csv', headerOnly, ['report_equals_net_sales']],
    ['ItemSelectionDetails.csv', headerOnly, ['items_make_net_sales']],
    ['PaymentDetails.csv', headerOnly, ['payments_make_order_total']],
    ['PaymentDetails.csv', withOtherIds, ['payments_have_an_order', 'payments_have_a_check']],
  ]

  it('is loaded and disputed for rows that are lost, files cut at a row end, headers alone and ids that match nothing', async () => {
    const dates = FAULTS.map((_, day) => addDays('2025-01-20', day))
    for (const [day, [file, edit]] of FAULTS.entries()) {
      const date = dates[day] ?? ''
      await deliver(withFile(night(EAST, date), file, edit), EAST, date)
    }
    expect(await run(TODAY, { dates })).toMatchObject({ state: 'partial', reason: { code: 'DAY_DISPUTED' } })
    for (const [day, [file, , checks]] of FAULTS.entries()) {
      const verdict = await verdictOf(EAST, dates[day])
      expect(verdict, `${day} ${file}`).toMatchObject({ state: 'disputed', balanced: true, agreed: false })
      expect(
        verdict?.disputes.map(({ check }) => check),
        `${day} ${file}`,
      ).toEqual(expect.arrayContaining([...checks]))
    }
    const open = (await incidents()).filter(({ reason }) => reason.code === 'DAY_DISPUTED')
    expect(open.find(({ key }) => key.endsWith('/payments_make_order_total'))?.subjects.count).toBeGreaterThan(2)
    expect(new Set(open.map(({ key }) => key)).size).toBe(open.length)
  })

  it('names both sides with their cents, and is complete once the corrected file came', async () => {
    await deliver(withFile(night(), 'OrderDetails.csv', without(',false,')))
    const { reason } = await run()
    expect(reason?.message).toMatch(/amount of order_details \d+\.\d\d, net_amount of all_items_report \d+\.\d\d/)
    await later()
    await deliver(new Map([['OrderDetails.csv', night().get('OrderDetails.csv')!]]))
    expect((await run()).state).toBe('succeeded')
    expect(await verdictOf()).toMatchObject({ state: 'complete', disputes: [] })
    expect((await incidents()).filter(({ reason }) => reason.code === 'DAY_DISPUTED')).toEqual([])
  })

  it('stays disputed when a file that has no part in it is corrected, and at every look', async () => {
    await deliver(withFile(night(), 'OrderDetails.csv', without(',false,')))
    await run()
    await later()
    const cash = night().get('CashEntries.csv')!
    await deliver(new Map([['CashEntries.csv', cash.replace('Cash payment', 'cash payment')]]))
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'DAY_DISPUTED' } })
    expect((await verdictOf())?.disputes.map(({ check }) => check)).toContain('report_equals_net_sales')
    await later()
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'DAY_DISPUTED' } })
  })

  it('is disputed for an order that was rejected, since its money is missing', async () => {
    const broken = (text: string) => {
      const [header = '', first = '', ...rows] = linesOf(text)
      return toText([header, first.replace(/,\d+\.\d\d,false,/, ',9999.00,false,'), ...rows])
    }
    await deliver(withFile(night(), 'OrderDetails.csv', broken))
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'DAY_DISPUTED' }, counts: { rejected: 1 } })
  })
})

function withOtherIds(text: string): string {
  return text.replaceAll(/(?<=^|,)(\d{8})\d{8,11}(?=,)/gm, (whole) => `9${whole.slice(1)}`)
}

function half(text: string): string {
  const [header = '', ...rows] = linesOf(text)
  return toText([header, ...rows.slice(0, Math.floor(rows.length / 2))])
}

function headerOnly(text: string): string {
  return toText(linesOf(text).slice(0, 1))
}

describe('a file of another day or location is held', () => {
  async function settledDayBefore(): Promise<void> {
    await deliver(night(EAST, BEFORE), EAST, BEFORE)
    await run(BEFORE)
  }

  it('when all seven of yesterday are delivered as today', async () => {
    await settledDayBefore()
    await deliver(night(EAST, BEFORE))
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'FILE_HELD' } })
    expect(new Set(Object.values(await states()))).toEqual(new Set(['held']))
    expect(await count('order_details')).toBe(0)
  })

  it('when only one of the seven is that of yesterday, whichever it is', async () => {
    const dates = SEVEN.map((_, day) => addDays('2025-01-20', day + 1))
    await deliver(night(EAST, '2025-01-20'), EAST, '2025-01-20')
    for (const [day, name] of SEVEN.entries()) {
      const date = dates[day] ?? ''
      const copy = night(EAST, addDays(date, -1)).get(name) ?? ''
      await deliver(new Map([...night(EAST, date), [name, copy]]), EAST, date)
    }
    for (const date of ['2025-01-20', ...dates]) await run(date)
    for (const [day, name] of SEVEN.entries()) {
      const held = Object.entries(await states(EAST, dates[day])).filter(([, state]) => state === 'held')
      expect(held, name).toHaveLength(1)
    }
  })

  it('when the rows are those of yesterday in other bytes', async () => {
    await settledDayBefore()
    const shuffled = [...night(EAST, BEFORE)].map(([name, text]) => {
      const [header = '', ...rows] = linesOf(text)
      return [name, toText([header, ...rows.toReversed()])] as const
    })
    await deliver(new Map(shuffled))
    expect(await run()).toMatchObject({ state: 'partial', reason: { code: 'FILE_HELD' } })
    expect(new Set(Object.values(await states()))).toEqual(new Set(['held']))
  })

  it('when another restaurant is in the folder, in the same bytes or in others', async () => {
    await settledDayBefore()
    await deliver(night(WEST), WEST)
    await run(TODAY, { locations: [WEST.id] })
    await deliver(night(WEST))
    expect(await run(TODAY, { locations: [EAST.id] })).toMatchObject({ reason: { code: 'FILE_HELD' } })
    expect(new Set(Object.values(await states()))).toEqual(new Set(['held']))
    await later()
    await deliver(night(WEST, TODAY, { seed: 9 }))
    expect(await run(TODAY, { locations: [EAST.id] })).toMatchObject({ reason: { code: 'FILE_HELD' } })
    expect(new Set(Object.values(await states()))).toEqual(new Set(['held']))
  })

  it('when a month lies in the folder of one day: one incident, however many files and rows', async () => {
    const month = ['2025-01-10', '2025-01-11', '2025-01-12', '2025-01-13', TODAY]
    const all = month.map((date) => night(EAST, date))
    const joined = SEVEN.filter((name) => name !== 'AllItemsReport.csv').map((name) => {
      const [header = ''] = linesOf(all[0]?.get(name) ?? '')
      return [name, toText([header, ...all.flatMap((files) => linesOf(files.get(name) ?? '').slice(1))])] as const
    })
    await deliver(new Map(joined))
    await run()
    const found = await states()
    expect(found).toMatchObject({ order_details: 'held', payment_details: 'held', item_selection_details: 'held' })
    const held = (await incidents()).filter(({ reason }) => reason.code === 'FILE_HELD')
    expect(held).toHaveLength(1)
    expect(held[0]?.reason.message).toContain('daybreak slices release --location 185001 --date 2025-02-05')
    expect((await incidents()).length).toBeLessThan(6)
  })

  it('but not on the first day of a location, and not when nothing was sold on two days', async () => {
    for (const date of [BEFORE, TODAY]) {
      const closed = generateNight({ seed: 1, date, profile: 'bar', closed: true, location: EAST })
      const files = closed.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('utf8')] as const)
      await deliver(new Map(files.filter(([name]) => SEVEN.includes(name))), EAST, date)
      await run(date)
      expect(new Set(Object.values(await states(EAST, date)))).toEqual(new Set(['loaded']))
    }
  })

  it('and the right file replaces it by itself', async () => {
    await settledDayBefore()
    await deliver(night(EAST, BEFORE))
    await run()
    await later()
    await deliver(night())
    expect((await run()).state).toBe('succeeded')
    expect((await incidents()).filter(({ reason }) => reason.code === 'FILE_HELD')).toEqual([])
  })
})

describe('a restatement', () => {
  const three = (text: string) => toText(linesOf(text).slice(0, 4))

  it('that keeps three orders, is a header, or loses the money is held, and the day keeps what it had', async () => {
    const edits = [three, headerOnly, (text: string) => text.replaceAll(/,\d+\.\d\d(?=,)/g, ',0.00')]
    for (const date of DAYS) await deliver(night(EAST, date), EAST, date)
    await run(TODAY, { dates: DAYS })
    const before = await count('order_details')
    await later()
    for (const [day, edit] of edits.entries()) {
      const date = DAYS[day] ?? ''
      const name = 'OrderDetails.csv'
      await deliver(new Map([[name, edit(night(EAST, date).get(name) ?? '')]]), EAST, date)
    }
    expect(await run(TODAY, { dates: DAYS })).toMatchObject({ state: 'partial', reason: { code: 'FILE_HELD' } })
    for (const date of DAYS) {
      expect(await states(EAST, date)).toMatchObject({ order_details: 'held', payment_details: 'loaded' })
      expect(await verdictOf(EAST, date)).toMatchObject({ state: 'incomplete', agreed: true })
    }
    expect(await count('order_details')).toBe(before)
  })

  it('that grows, or loses one row of many, is loaded', async () => {
    const full = night().get('OrderDetails.csv')!
    await deliver(withFile(night(), 'OrderDetails.csv', half))
    await run()
    await later()
    await deliver(new Map([['OrderDetails.csv', full]]))
    await run()
    expect(await states()).toMatchObject({ order_details: 'loaded' })
    await later()
    await deliver(new Map([['OrderDetails.csv', without(',false,')(full)]]))
    await run()
    expect(await states()).toMatchObject({ order_details: 'loaded' })
    expect(await count('order_details')).toBe(linesOf(full).length - 2)
  })

  it('is held by the same file at every look, and confirmed by a second delivery of the same bytes', async () => {
    await deliver(night())
    await run()
    await later()
    const fewer = three(night().get('OrderDetails.csv')!)
    await deliver(new Map([['OrderDetails.csv', fewer]]))
    for (let look = 0; look < 3; look++) {
      expect((await run()).reason?.code).toBe('FILE_HELD')
      await later()
    }
    await deliver(new Map([['OrderDetails.csv', fewer]]))
    await run()
    expect(await states()).toMatchObject({ order_details: 'loaded' })
    expect(await count('order_details')).toBe(3)
  })
})
