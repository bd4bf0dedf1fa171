import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Incident, Slice } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import type { DayVerdict } from '../../functions/pipeline/steps/verdict.ts'
import { completeness } from '../../functions/pipeline/views/status.ts'
import { FAULT_NAMES } from '../../mock/faults/catalog.ts'
import { planTree, writeNight } from '../../mock/tree.ts'
import { at } from '../support/definition.ts'
import { createWorld, type World } from '../support/world.ts'

const EAST = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
const FIRST = '2025-11-01'
const FILES = {
  order_details: 'OrderDetails.csv',
  payment_details: 'PaymentDetails.csv',
  item_selection_details: 'ItemSelectionDetails.csv',
  check_details: 'CheckDetails.csv',
  all_items_report: 'AllItemsReport.csv',
  kitchen_timings: 'KitchenTimings.csv',
  cash_entries: 'CashEntries.csv',
} as const
type Stream = keyof typeof FILES
type Edit = (text: string, yesterday: string) => string

const WHOLE_NIGHT = ['dst_night', 'pre_orders', 'extra_files', 're_exported']

/** Findings about the day and the slice. */
const COMPLETE = { day: 'complete', slice: 'loaded' } as const
const DISPUTED = { day: 'disputed', slice: 'loaded' } as const
const HELD = { day: 'incomplete', slice: 'held' } as const
const REFUSED = { day: 'incomplete', slice: 'quarantined' } as const
const MISSING = { day: 'incomplete', slice: 'missing' } as const
type Outcome = { readonly day: DayVerdict['state']; readonly slice: Slice['state'] }

interface Case {
  readonly stream: Stream
  readonly must: Outcome
  /** In the message of the day or the slice, or why nothing is said. */
  readonly because: string
  /** A fault of the mock generator's catalog. */
  readonly fault?: string
  /** One by hand, in its name and in what it does to a file. */
  readonly name?: string
  readonly edit?: Edit
  /** It comes after the first run: in place of a right file, or after a day whose bytes it has. */
  readonly after?: true
  /** Findings after the second wave of the mock generator. */
  readonly afterwards?: Outcome
}

const linesOf = (text: string) => text.trimEnd().split('\r\n')
const toText = (lines: readonly string[]) => `${lines.join('\r\n')}\r\n`
const keep =
  (rows: (rows: readonly string[]) => readonly string[]): Edit =>
  (text) => {
    const [header = '', ...all] = linesOf(text)
    return toText([header, ...rows(all)])
  }

/** Changes fields of the first row that has all of these, by the names of their columns. No field of such a row is quoted. */
function change(
  wanted: Readonly<Record<string, string>>,
  edit: (value: (column: string) => string) => Record<string, string>,
): Edit {
  return (text) => {
    const [header = '', ...rows] = linesOf(text)
    const columns = header.split(',')
    const fieldOf = (row: string) => (column: string) => row.split(',')[columns.indexOf(column)] ?? ''
    const index = rows.findIndex(
      (row) => !row.includes('"') && Object.entries(wanted).every(([name, value]) => fieldOf(row)(name) === value),
    )
    const row = rows[index] ?? ''
    const changed = edit(fieldOf(row))
    return toText([
      header,
      ...rows.with(
        index,
        row
          .split(',')
          .map((value, at) => changed[columns[at] ?? ''] ?? value)
          .join(','),
      ),
    ])
  }
}
const plus = (text: string) => (Number(text) + 5).toFixed(2)

/** Four rows become one, with the rows between inside its quotes. */
const swallow: Edit = (text) => {
  const [header = '', ...rows] = linesOf(text)
  const at = header.split(',').indexOf('Tab Names')
  const open = rows.map((row, index) =>
    index === 1 || index === 4
      ? row
          .split(',')
          .with(at, index === 1 ? '"x' : 'x"')
          .join(',')
      : row,
  )
  return toText([header, ...open])
}

const half = keep((rows) => rows.slice(0, Math.floor(rows.length / 2)))
const none = keep(() => [])
const lacksOne = (has: string) =>
  keep((rows) =>
    rows.toSpliced(
      rows.findIndex((row) => row.includes(has)),
      1,
    ),
  )
const otherIds: Edit = (text) => text.replaceAll(/(?<=^|,)(\d{8})\d{8,11}(?=,)/gm, (whole) => `9${whole.slice(1)}`)
const captured = (column: string) =>
  change({ Status: 'CAPTURED' }, (value) => ({ [column]: plus(value(column)), Total: plus(value('Total')) }))
const pricier = change({ 'Void?': 'false' }, (value) => ({
  'Net Price': plus(value('Net Price')),
  'Gross Price': plus(value('Gross Price')),
}))
const tipped = change({ Voided: 'false' }, (value) => ({ Tip: plus(value('Tip')), Total: plus(value('Total')) }))

const orders = { stream: 'order_details' } as const
const payments = { stream: 'payment_details' } as const
const items = { stream: 'item_selection_details' } as const
const checks = { stream: 'check_details' } as const
const report = { stream: 'all_items_report' } as const
const kitchen = { stream: 'kitchen_timings' } as const
const cash = { stream: 'cash_entries' } as const

// A copy of yesterday stands after a day whose file of that name is right.
const copied = {
  name: 'a copy of yesterday',
  edit: (_: string, yesterday: string) => yesterday,
  must: HELD,
  after: true,
} as const
const lost = { name: 'half of the rows', edit: half, must: DISPUTED } as const
const emptied = { name: 'a header alone', edit: none, must: DISPUTED } as const
const NO_TRACE = 'no other file has its rows, so none can tell'

const CASES: readonly Case[] = [
  { fault: 'dst_night', ...orders, must: COMPLETE, because: 'rows of the repeated hour are right' },
  { fault: 'extra_files', ...orders, must: COMPLETE, because: 'files that no contract has are kept' },
  { ...copied, ...orders, because: 'opened_on_business_date' },
  { fault: 'late', ...orders, must: MISSING, because: 'was not delivered', afterwards: COMPLETE },
  { ...copied, ...checks, because: 'opened_on_business_date' },
  { fault: 'missing', ...payments, must: MISSING, because: 'was not delivered', afterwards: MISSING },
  { fault: 're_exported', ...payments, must: COMPLETE, because: 'it comes later', afterwards: COMPLETE },
  { ...copied, ...payments, because: 'paid_on_business_date' },
  { fault: 'missing_optional_columns', ...orders, must: COMPLETE, because: 'a customer may leave them out' },
  { ...copied, ...items, because: 'ordered_on_business_date' },
  { fault: 'renamed_required_column', ...payments, must: REFUSED, because: 'lacks `Payment Id`' },
  { ...copied, ...report, because: 'bytes_are_new' },
  { fault: 'drifted_column', ...checks, must: COMPLETE, because: 'drift is told apart from alarms' },
  { ...copied, ...kitchen, because: 'fired_on_business_date' },
  { fault: 'reordered_columns', ...items, must: COMPLETE, because: 'columns are found by name' },
  { ...copied, ...cash, because: 'bytes_are_new' },
  { fault: 'bad_rows', ...orders, must: REFUSED, because: 'rows were rejected' },
  { fault: 'wrong_field_count', ...orders, must: REFUSED, because: 'rows were rejected' },
  { fault: 'duplicate', ...payments, must: REFUSED, because: 'rows were rejected' },
  { fault: 'embedded_newlines', ...orders, must: COMPLETE, because: 'free text may hold them' },
  { fault: 'header_only', ...orders, must: { day: 'disputed', slice: 'quarantined' }, because: 'sales_have_orders' },
  { fault: 'unclosed_quote', ...orders, must: REFUSED, because: 'ends inside a quoted field' },
  { fault: 'mixed_row_ends', ...orders, must: COMPLETE, because: 'no row is lost' },
  { fault: 'windows_1252', ...orders, must: COMPLETE, because: 'the encoding is recognized' },
  { fault: 'bom', ...orders, must: COMPLETE, because: 'the mark is no text' },
  { fault: 'half_written', ...orders, must: REFUSED, because: 'without a line break', afterwards: COMPLETE },
  { fault: 'zero_bytes', ...orders, must: REFUSED, because: 'has zero bytes' },
  { fault: 'pre_orders', ...payments, must: COMPLETE, because: 'an order placed ahead is paid on another day' },
  { name: 'one order less', edit: lacksOne(',false,'), ...orders, must: DISPUTED, because: 'items_have_an_order' },
  {
    name: 'one item less',
    edit: lacksOne(',false,false,false,'),
    ...items,
    must: DISPUTED,
    because: 'items_make_net_sales',
  },
  {
    name: 'one payment less',
    edit: lacksOne(',CAPTURED,'),
    ...payments,
    must: DISPUTED,
    because: 'payments_make_order_total',
  },
  { name: 'one check less', edit: lacksOne('.'), ...checks, must: DISPUTED, because: 'items_have_a_check' },
  {
    name: 'a payment of 5.00 more',
    edit: captured('Amount'),
    ...payments,
    must: DISPUTED,
    because: 'payments_make_check_total',
  },
  {
    name: 'a tip of 5.00 more',
    edit: captured('Tip'),
    ...payments,
    must: DISPUTED,
    because: 'payments_make_order_total',
  },
  { name: 'a tip of 5.00 more', edit: tipped, ...orders, must: DISPUTED, because: 'payments_make_order_total' },
  { name: 'a price of 5.00 more', edit: pricier, ...items, must: DISPUTED, because: 'items_make_net_sales' },
  { ...lost, ...orders, because: 'report_equals_net_sales' },
  { ...lost, ...items, because: 'items_make_net_sales' },
  { ...lost, ...payments, because: 'payments_make_order_total' },
  { ...lost, ...checks, because: 'checks_make_order_total' },
  { ...lost, ...report, because: 'all_equals_items' },
  { ...lost, ...kitchen, must: COMPLETE, because: NO_TRACE },
  { ...lost, ...cash, must: COMPLETE, because: 'R12 warns: not every restaurant enters its cash' },
  { ...emptied, ...payments, because: 'payments_make_order_total' },
  { ...emptied, ...items, because: 'items_make_net_sales' },
  { ...emptied, ...checks, because: 'checks_make_order_total' },
  { ...emptied, ...report, because: 'report_equals_net_sales' },
  { ...emptied, ...kitchen, must: COMPLETE, because: NO_TRACE },
  { ...emptied, ...cash, must: COMPLETE, because: 'a restaurant without cash drawers has no entries' },
  { name: 'ids that match nothing', edit: otherIds, ...payments, must: DISPUTED, because: 'payments_have_an_order' },
  { name: 'a quoted field that holds rows', edit: swallow, ...orders, must: REFUSED, because: 'rows were rejected' },
  {
    name: 'three orders in place of all',
    edit: keep((rows) => rows.slice(0, 3)),
    ...orders,
    must: HELD,
    because: 'keeps_its_rows',
    after: true,
  },
  { name: 'a header in place of all', edit: none, ...orders, must: HELD, because: 'keeps_its_rows', after: true },
]

const title = ({ fault, name, stream, must }: Case) => `${fault ?? name}, ${stream}: ${must.day}, ${must.slice}`
const days = CASES.map((one, index) => ({ ...one, title: title(one), date: addDays(FIRST, index) }))
const pathOf = (date: string, stream: Stream) => `${EAST.id}/${date.replaceAll('-', '')}/${FILES[stream]}`
const isCopy = ({ name }: Case) => name === copied.name

let transformer: Transformer
let world: World
let found: ReadonlyMap<string, Found>
let later: ReadonlyMap<string, Found>
let disputes: readonly Incident[]
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  const locations = [{ id: EAST.id, name: EAST.name, time_zone: EAST.timeZone }]
  world = await createWorld({ now: at('2026-02-01T12:00:00Z'), transformer, locations })
  const faults = days.flatMap(({ fault, date, stream }) =>
    fault ? [`${fault}@${EAST.id}/${date}${WHOLE_NIGHT.includes(fault) ? '' : `/${stream}`}`] : [],
  )
  const options = { out: world.source, locations: [EAST], startDate: FIRST, days: days.length, seed: 7 }
  const tree = planTree({ ...options, profile: 'bar', scale: 0.2, faults })
  for (const { date } of days) writeNight(tree, { location: EAST.id, date, wave: 1 })
  for (const day of days) if (!day.after) await spoil(day)
  await world.run({ scope: { windows: days.filter((day) => !isCopy(day)).map(({ date }) => date) } })
  await world.clock.advance(3_600_000)
  for (const day of days) if (day.after) await spoil(day)
  await world.run({ scope: { windows: days.filter(({ after }) => after).map(({ date }) => date) } })
  found = await readOutcomes()
  for (const { date } of days) writeNight(tree, { location: EAST.id, date, wave: 2 })
  await world.run({ scope: { windows: days.filter(({ afterwards }) => afterwards).map(({ date }) => date) } })
  later = await readOutcomes()
}, 600_000)
afterAll(async () => {
  await world.close()
  await transformer.close()
})

/** Changes one file of the day, with that of yesterday at hand. */
async function spoil({ date, stream, edit }: (typeof days)[number]): Promise<void> {
  if (!edit) return
  const text = await readFile(join(world.source, pathOf(date, stream)), 'utf8')
  const yesterday = await readFile(join(world.source, pathOf(addDays(date, -1), stream)), 'utf8').catch(() => '')
  const changed = edit(text, yesterday)
  if (changed === text) throw new TypeError(`nothing was changed in ${stream} of ${date}`)
  await world.write(pathOf(date, stream), changed)
}

interface Found {
  readonly outcome: Outcome
  readonly message: string
}

async function readOutcomes(): Promise<ReadonlyMap<string, Found>> {
  const daybreak = await world.open()
  try {
    const { ledger } = daybreak.ports
    const range = { from: FIRST, to: days.at(-1)?.date ?? '' }
    const failed = (await ledger.checks({ ...range, failed: true })).filter(({ effect }) => effect === 'dispute')
    const slices = await ledger.slices(range)
    const definition = daybreak.definitions.get('toast')!
    const judged = completeness(definition, slices, { ...range, now: world.clock.now(), disputes: failed })
    disputes = (await ledger.incidents({ states: ['open'] })).filter(({ reason }) => reason.code === 'DAY_DISPUTED')
    return new Map(
      days.map(({ date, stream }) => {
        const slice = slices.find((one) => one.window === date && one.stream === stream)
        const verdict = judged.find((day) => day.window === date)?.verdict
        if (!slice || !verdict) throw new TypeError(`nothing is known of ${date}`)
        const named = verdict.disputes.map(({ check }) => check).join(' ')
        const message = `${slice.reason?.message ?? ''} ${named}`
        return [date, { outcome: { day: verdict.state, slice: slice.state }, message }]
      }),
    )
  } finally {
    await daybreak.close()
  }
}

it.each(days)('$title', ({ date, must, because, afterwards }) => {
  const { outcome, message } = found.get(date)!
  expect(outcome, message).toEqual(must)
  if (must !== COMPLETE) expect(message).toContain(because)
  if (afterwards) expect(later.get(date)?.outcome).toEqual(afterwards)
})

it('the table has every fault that the mock generator plants', () => {
  expect(days.flatMap(({ fault }) => fault ?? []).toSorted()).toEqual(FAULT_NAMES.toSorted())
})

it('disputes of many days are one incident for each rule', () => {
  expect(disputes.find(({ key }) => key.endsWith('/payments_make_order_total'))?.subjects.count).toBeGreaterThan(2)
  expect(new Set(disputes.map(({ key }) => key)).size).toBe(disputes.length)
})
