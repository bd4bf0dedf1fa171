import type { Contract } from '../../contract/contract.ts'
import { foldHeader } from '../../contract/drift.ts'
import { localReader } from '../../contract/local-time.ts'
import { DaybreakError } from '../../errors.ts'
import { addDays } from '../../lib/business-date.ts'
import { decode } from './encoding.ts'
import { type Header, headerAt, START_BYTES } from './header.ts'
import { parseRecord, type RecordSpan, recordSpans } from './record.ts'

/** The rows of one business date, as a file of its own in which every row stands in the line that it has in the whole. */
export interface DayOfFile {
  readonly date: string
  readonly rows: number
  content(): Buffer
}

/** A file of several days, taken apart. Every row is in one of the days. */
export interface SplitFile {
  readonly rows: number
  /** Rows without a date that can be read; each is in the day of the row before it. */
  readonly undated: number
  /** Oldest first. */
  readonly days: readonly DayOfFile[]
  /** The header alone: a day without rows. */
  readonly empty: Buffer
}

interface Row {
  readonly span: RecordSpan
  readonly date: string
}

/** Line breaks that may stand in for the rows of other days: more would fill the archive with nothing. */
const MOST_PADDING = 1 << 30

/**
 * Splits a file by business date: the local day of its `dated_by` columns, where hours before the closeout belong to the day
 * before. Rows keep their bytes and their line: empty lines stand where rows of other days were.
 * @throws {DaybreakError} FILE_EMPTY, FILE_UNREADABLE; DRIFT_MISSING_REQUIRED without the date column; FILE_TOO_LARGE.
 */
export function splitByDay(
  bytes: Buffer,
  {
    contract,
    closeoutHour,
    name,
  }: { readonly contract: Contract; readonly closeoutHour: number; readonly name: string },
): SplitFile {
  const header = headerAt(bytes.subarray(0, START_BYTES), { name, bytes: bytes.length })
  const body = bytes.subarray(header.mark)
  const [first, ...records] = recordSpans(body)
  const dateOf = datesOf(header, { contract, closeoutHour, name })
  const dated = records.map((span) => ({
    span,
    date: dateOf(decode(body.subarray(span.start, span.end), header.encoding)),
  }))
  if (dated.length > 0 && dated.every(({ date }) => date === null))
    throw new DaybreakError(
      'FILE_UNREADABLE',
      `${name} has no date that can be read in any of its ${dated.length} rows`,
    )
  const rows = fillGaps(dated)
  const days = Map.groupBy(rows, ({ date }) => date)
  if (days.size * records.length > MOST_PADDING)
    throw new DaybreakError(
      'FILE_TOO_LARGE',
      `${name} has ${records.length} rows of ${days.size} days; download shorter ranges`,
    )
  const head = first ? body.subarray(0, first.end) : body
  const end = body[head.length] === 13 ? '\r\n' : '\n'
  return {
    rows: rows.length,
    undated: dated.filter(({ date }) => date === null).length,
    days: [...days]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([date, own]) => ({ date, rows: own.length, content: () => withRows(body, { head, end, rows: own }) })),
    empty: Buffer.concat([head, Buffer.from(end)]),
  }
}

/** Reads the business date of a record; null when it has none that can be read. */
function datesOf(
  { names }: Header,
  { contract, closeoutHour, name }: { contract: Contract; closeoutHour: number; name: string },
): (record: string) => string | null {
  const columns = contract.columns.filter((column) => contract.dated_by?.includes(column.name))
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

/** A row without a date is told as a reject of the day around it, never lost. */
function fillGaps(rows: readonly { readonly span: RecordSpan; readonly date: string | null }[]): readonly Row[] {
  let date = rows.find((row) => row.date !== null)?.date ?? null
  if (date === null) return []
  const filled: Row[] = []
  for (const row of rows) {
    date = row.date ?? date
    filled.push({ span: row.span, date })
  }
  return filled
}

function withRows(body: Buffer, { head, end, rows }: { head: Buffer; end: string; rows: readonly Row[] }): Buffer {
  const parts: Buffer[] = [head]
  // The next line to be written; the header may have breaks of its own.
  let line = 0
  for (const byte of head) if (byte === 10) line++
  for (const { span } of rows) {
    parts.push(Buffer.from(end.repeat(span.line - line)), body.subarray(span.start, span.end))
    line = span.line
    for (let at = body.indexOf(10, span.start); at >= 0 && at < span.end; at = body.indexOf(10, at + 1)) line++
  }
  parts.push(Buffer.from(end))
  return Buffer.concat(parts)
}
