import { HEADERS, type MockCsv, type MockStream, STREAM_FILES } from '../headers.ts'

const SEVEN = [
  'order_details',
  'payment_details',
  'item_selection_details',
  'check_details',
  'all_items_report',
  'kitchen_timings',
  'cash_entries',
] as const satisfies readonly MockStream[]
const KEYED = SEVEN.filter((stream) => stream !== 'all_items_report')
const MONEY = ['order_details', 'payment_details'] as const

interface FaultKind {
  /** Change of the files, in one sentence. */
  readonly does: string
  /** Expected reaction of a pipeline. */
  readonly expected: string
  /** Streams it can be planted in; none where it concerns the whole night. */
  readonly streams: readonly MockStream[]
}

/** Every fault by name, in the order in which they are applied when several meet in one file. */
export const FAULTS = {
  dst_night: {
    does: 'Adds orders at 1:30 AM before and after the clock is set back, and one that is paid 30 minutes later at an earlier wall time.',
    expected: 'Every row is accepted; UTC times follow the stated rule for the repeated hour.',
    streams: [],
  },
  pre_orders: {
    does: 'Adds an order that was paid three days ahead: its payment is in the file of that day, its order and check are here.',
    expected:
      'Both are accepted; the payment without an order and the check without a payment are warnings, not errors.',
    streams: [],
  },
  extra_files: {
    does: 'Adds files that no contract reads.',
    expected: 'The files are ignored; nothing is quarantined and nothing is missing.',
    streams: [],
  },
  late: {
    does: 'The file is not there on the night (wave 1); it appears five hours later (wave 2).',
    expected: 'The slice waits and turns late; it is loaded when the file has come.',
    streams: SEVEN,
  },
  missing: {
    does: 'The file never appears.',
    expected: 'The slice becomes missing and opens an incident; it is never taken for a closed day.',
    streams: SEVEN,
  },
  re_exported: {
    does: 'Wave 2 replaces the file two days later: a tip is added, captures are settled, one payment is refunded.',
    expected: 'The correction is loaded in place of the first version: the partition changes, and no row is doubled.',
    streams: ['order_details', 'check_details', 'payment_details'],
  },
  missing_optional_columns: {
    does: 'Columns that a customer may leave out are left out.',
    expected: 'Every row is accepted; the columns are NULL.',
    streams: SEVEN,
  },
  renamed_required_column: {
    does: 'The column of the key has another name.',
    expected: 'The slice is quarantined as drift, naming the column; the partition keeps what it had.',
    streams: KEYED,
  },
  drifted_column: {
    does: 'An unknown column is among the others.',
    expected: 'Every row is accepted; the new column is recorded as drift.',
    streams: SEVEN,
  },
  reordered_columns: {
    does: 'The columns stand in another order.',
    expected: 'Every row is accepted, with the same values as in the usual order.',
    streams: SEVEN,
  },
  bad_rows: {
    does: 'Some rows hold a bad date, number or boolean, lack a required value, or do not add up.',
    expected: 'Those rows become rejects with line, column and value; all others are accepted.',
    streams: ['order_details', 'payment_details', 'item_selection_details', 'check_details'],
  },
  wrong_field_count: {
    does: 'One row has a field too few, one has a field too many.',
    expected: 'Those rows become rejects; all others are accepted.',
    streams: SEVEN,
  },
  duplicate: {
    does: 'One row stands twice, and one key stands twice with different values.',
    expected: 'The duplicates are found: none is loaded twice without a word.',
    streams: KEYED,
  },
  embedded_newlines: {
    does: 'Free text holds CRLF, LF and quotes, all inside quotes.',
    expected: 'Every row is accepted with its text unchanged; line numbers after it stay true.',
    streams: ['order_details', 'payment_details', 'item_selection_details', 'cash_entries'],
  },
  header_only: {
    does: 'The file has its header and no rows, though the other files have.',
    expected: 'A valid slice with zero rows; the checks between files say that it contradicts the others.',
    streams: SEVEN,
  },
  unclosed_quote: {
    does: 'A quote opens in one row and never closes.',
    expected: 'The file is quarantined as unreadable, or the rest of it becomes one reject; no row vanishes.',
    streams: ['payment_details', 'order_details', 'kitchen_timings'],
  },
  mixed_row_ends: {
    does: 'Every seventh row ends with LF instead of CRLF.',
    expected: 'Every row is accepted; none is lost where the row ends change.',
    streams: SEVEN,
  },
  windows_1252: {
    does: 'The file is encoded in windows-1252, with letters that are no UTF-8.',
    expected: 'Every row is accepted, decoded as windows-1252, and the slice says so.',
    streams: MONEY,
  },
  bom: {
    does: 'The file begins with a byte order mark.',
    expected: 'Every row is accepted; the first column is found by its name.',
    streams: SEVEN,
  },
  half_written: {
    does: 'The file ends in the middle of a record (wave 1); it is complete in wave 2.',
    expected: 'The file is quarantined as truncated, and loaded when it is complete.',
    streams: SEVEN,
  },
  zero_bytes: {
    does: 'The file has no bytes at all.',
    expected: 'The slice is quarantined as empty; it is never taken for a closed day.',
    streams: SEVEN,
  },
} as const satisfies Record<string, FaultKind>

/** Name of a fault. */
export type FaultName = keyof typeof FAULTS

/** Names of all faults. */
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[]

/** True for a name in the catalog. */
export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}

/** Streams a fault can be planted in; empty where it concerns the whole night. */
export function streamsOf(fault: FaultName): readonly MockStream[] {
  return FAULTS[fault].streams
}

/** The column that identifies a row of a file. */
export const KEY_COLUMNS: Readonly<Record<MockStream, string>> = {
  order_details: 'Order Id',
  payment_details: 'Payment Id',
  item_selection_details: 'Item Selection Id',
  check_details: 'Check Id',
  all_items_report: 'Menu Name',
  kitchen_timings: 'ID',
  cash_entries: 'Entry Id',
}

/** The stream of a file, where it has one. */
export function streamOfFile(file: string): MockStream | undefined {
  return SEVEN.find((stream) => STREAM_FILES[stream] === file)
}

/** Position of a column. */
export function columnOf(file: MockCsv, name: string): number {
  return HEADERS[file].indexOf(name)
}
