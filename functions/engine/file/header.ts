import { parse } from 'csv-parse/sync'
import { DaybreakError } from '../../errors.ts'
import { foldRecord } from '../characters.ts'
import { isBlankLine } from './blank-line.ts'
import { byteOrderMark, createUtf8Check, decode, type Encoding } from './encoding.ts'
import { parseRecord, recordSpans } from './record.ts'
import type { Scan } from './scanner.ts'

/** Bytes at the start of a file that must hold its first record. */
export const START_BYTES = 1 << 20

/** A contract has 500 columns at most, and no export a fifth of that. */
const MOST_COLUMNS = 2_000

/** The first record of a file. */
export interface Header {
  readonly names: readonly string[]
  /** Fields without a name after the last one: the header ends in as many commas. */
  readonly trailing: number
  readonly encoding: Encoding
  /** Bytes of the byte order mark, which is no part of the first name: 3 or 0. */
  readonly mark: number
  /** Bytes before the record: the mark and blank lines. */
  readonly offset: number
}

/** The header of a file, from its first `START_BYTES` or all there are. @throws {DaybreakError} FILE_EMPTY, FILE_UNREADABLE. */
export function headerAt(start: Buffer, { name, bytes }: { readonly name: string; readonly bytes: number }): Header {
  if (bytes === 0) throw new DaybreakError('FILE_EMPTY', `${name} has zero bytes, not even a header line`)
  const mark = byteOrderMark(start)
  const [span] = recordSpans(start.subarray(mark))
  if (!span) throw unreadable(name, 'it has no header line')
  if (mark + span.end === start.length && bytes > start.length)
    throw unreadable(name, `its first line is longer than ${START_BYTES} bytes`)
  const header = start.subarray(mark + span.start, mark + span.end)
  const check = createUtf8Check()
  const encoding = check.push(header) && check.finish() ? 'utf-8' : 'windows-1252'
  return { ...readHeader(decode(header, encoding), name), encoding, mark, offset: mark + span.start }
}

/**
 * A half-written file ends inside a quoted field, or in a record that lacks fields. `last` is that record, null when it is
 * too long to look at. @throws {DaybreakError} FILE_TRUNCATED.
 */
export function refuseTruncated(
  file: string,
  scan: Scan,
  { width, last }: { readonly width: number; readonly last: string | null },
): void {
  if (scan.openQuoteLine !== null)
    throw new DaybreakError(
      'FILE_TRUNCATED',
      `${file} ends inside a quoted field that begins in line ${scan.openQuoteLine}`,
    )
  if (!scan.unfinished || scan.records < 2 || last === null || isBlankLine(Buffer.from(last))) return
  const zeros = /\0+$/.exec(last)?.[0].length ?? 0
  if (zeros > 0)
    throw new DaybreakError(
      'FILE_TRUNCATED',
      `${file} ends in NUL bytes from line ${scan.lines} on, as a file does whose writing was broken off`,
    )
  const parsed = parseRecord(foldRecord(last))
  if ('problem' in parsed || parsed.fields.length >= width) return
  throw new DaybreakError(
    'FILE_TRUNCATED',
    `${file} ends in line ${scan.lines} without a line break, after ${parsed.fields.length} of ${width} fields`,
  )
}

/**
 * The names in a header record, exactly as they stand there, without empty ones at its end.
 * @throws {DaybreakError} FILE_TOO_WIDE; FILE_UNREADABLE when the text is no header: no name at all, an empty one, NUL, or a broken quote.
 */
export function readHeader(text: string, file: string): Pick<Header, 'names' | 'trailing'> {
  if (text.includes('\0'))
    throw unreadable(file, 'its header holds NUL bytes, so it is UTF-16, compressed, or no text at all')
  const fields = headerFields(foldRecord(text), file)
  const names = fields.slice(0, fields.findLastIndex((name) => name.trim() !== '') + 1)
  const empty = names.findIndex((name) => name.trim() === '')
  if (names.length === 0) throw unreadable(file, 'it has no header line')
  if (empty >= 0) throw unreadable(file, `field ${empty + 1} of its header has no name`)
  if (names.length > MOST_COLUMNS)
    throw new DaybreakError(
      'FILE_TOO_WIDE',
      `the header of ${file} has ${names.length} columns, of ${MOST_COLUMNS} at most`,
    )
  return { names, trailing: fields.length - names.length }
}

function headerFields(text: string, file: string): readonly string[] {
  try {
    const [names = []] = parse(text, { bom: false, relax_column_count: true })
    return names
  } catch (error) {
    throw unreadable(file, `its header is not CSV: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** An error that says why no row of a file can be trusted. */
export function unreadable(file: string, problem: string): DaybreakError {
  return new DaybreakError('FILE_UNREADABLE', `${file} cannot be read: ${problem}`)
}
