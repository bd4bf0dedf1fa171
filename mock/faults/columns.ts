import type { CsvRecord, Table } from '../csv.ts'
import type { MockStream } from '../headers.ts'
import type { Random } from '../random.ts'
import { KEY_COLUMNS } from './catalog.ts'

const OPTIONAL: Readonly<Record<MockStream, readonly string[]>> = {
  order_details: ['Location', 'Dining Area', 'Order Source'],
  payment_details: ['Room Info', 'Last 4 Gift Card Digits', 'First 5 Gift Card Digits'],
  item_selection_details: ['SKU', 'PLU', 'Tab Name'],
  check_details: ['Location Code', 'Customer Family'],
  all_items_report: ['Tags'],
  kitchen_timings: ['Table', 'Fulfilled By'],
  cash_entries: ['No Sale Reason', 'Employee 2'],
}

/** Leaves out columns that real files lack. */
export function withoutOptional(table: Table, stream: MockStream): Table {
  const kept = table.header.flatMap((name, index) => (OPTIONAL[stream].includes(name) ? [] : [index]))
  return choose(table, kept)
}

/** Gives the key another name, as Toast's settings allow. */
export function withRenamedKey(table: Table, stream: MockStream): Table {
  const header = table.header.map((name) => (name === KEY_COLUMNS[stream] ? `${name} (new)` : name))
  return { ...table, header }
}

/** A column `Loyalty Tier` in the middle. */
export function withNewColumn(table: Table, random: Random): Table {
  const place = random.int(2, table.header.length - 1)
  const insert = (record: CsvRecord, value: string) => [...record.slice(0, place), value, ...record.slice(place)]
  return {
    ...table,
    header: insert(table.header, 'Loyalty Tier'),
    records: table.records.map((record) => insert(record, random.pick(['', 'Gold', 'Silver, lapsed']))),
  }
}

/** The same columns in another order; never the order they had. */
export function withShuffledColumns(table: Table, random: Random): Table {
  const order = random.shuffle(table.header.map((_, index) => index))
  const usual = order.every((column, index) => column === index)
  return choose(table, usual ? order.reverse() : order)
}

function choose(table: Table, columns: readonly number[]): Table {
  const pick = (record: CsvRecord) => columns.map((column) => record[column] ?? '')
  return { ...table, header: pick(table.header), records: table.records.map(pick) }
}
