import type { Contract } from '../../contract/contract.ts'
import { foldHeader } from '../../contract/drift.ts'
import { localReader } from '../../contract/local-time.ts'
import { DaybreakError } from '../../errors.ts'
import { addDays } from '../../lib/business-date.ts'
import { decode } from './encoding.ts'
import { type Header, headerAt } from './header.ts'
import { parseRecord, recordSpans } from './record.ts'
import { type StreamedRecord, streamRecords } from './stream-records.ts'

/** Rows of one business date. They are a file of their own, in which every row stands in the line that it has in the whole. */
interface DayOfFile {
  readonly date: string
  readonly rows: number
}

/** A file of several days, taken apart. Every row is in one of the days. */
interface SplitFile {
  readonly rows: number
  /** Rows without a date that can be read; each is in the day of the row before it. */
  readonly undated: number
  /** Oldest first. */
  readonly days: readonly DayOfFile[]
  /** The header alone: a day without rows. */
  readonly empty: Buffer
}

/** A file to split. */
interface Splitting {
  readonly contract: Contract
  readonly closeoutHour: number
  readonly name: string
  readonly bytes: number
  /** Its first `START_BYTES`, or all there are. */
  readonly start: Buffer
  /** Its bytes from the first on, block by block; asked for twice. */
  readonly read: () => AsyncIterable<Buffer>
  /** Takes the next bytes of a day. They are valid until it returns. */
  readonly write: (date: string, bytes: Buffer) => Promise<void>
}

/** Line breaks that may stand in for the rows of other days: more would fill the archive with nothing. */
const MOST_PADDING = 1 << 30
const PIECE = 1 << 16

/**
 * Splits a file by business date: the local day of its `dated_by` columns, where hours before the closeout belong to the day
 * before. Rows keep their bytes and their line: empty lines stand where rows of other days were. Holds one block of the file.
 * @throws {DaybreakError} FILE_EMPTY, FILE_UNREADABLE; DRIFT_MISSING_REQUIRED without the date column; FILE_TOO_LARGE.
 */
export async function splitByDay(splitting: Splitting): Promise<SplitFile> {
  const { name, bytes, start, write } = splitting
  const header = headerAt(start, { name, bytes })
  const { head, end } = headOf(start.subarray(header.mark))
  const readDate = datesOf(header, splitting)
  const dateOf = (record: Buffer) => readDate(decode(record, header.encoding))
  let date = await firstDate(rowsOf(splitting, header), { dateOf, name })
  const days = new Map<string, { rows: number; line: number }>()
  let [rows, undated] = [0, 0]
  for await (const row of rowsOf(splitting, header)) {
    const own = dateOf(row.bytes)
    if (own === null) undated++
    date = own ?? date
    if (date === null) continue
    rows++
    const day = days.get(date) ?? { rows: 0, line: breaksIn(head) }
    if (day.rows === 0) await write(date, head)
    days.set(date, day)
    expectPadding(name, { rows, days: days.size })
    for (const padding of repeated(end, row.line - day.line)) await write(date, padding)
    await write(date, row.bytes)
    day.rows++
    day.line = row.line + breaksIn(row.bytes)
  }
  for (const each of days.keys()) await write(each, end)
  const found = [...days].map(([each, day]) => ({ date: each, rows: day.rows }))
  const sorted = found.toSorted((a, b) => (a.date < b.date ? -1 : 1))
  return { rows, undated, days: sorted, empty: Buffer.concat([head, end]) }
}

/** Bytes up to the end of the header record, and the row end of the file. */
function headOf(body: Buffer): { readonly head: Buffer; readonly end: Buffer } {
  const [first] = recordSpans(body)
  const head = first ? body.subarray(0, first.end) : body
  return { head, end: Buffer.from(body[head.length] === 13 ? '\r\n' : '\n') }
}

/** Records after the header. */
async function* rowsOf({ read, name }: Splitting, { mark }: Header): AsyncGenerator<StreamedRecord> {
  let isHeader = true
  for await (const records of streamRecords(without(read(), mark), name)) {
    yield* isHeader ? records.slice(1) : records
    isHeader = false
  }
}

async function* without(blocks: AsyncIterable<Buffer>, mark: number): AsyncGenerator<Buffer> {
  let left = mark
  for await (const block of blocks) {
    if (left < block.length) yield block.subarray(left)
    left = Math.max(0, left - block.length)
  }
}

/** The first date of a file, which rows before it are given; null for a file without rows. @throws {DaybreakError} FILE_UNREADABLE. */
async function firstDate(
  rows: AsyncIterable<StreamedRecord>,
  { dateOf, name }: { readonly dateOf: (record: Buffer) => string | null; readonly name: string },
): Promise<string | null> {
  let count = 0
  for await (const { bytes } of rows) {
    const date = dateOf(bytes)
    if (date !== null) return date
    count++
  }
  if (count === 0) return null
  throw new DaybreakError('FILE_UNREADABLE', `${name} has no date that can be read in any of its ${count} rows`)
}

function expectPadding(name: string, { rows, days }: { readonly rows: number; readonly days: number }): void {
  if (days * rows <= MOST_PADDING) return
  const message = `${name} has more than ${rows} rows of ${days} days; download shorter ranges`
  throw new DaybreakError('FILE_TOO_LARGE', message)
}

function* repeated(end: Buffer, times: number): Generator<Buffer> {
  const most = Math.floor(PIECE / end.length)
  for (let left = times; left > 0; left -= most) yield Buffer.alloc(Math.min(left, most) * end.length, end)
}

function breaksIn(bytes: Buffer): number {
  let breaks = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) breaks++
  return breaks
}

/** Reads the business date of a record; null when it has none that can be read. */
function datesOf(
  { names }: Header,
  { contract, closeoutHour, name }: Pick<Splitting, 'contract' | 'closeoutHour' | 'name'>,
): (record: string) => string | null {
  const columns = contract.columns.filter((column) => contract.datedBy?.includes(column.name))
  const readers = columns.map(({ from, format = [] }) => {
    const wanted = [from].flat().map(foldHeader)
    const at = names.findIndex((header) => wanted.includes(foldHeader(header)))
    if (at < 0) {
      const message = `${name} lacks \`${[from].flat().join('` or `')}\`, by which its rows belong to a day`
      throw new DaybreakError('DRIFT_MISSING_REQUIRED', message)
    }
    return { at, read: localReader([format].flat()) }
  })
  return (record) => {
    const parsed = parseRecord(record)
    if ('problem' in parsed) return null
    const read = readers.map(({ at, read: reader }) => reader((parsed.fields[at] ?? '').replaceAll(/\s+/g, ' ').trim()))
    const date = read.map((local) => local?.date ?? null).find((found) => found !== null) ?? null
    const hour = read.map((local) => local?.hour ?? null).find((found) => found !== null) ?? null
    return date !== null && hour !== null && hour < closeoutHour ? addDays(date, -1) : date
  }
}
