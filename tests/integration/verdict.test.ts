import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Incident, Run, Slice } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import type { DayVerdict } from '../../functions/pipeline/steps/verdict.ts'
import { completeness } from '../../functions/pipeline/views/status.ts'
import { cancelRun } from '../../functions/pipeline/work/run.ts'
import { generateNight } from '../../mock/night.ts'
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
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
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
  world.run({ scope: { windows: [date], shards: [EAST.id], ...scope } })

async function ledgerOf<Result>(ask: (ports: Awaited<ReturnType<World['open']>>) => Promise<Result>): Promise<Result> {
  const daybreak = await world.open()
  return await ask(daybreak).finally(() => daybreak.close())
}

const states = (place = EAST, date = TODAY): Promise<Record<string, Slice['state']>> =>
  ledgerOf(async ({ ports }) => {
    const slices = await ports.ledger.slices({ shards: [place.id], windows: [date] })
    return Object.fromEntries(slices.map(({ stream, state }) => [stream, state]))
  })

const incidents = (): Promise<readonly Incident[]> =>
  ledgerOf(({ ports }) => ports.ledger.incidents({ states: ['open', 'acknowledged', 'snoozed'] }))

const count = (stream: string, date = TODAY): Promise<number> =>
  ledgerOf(async ({ ports }) => {
    const sql = `SELECT count(*) FROM toast."${stream}" WHERE business_date = DATE '${date}'`
    return Number((await warehouseOf(ports, 'toast').query(sql)).rows[0]?.[0])
  })

const verdicts = (date = TODAY): Promise<ReadonlyMap<string, DayVerdict>> =>
  ledgerOf(async ({ definitions, ports }) => {
    const definition = definitions.get('toast')!
    const range = { from: date, to: date }
    const failed = await ports.ledger.checks({ ...range, failed: true })
    const disputes = failed.filter(({ effect }) => effect === 'dispute')
    const slices = await ports.ledger.slices(range)
    const rows = completeness(definition, slices, { ...range, now: world.clock.now(), disputes })
    return new Map(rows.map(({ shard: location, verdict }) => [location, verdict]))
  })

const verdictOf = async (place = EAST, date = TODAY) => (await verdicts(date)).get(place.id)

describe('a day whose files agree', () => {
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
  it('names both sides with their cents, and is complete once the corrected file came', async () => {
    await deliver(withFile(night(), 'OrderDetails.csv', without(',false,')))
    const { reason } = await run()
    expect(await verdictOf()).toMatchObject({ state: 'disputed', balanced: true, agreed: false })
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
    await run(TODAY, { shards: [WEST.id] })
    await deliver(night(WEST))
    expect(await run(TODAY, { shards: [EAST.id] })).toMatchObject({ reason: { code: 'FILE_HELD' } })
    expect(new Set(Object.values(await states()))).toEqual(new Set(['held']))
    await later()
    await deliver(night(WEST, TODAY, { seed: 9 }))
    expect(await run(TODAY, { shards: [EAST.id] })).toMatchObject({ reason: { code: 'FILE_HELD' } })
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
    await run(TODAY, { windows: DAYS })
    const before = await count('order_details')
    await later()
    for (const [day, edit] of edits.entries()) {
      const date = DAYS[day] ?? ''
      const name = 'OrderDetails.csv'
      await deliver(new Map([[name, edit(night(EAST, date).get(name) ?? '')]]), EAST, date)
    }
    expect(await run(TODAY, { windows: DAYS })).toMatchObject({ state: 'partial', reason: { code: 'FILE_HELD' } })
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

  it('that is published although it was held has a line in the audit: how, by whom, and what held it', async () => {
    const name = 'OrderDetails.csv'
    const orders = { streams: ['order_details'] }
    const [forced = '', released = '', confirmed = ''] = DAYS
    const deliverOrders = async (date: string, edit: (text: string) => string) =>
      deliver(new Map([[name, edit(night(EAST, date).get(name) ?? '')]]), EAST, date)
    for (const date of DAYS) await deliverOrders(date, (text) => text)
    await run(TODAY, { ...orders, windows: DAYS })
    await later()
    for (const date of DAYS) await deliverOrders(date, three)
    await run(TODAY, { ...orders, windows: DAYS })
    const audit = () => ledgerOf(({ ports }) => ports.ledger.audit({}))
    expect(await audit()).toEqual([])

    const [held] = await ledgerOf(({ ports }) =>
      ports.ledger.slices({ windows: [released], streams: ['order_details'] }),
    )
    await run(forced, { ...orders, force: true, by: 'maria' })
    await run(released, { ...orders, release: [held?.raw?.sha256 ?? ''], by: 'omar' })
    await later()
    await deliverOrders(confirmed, three)
    await run(confirmed, orders)
    const entries = await audit()
    const subject = (date: string) => `toast/${EAST.id}/${date}/order_details`
    expect(entries.map((entry) => [entry.action, entry.actor, entry.subject]).toReversed()).toEqual([
      ['slice.forced', 'maria', subject(forced)],
      ['slice.released', 'omar', subject(released)],
      ['slice.confirmed', 'cli', subject(confirmed)],
    ])
    for (const { details } of entries) expect(details).toMatch(/^check keeps_its_rows: rows \d+ before, 3 now/)
  })
})

describe('counts of a run', () => {
  it('that was cancelled are the rows it staged, and the run that publishes them counts none of them again', async () => {
    await deliver(new Map([...night()].slice(0, 2)))
    const names = [...night().keys()].slice(0, 2)
    const rows = names.reduce((sum, name) => sum + linesOf(night().get(name) ?? '').length - 1, 0)
    const request = { trigger: 'import', scope: { windows: [TODAY], shards: [EAST.id] } } as const
    const stopped = await world.run(request, (ports) => ({
      ...ports,
      queue: {
        ...ports.queue,
        async publish(messages) {
          // Before the load is on its way: another lane of the queue would take it at once.
          const load = messages.find(({ work }) => work.kind === 'load')
          const own = load?.runId ? await ports.ledger.run(load.runId) : null
          if (own) await cancelRun(own, ports)
          await ports.queue.publish(messages)
        },
      },
    }))
    expect(stopped).toMatchObject({ state: 'cancelled', counts: { slices: 2, rows } })
    const next = await world.run(request)
    expect(next).toMatchObject({ state: 'succeeded', counts: { slices: 2, rows: 0, rejected: 0 } })
    const outcomes = await ledgerOf(({ ports }) => ports.ledger.runSlices(next.id))
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['resumed', 'resumed'])
  })
})
