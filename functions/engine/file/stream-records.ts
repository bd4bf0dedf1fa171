import { DaybreakError } from '../../errors.ts'
import { type RecordSpan, type Rest, recordSpans } from './record.ts'

/** A record of a file that is read block by block. */
export interface StreamedRecord {
  /** Its text, without the row end. Valid until the next record is asked for. */
  readonly bytes: Buffer
  /** Physical lines before it. */
  readonly line: number
}

/** A longer record is rows that a quote without an end took in. */
const LONGEST_RECORD = 64 * 1024 * 1024

/**
 * The records of a file, in batches: those that end in a block. Holds one block, or as much as one record needs.
 * @throws {DaybreakError} FILE_UNREADABLE for a record of more than 64 MiB.
 */
export async function* streamRecords(
  blocks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<readonly StreamedRecord[]> {
  let held: Buffer[] = []
  let [line, size, wanted] = [0, 0, 0]
  for await (const block of blocks) {
    held.push(block)
    size += block.length
    // A record that is longer than what was read is looked at again when as much more has come, so its bytes are looked at twice.
    if (size < wanted) continue
    const buffer = held.length === 1 ? block : Buffer.concat(held)
    const { spans, rest } = takeRecords(buffer, true)
    if (spans.length > 0) yield spans.map((span) => toRecord(buffer, span, line))
    line += rest.line
    size = buffer.length - rest.start
    if (size > LONGEST_RECORD)
      throw new DaybreakError(
        'FILE_UNREADABLE',
        `${name} cannot be read: the record in line ${line + 1} has more than ${LONGEST_RECORD} bytes; a quote in it may not close`,
      )
    held = size === 0 ? [] : [Buffer.from(buffer.subarray(rest.start))]
    wanted = rest.start === 0 ? Math.min(size * 2, LONGEST_RECORD + 1) : 0
  }
  const buffer = Buffer.concat(held)
  const { spans } = takeRecords(buffer, false)
  if (spans.length > 0) yield spans.map((span) => toRecord(buffer, span, line))
}

function takeRecords(buffer: Buffer, more: boolean): { readonly spans: readonly RecordSpan[]; readonly rest: Rest } {
  const spans: RecordSpan[] = []
  const found = recordSpans(buffer, more)
  for (;;) {
    const { done, value } = found.next()
    if (done) return { spans, rest: value }
    spans.push(value)
  }
}

function toRecord(buffer: Buffer, { start, end, line }: RecordSpan, before: number): StreamedRecord {
  return { bytes: buffer.subarray(start, end), line: before + line }
}
