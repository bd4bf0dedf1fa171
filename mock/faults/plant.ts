import { type CsvRecord, encodeRecord, encodeTable, type Table } from '../csv.ts'
import type { MockStream } from '../headers.ts'
import { createRandom, type Random } from '../random.ts'
import { halfOf, mixRowEnds, openQuote, placeForOpenQuote, toWindows1252, withAccents, withBom } from './bytes.ts'
import { FAULT_NAMES, type FaultName } from './catalog.ts'
import { withNewColumn, withoutOptional, withRenamedKey, withShuffledColumns } from './columns.ts'
import { type Mark, type MarkedTable, withBadRows, withDuplicates, withNewlines, withWrongFieldCount } from './rows.ts'

/** A row that a fault touched, as the file has it. */
export interface PlantedRow {
  readonly file: string
  /** Line of the file on which the row begins; the header is line 1. */
  readonly line: number
  /** Number of the row among the rows; the first after the header is 1. */
  readonly record: number
  readonly kind: string
  /** Empty where the whole row is meant. */
  readonly column: string
  readonly value: string
}

/** Stream, and the faults to plant in its file. */
interface Planting {
  readonly stream: MockStream
  readonly faults: readonly FaultName[]
  readonly random: Random
}

/** File with its faults, and the rows that hold them. */
interface PlantedFile {
  readonly bytes: Uint8Array
  readonly rows: ReadonlyMap<FaultName, readonly PlantedRow[]>
}

/** The bytes of a file with its faults in them, and the rows that each fault touched. */
export function plant(start: MarkedTable, { stream, faults, random }: Planting): PlantedFile {
  if (faults.length === 0 && start.marks.length === 0)
    return { bytes: Buffer.from(encodeTable(start.table)), rows: new Map() }
  const ordered = FAULT_NAMES.filter((name) => faults.includes(name))
  const owners = new Map<Mark, FaultName>(start.marks.map((mark) => [mark, 're_exported']))
  let marked = start
  for (const fault of ordered) {
    marked = plantInTable(marked, fault, { stream, random })
    for (const mark of marked.marks) if (!owners.has(mark)) owners.set(mark, fault)
  }
  const encoded = encode(marked.table, faults)
  const rows = locate(marked, encoded.lines)
  const quote = encoded.openedAt === undefined ? [] : [rowAt(marked.table, encoded.lines, encoded.openedAt)]
  return {
    bytes: ordered.reduce<Uint8Array>(
      (bytes, fault) => plantInBytes(bytes, fault, encoded.text),
      Buffer.from(encoded.text),
    ),
    rows: new Map(
      ordered
        .concat('re_exported')
        .map((fault) => [
          fault,
          fault === 'unclosed_quote'
            ? quote
            : rows.filter(({ mark }) => owners.get(mark) === fault).map(({ row }) => row),
        ]),
    ),
  }
}

type Ground = Pick<Planting, 'stream' | 'random'>

function plantInTable(marked: MarkedTable, fault: FaultName, { stream, random }: Ground): MarkedTable {
  const edit = (change: (table: Table) => Table): MarkedTable => ({ ...marked, table: change(marked.table) })
  switch (fault) {
    case 'missing_optional_columns':
      return edit((table) => withoutOptional(table, stream))
    case 'renamed_required_column':
      return edit((table) => withRenamedKey(table, stream))
    case 'drifted_column':
      return edit((table) => withNewColumn(table, random))
    case 'reordered_columns':
      return edit((table) => withShuffledColumns(table, random))
    case 'bad_rows':
      return withBadRows(marked, stream, random)
    case 'wrong_field_count':
      return withWrongFieldCount(marked, random)
    case 'duplicate':
      return withDuplicates(marked, stream, random)
    case 'embedded_newlines':
      return withNewlines(marked, stream, random)
    case 'header_only':
      return { table: { ...marked.table, records: [] }, marks: [] }
    default:
      return marked
  }
}

interface Encoded {
  readonly text: string
  /** Line on which each record begins, without the header. */
  readonly lines: readonly number[]
  /** Record in which a quote opens that never closes. */
  readonly openedAt: number | undefined
}

function encode(table: Table, faults: readonly FaultName[]): Encoded {
  const accented = faults.includes('windows_1252')
    ? withAccents(table, table.file === 'OrderDetails.csv' ? 'Tab Names' : 'Tab Name')
    : table
  const encoded = [accented.header, ...accented.records].map(encodeRecord)
  const openedAt = faults.includes('unclosed_quote') ? placeForOpenQuote(encoded) : undefined
  const texts = openedAt === undefined ? encoded : encoded.with(openedAt, openQuote(plain(accented, openedAt), 1))
  return {
    text: faults.includes('mixed_row_ends') ? mixRowEnds(texts) : texts.join(''),
    lines: beginnings(texts),
    openedAt: openedAt === undefined ? undefined : openedAt - 1,
  }
}

/** The record at this place of the file, the header being at 0, without anything that would need quotes. */
function plain({ header, records }: Table, place: number): CsvRecord {
  return (records[place - 1] ?? header).map((value) => value.replaceAll(/[",\r\n]/g, ' '))
}

function beginnings(encoded: readonly string[]): number[] {
  let line = 1
  return encoded
    .map((record) => {
      const begins = line
      line += record.split('\n').length - 1
      return begins
    })
    .slice(1)
}

function plantInBytes(bytes: Uint8Array, fault: FaultName, text: string): Uint8Array {
  if (fault === 'windows_1252') return toWindows1252(text)
  if (fault === 'bom') return withBom(bytes)
  if (fault === 'half_written') return halfOf(bytes)
  if (fault === 'zero_bytes') return new Uint8Array()
  return bytes
}

function locate({ table, marks }: MarkedTable, lines: readonly number[]) {
  const places = new Map(table.records.map((record, index) => [record, index]))
  return marks.flatMap((mark) => {
    const index = places.get(mark.record)
    return index === undefined
      ? []
      : [{ mark, row: { ...rowAt(table, lines, index), kind: mark.kind, column: mark.column, value: mark.value } }]
  })
}

function rowAt({ file, header }: Table, lines: readonly number[], index: number): PlantedRow {
  return {
    file,
    line: lines[index] ?? 0,
    record: index + 1,
    kind: 'unclosed_quote',
    column: header[1] ?? '',
    value: '"',
  }
}

/** Chance for the faults of one file, apart from the chance that made the file. */
export function plantingRandom(seed: number, path: string): Random {
  return createRandom(seed, 'plant', path)
}
