import type { CsvRecord, Table } from '../csv.ts'
import type { MockStream } from '../headers.ts'
import type { Random } from '../random.ts'
import { KEY_COLUMNS } from './catalog.ts'

/** A row that was tampered with. */
export interface Mark {
  readonly record: CsvRecord
  /** Its fault, e.g. `bad_date`. */
  readonly kind: string
  readonly column: string
  readonly value: string
}

/** Table with the rows that faults changed. */
export interface MarkedTable {
  readonly table: Table
  readonly marks: readonly Mark[]
}

/** Fault of a row: the column and the value it gets, which may depend on the value it had. */
type Damage = readonly [kind: string, column: string, value: string | ((value: string) => string)]

const addDollar = (value: string) => `${Number(value.slice(0, -3)) + 1}${value.slice(-3)}`

const DAMAGES: Readonly<Record<MockStream, readonly Damage[]>> = {
  order_details: [
    ['bad_date', 'Opened', '2/30/26 7:07 PM'],
    ['bad_number', 'Amount', '1O.50'],
    ['bad_boolean', 'Voided', 'maybe'],
    ['missing_required', 'Order Id', ''],
    ['broken_money', 'Total', addDollar],
  ],
  payment_details: [
    ['bad_date', 'Paid Date', '13/1/26 7:07 PM'],
    ['bad_number', 'Amount', '12.34.56'],
    ['missing_required', 'Payment Id', ''],
    ['broken_money', 'Total', addDollar],
  ],
  item_selection_details: [
    ['bad_date', 'Order Date', 'yesterday'],
    ['bad_number', 'Net Price', '(4.00)x'],
    ['bad_boolean', 'Void?', 'perhaps'],
    ['missing_required', 'Item Selection Id', ''],
  ],
  check_details: [
    ['bad_date', 'Opened Date', '2/29/27'],
    ['bad_number', 'Total', '--5.00'],
    ['missing_required', 'Check Id', ''],
  ],
  all_items_report: [
    ['bad_number', 'Net Amount', 'n/a'],
    ['broken_money', 'Net Amount', addDollar],
  ],
  kitchen_timings: [
    ['bad_date', 'Fired Date', 'not yet'],
    ['missing_required', 'ID', ''],
  ],
  cash_entries: [
    ['bad_date', 'Created Date', '4/31/26 1:00 PM'],
    ['bad_number', 'Amount', '11,69'],
    ['missing_required', 'Entry Id', ''],
  ],
}

/** One row for each kind of damage that the stream knows. */
export function withBadRows({ table, marks }: MarkedTable, stream: MockStream, random: Random): MarkedTable {
  const places = sound({ table, marks }, random, DAMAGES[stream].length)
  const damaged = places.map((place, index) => damage(table, place, DAMAGES[stream][index]))
  return replaceRecords({ table, marks }, places, damaged)
}

function damage({ header, records }: Table, place: number, kind: Damage | undefined): Mark {
  const [name, column, value] = kind ?? ['none', '', '']
  const before = records[place] ?? []
  const at = header.indexOf(column)
  const after = typeof value === 'string' ? value : value(before[at] ?? '0.00')
  return { record: before.map((field, index) => (index === at ? after : field)), kind: name, column, value: after }
}

/** A row without its last field, and a row with one field more. */
export function withWrongFieldCount(marked: MarkedTable, random: Random): MarkedTable {
  const { records, header } = marked.table
  const places = sound(marked, random, 2)
  const damaged = places.map((place, index): Mark => {
    const before = records[place] ?? []
    const record = index === 0 ? before.slice(0, -1) : [...before, 'one more']
    return {
      record,
      kind: index === 0 ? 'field_too_few' : 'field_too_many',
      column: '',
      value: `${record.length} fields of ${header.length}`,
    }
  })
  return replaceRecords(marked, places, damaged)
}

/** An exact copy of one row at the end, and the key of another once more with other values. */
export function withDuplicates({ table, marks }: MarkedTable, stream: MockStream, random: Random): MarkedTable {
  const column = KEY_COLUMNS[stream]
  const at = table.header.indexOf(column)
  const [first, second, third] = sound({ table, marks }, random, 3).map((place) => table.records[place] ?? [])
  const mark = (kind: string, record: CsvRecord): Mark => ({ record, kind, column, value: record[at] ?? '' })
  const added = [
    ...(first ? [mark('exact_duplicate', [...first])] : []),
    ...(second && third
      ? [
          mark(
            'same_key',
            third.map((field, index) => (index === at ? (second[at] ?? '') : field)),
          ),
        ]
      : []),
  ]
  return {
    table: { ...table, records: [...table.records, ...added.map(({ record }) => record)] },
    marks: [...marks, ...added],
  }
}

const FREE_TEXT: Readonly<Partial<Record<MockStream, string>>> = {
  order_details: 'Tab Names',
  payment_details: 'Tab Name',
  item_selection_details: 'Tab Name',
  cash_entries: 'Comment',
}

/** Free text with every kind of line break, and with quotes. */
export function withNewlines(marked: MarkedTable, stream: MockStream, random: Random): MarkedTable {
  const texts = ['Party of 5\r\nwindow seat', 'no onions\nextra napkins\n\nthank you', 'the "usual", please']
  const column = FREE_TEXT[stream] ?? ''
  const places = sound(marked, random, texts.length)
  const damaged = places.map((place, index) =>
    damage(marked.table, place, ['embedded_newline', column, texts[index] ?? '']),
  )
  return replaceRecords(marked, places, damaged)
}

/** Places of rows that nothing has been done to yet, never the last one, in the order of the file. */
function sound({ table, marks }: MarkedTable, random: Random, count: number): number[] {
  const touched = new Set(marks.map(({ record }) => record))
  const places = table.records.flatMap((record, index) =>
    touched.has(record) || index === table.records.length - 1 ? [] : [index],
  )
  return random
    .shuffle(places)
    .slice(0, count)
    .sort((a, b) => a - b)
}

function replaceRecords(
  { table, marks }: MarkedTable,
  places: readonly number[],
  damaged: readonly Mark[],
): MarkedTable {
  const replaced = new Map(places.map((place, index) => [place, damaged[index]?.record]))
  const records = table.records.map((record, index) => replaced.get(index) ?? record)
  return { table: { ...table, records }, marks: [...marks, ...damaged.slice(0, places.length)] }
}
