import { DaybreakError } from '../../errors.ts'
import { createCrTranslator, endsRowsWithCr } from '../file/bare-cr.ts'
import { createUtf8Check, decode, type Encoding } from '../file/encoding.ts'
import { headerAt, refuseTruncated, START_BYTES, unreadable } from '../file/header.ts'
import { recordSpans } from '../file/record.ts'
import { createScanner, type Mark, type Scan } from '../file/scanner.ts'
import { sampleOf } from '../file/spreadsheet.ts'

/** One record of a file, cut out as it stands there. */
export interface CutRecord {
  /** Number of the record in the file, from 1, the header not counted. */
  readonly record: number
  /** Line of its first character, from 1. */
  readonly line: number
  /** Bytes of the file before it. */
  readonly byteOffset: number
  /** Without its row end. */
  readonly bytes: Buffer
}

/** Facts about a file once all its records are cut. */
export interface CutFile {
  readonly encoding: Encoding
  readonly lines: number
  /** Records, the header among them. */
  readonly records: number
  readonly blankLines: number
}

/** A cut that goes on while records are taken from it. */
export interface RunningCut {
  readonly header: readonly string[]
  /** Fields of the first records, to be looked at before all of them are cut. */
  readonly sample: readonly (readonly string[])[]
  /** Empty fields after the last name of the header. */
  readonly trailing: number
  /** In order. That the file is whole shows only at the end: what was taken from one that then fails must be thrown away. */
  readonly records: AsyncGenerator<CutRecord>
  /** The totals, once the records are through. */
  total(): CutFile
}

/** A file as messages call it, and its announced size. */
interface CutRequest {
  readonly name: string
  readonly bytes: number
}

/** Base64 of a longer record, with its place, might not fit the 100 MB that BigQuery takes for one row of JSON. */
const LONGEST_RECORD = 64 * 1024 * 1024
const PIECE_BYTES = 1 << 20

/**
 * Cuts the records of a file out of its bytes as they come, in blocks of any size, with the memory of a few blocks and the
 * longest record: the same records, lines and refusals as the transformer finds, for files of any size.
 * The records throw DaybreakError FILE_TRUNCATED, FILE_CHANGED, FILE_UNREADABLE.
 * @throws {DaybreakError} FILE_EMPTY, FILE_UNREADABLE, before the first of them.
 */
export async function cutRecords(file: CutRequest, blocks: AsyncIterable<Uint8Array>): Promise<RunningCut> {
  const given = await startOf(blocks, Math.min(file.bytes, START_BYTES))
  const translate = endsRowsWithCr(given.start) ? createCrTranslator() : null
  translate?.(given.start)
  const header = headerAt(given.start, file)
  const sample = sampleOf(given.start.subarray(header.mark), header.encoding)
  let total: CutFile | null = null

  async function* records(): AsyncGenerator<CutRecord> {
    const scanner = createScanner({ pieceBytes: PIECE_BYTES, start: header.mark, indexed: false })
    const utf8 = createUtf8Check()
    let isUtf8 = header.encoding === 'utf-8'
    let from = scanner.mark()
    let held = Buffer.alloc(0)
    let read = header.mark
    let cuts = 0
    for await (const block of allBlocks(given, header.mark, translate)) {
      isUtf8 &&= utf8.push(block)
      scanner.push(block)
      read += block.length
      held = Buffer.concat([held, block])
      for (; cuts < scanner.cuts.length; cuts++) {
        const to = scanner.cuts[cuts] ?? from
        const bytes = to.offset - from.offset
        yield* cutPiece(held.subarray(0, bytes), from)
        held = held.subarray(bytes)
        from = to
      }
      refuseLong(file, held, from)
    }
    isUtf8 &&= utf8.finish()
    if (read !== file.bytes)
      throw new DaybreakError('FILE_CHANGED', `${file.name} has ${read} bytes, but ${file.bytes} were announced`)
    const encoding = isUtf8 ? 'utf-8' : 'windows-1252'
    const scan = scanner.finish()
    const last = lastRecord(held, scan, { from, encoding })
    refuseTruncated(file.name, scan, { width: header.names.length, last })
    yield* cutPiece(held, from)
    const { lines, records, blankLines } = scan
    total = { encoding, lines, records, blankLines }
  }

  return {
    header: header.names,
    trailing: header.trailing,
    sample,
    records: records(),
    total() {
      if (!total) throw new TypeError('the cut is not through')
      return total
    },
  }
}

function* cutPiece(piece: Buffer, { offset, records, lines }: Mark): Generator<CutRecord> {
  let record = records
  for (const { start, end, line } of recordSpans(piece)) {
    const number = record++
    if (number === 0) continue
    const bytes = piece.subarray(start, end)
    yield { record: number, line: lines + line + 1, byteOffset: offset + start, bytes }
  }
}

function refuseLong({ name }: CutRequest, held: Buffer, { lines }: Mark): void {
  if (held.length > LONGEST_RECORD + PIECE_BYTES)
    throw unreadable(name, `a record near line ${lines + 1} is longer than the ${LONGEST_RECORD} bytes BigQuery takes`)
}

function lastRecord(
  held: Buffer,
  { unfinished, lastRecordOffset }: Scan,
  { from, encoding }: { readonly from: Mark; readonly encoding: Encoding },
): string | null {
  const last = held.subarray(lastRecordOffset - from.offset)
  return !unfinished || last.length > START_BYTES ? null : decode(last, encoding)
}

interface Start {
  readonly start: Buffer
  readonly after: AsyncGenerator<Buffer>
}

/** The first bytes, then the rest, in blocks that only the caller holds. */
async function startOf(blocks: AsyncIterable<Uint8Array>, wanted: number): Promise<Start> {
  const iterator = blocks[Symbol.asyncIterator]()
  const parts: Buffer[] = []
  for (let length = 0; length < wanted; ) {
    const next = await iterator.next()
    if (next.done) break
    parts.push(Buffer.from(next.value))
    length += next.value.length
  }
  const all = Buffer.concat(parts)
  async function* after(): AsyncGenerator<Buffer> {
    if (all.length > wanted) yield all.subarray(wanted)
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield Buffer.from(next.value)
  }
  return { start: all.subarray(0, wanted), after: after() }
}

async function* allBlocks(
  { start, after }: Start,
  mark: number,
  translate: ((block: Buffer) => void) | null,
): AsyncGenerator<Buffer> {
  yield start.subarray(mark)
  for await (const block of after) {
    translate?.(block)
    yield block
  }
}
