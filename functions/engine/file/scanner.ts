import { isBlankLine, LONGEST_BLANK } from './blank-line.ts'
import { createOddityCounter } from './oddities.ts'
import { createIndexWriter, type RecordIndex } from './record-index.ts'
import { firstField, maySwallow } from './swallowed.ts'

/** State of a scanner at the end of a record: everything before `offset` is counted, nothing after it. */
export interface Mark {
  /** Bytes before this place. */
  readonly offset: number
  readonly records: number
  /** Physical lines that ended before this place. */
  readonly lines: number
  readonly blankLines: number
  /** Records and blank lines that ended in CR LF. */
  readonly crlfEnds: number
  /** Records and blank lines that ended in LF alone. */
  readonly lfEnds: number
  /** Line breaks inside quoted fields. */
  readonly innerBreaks: number
  /** Bytes that other readers of CSV may read differently, or that no text should hold: `oddities.ts`, a quote next to a space, swallowed rows. */
  readonly oddities: number
  /** Bytes of the longest record so far, its row end included. */
  readonly longestRecord: number
}

/** The whole file, counted. */
export interface Scan extends Mark {
  /** Line, from 1, of the quote that is still open at the end; null when none is. */
  readonly openQuoteLine: number | null
  /** True when the last record has no line break after it. */
  readonly unfinished: boolean
  /** Bytes before the last record. */
  readonly lastRecordOffset: number
}

/** Counts records and lines over bytes as they come, in blocks of any size. */
interface Scanner {
  /** Takes the next block. Marks where a piece is complete are added to `cuts`. */
  push(bytes: Uint8Array): void
  /** Ends the last record and returns the totals. */
  finish(): Scan
  /** Ends of records at which a piece is at least as long as was asked for, in order. */
  readonly cuts: readonly Mark[]
  /** Counts up to the end of the last record so far. */
  mark(): Mark
  readonly index: RecordIndex
}

const LF = 10
const CR = 13
const SPACE = 32
const QUOTE = 34
const COMMA = 44

/** Size of the pieces, and what else is looked for in a file. */
interface ScannerOptions {
  /** A piece ends with the first record that brings it to this size. */
  readonly pieceBytes: number
  /** Bytes of the file before the first block: those of a byte order mark. */
  readonly start?: number
  /** False for an index that stays empty: it would grow with the file. */
  readonly indexed?: boolean
  /** Fields of the header, to notice quoted fields that may have swallowed rows; they are not looked for without it. */
  readonly width?: number
}

/** Bytes at the start of a record that are kept from one block to the next. */
const HEAD_BYTES = 256
/** A field that is longer and spans blocks is taken for one that may have swallowed rows. */
const LONGEST_FIELD = 1 << 16
const NOTHING = Buffer.alloc(0)

/**
 * A quote opens only at the start of a field, `""` inside is a quote, a row ends at LF or CR LF outside quotes, and an empty
 * line is no record. Hops from quote to quote and from line break to line break with the native `indexOf`, so a gigabyte
 * takes well under a second.
 */
export function createScanner({ pieceBytes, start = 0, indexed = true, width = 1 }: ScannerOptions): Scanner {
  const cuts: Mark[] = []
  const { index, begin } = createIndexWriter(indexed)
  let position = start
  let records = 0
  let lines = 0
  let blankLines = 0
  let crlfEnds = 0
  let lfEnds = 0
  let innerBreaks = 0
  let oddities = 0
  let longestRecord = 0
  let recordStart = start
  let cutAt = start + pieceBytes
  let previous = LF
  let inQuotes = false
  let quoteLine = 0
  // The last byte of a block was a quote inside quotes: the next byte says whether it closed the field.
  let pending = false
  const odd = createOddityCounter()
  // Bytes of the block whose oddities are counted.
  let counted = 0
  // First bytes of a record that began in an earlier block.
  let head: Buffer = NOTHING
  const field = createLongField()

  const mark = (): Mark => ({
    offset: recordStart,
    records,
    lines,
    blankLines,
    crlfEnds,
    lfEnds,
    innerBreaks,
    oddities,
    longestRecord,
  })

  const endRow = (block: Buffer, lineBreak: number) => {
    const before = lineBreak > 0 ? (block[lineBreak - 1] ?? previous) : previous
    const end = position + lineBreak + 1
    const bytes = end - recordStart
    lines++
    if (before === CR) crlfEnds++
    else lfEnds++
    if (bytes <= LONGEST_BLANK + 1 && isBlankLine(startOfRecord(block, lineBreak, LONGEST_BLANK + 1))) blankLines++
    else {
      records++
      if (bytes > longestRecord) longestRecord = bytes
    }
    recordStart = end
    begin(records, lines + 1, recordStart)
    if (end >= cutAt) {
      countOddities(block, end - position)
      cuts.push(mark())
      cutAt = end + pieceBytes
    }
  }

  /** The first bytes of the record that is read, of those before a place of the block. */
  const startOfRecord = (block: Buffer, to: number, most: number): Buffer => {
    const from = recordStart - position
    if (from >= 0) return block.subarray(from, Math.min(to, from + most))
    return Buffer.concat([head, block.subarray(0, Math.max(0, Math.min(to, most - head.length)))])
  }

  // Counted up to the end of a piece, then on, so that each piece knows its own.
  const countOddities = (block: Buffer, to: number) => {
    oddities += odd.count(block.subarray(counted, to))
    counted = to
  }

  const closeQuote = (next: number | undefined) => {
    inQuotes = false
    if (next === SPACE) oddities++
  }

  /** Counts a field of several lines that may have swallowed rows. */
  const closeLines = (block: Buffer, quote: number) => {
    if (width <= 1) return
    const bytes = field.bytesTo(block, quote, position)
    // A field that began long ago is looked at as a whole later.
    if (bytes === null || maySwallow(bytes, width, firstField(startOfRecord(block, quote, HEAD_BYTES)))) oddities++
  }

  const scanRows = (block: Buffer) => {
    const size = block.length
    let from = 0
    if (pending) {
      pending = false
      if (block[0] === QUOTE) from = 1
      else {
        if (field.breaks > 0) closeLines(block, 0)
        closeQuote(block[0])
      }
    }
    let quote = indexOrEnd(block, QUOTE, from)
    let lineBreak = indexOrEnd(block, LF, from)
    while (from < size) {
      if (inQuotes) {
        while (lineBreak < quote) {
          lines++
          innerBreaks++
          field.breaks++
          lineBreak = indexOrEnd(block, LF, lineBreak + 1)
        }
        if (quote === size) return
        if (quote + 1 === size) {
          pending = true
          return
        }
        const next = block[quote + 1]
        from = next === QUOTE ? quote + 2 : quote + 1
        if (next !== QUOTE) {
          if (field.breaks > 0) closeLines(block, quote)
          closeQuote(next)
        }
      } else {
        while (lineBreak < quote) {
          endRow(block, lineBreak)
          lineBreak = indexOrEnd(block, LF, lineBreak + 1)
        }
        if (quote === size) return
        const before = quote > 0 ? (block[quote - 1] ?? previous) : previous
        inQuotes = before === COMMA || position + quote === recordStart
        if (inQuotes) {
          quoteLine = lines + 1
          field.open(position + quote)
        } else if (before === SPACE) oddities++
        from = quote + 1
      }
      quote = indexOrEnd(block, QUOTE, from)
    }
  }

  begin(records, lines + 1, recordStart)
  return {
    cuts,
    mark,
    index,
    push(bytes) {
      if (bytes.length === 0) return
      // Buffer's indexOf is a native search; that of a plain Uint8Array is several times slower.
      const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      counted = 0
      scanRows(block)
      countOddities(block, block.length)
      if (inQuotes && width > 1) field.hold(block, position)
      head = Buffer.from(startOfRecord(block, block.length, HEAD_BYTES))
      previous = block[block.length - 1] ?? previous
      position += block.length
    },
    finish() {
      if (pending) closeQuote(undefined)
      oddities += odd.finish()
      const lastBytes = position - recordStart
      const unfinished = lastBytes > 0
      const lastRecordOffset = recordStart
      if (unfinished) {
        // A last line of CR or Ctrl-Z alone holds no field, like the blank lines before it.
        const blank = lastBytes <= LONGEST_BLANK && isBlankLine(head)
        records += blank ? 0 : 1
        blankLines += blank ? 1 : 0
        lines++
        longestRecord = Math.max(longestRecord, lastBytes)
        recordStart = position
      }
      const openQuoteLine = inQuotes ? quoteLine : null
      return { ...mark(), openQuoteLine, unfinished, lastRecordOffset }
    },
  }
}

function indexOrEnd(block: Buffer, byte: number, from: number): number {
  const at = block.indexOf(byte, from)
  return at < 0 ? block.length : at
}

/** A quoted field that may go on over blocks. */
interface LongField {
  /** Line breaks in it so far. */
  breaks: number
  /** Begins with the quote at this place of the file. */
  open(at: number): void
  /** Keeps its bytes of a block that begins at a place of the file. */
  hold(block: Buffer, position: number): void
  /** Its bytes up to a quote of the block; null when some of them were too many to keep. */
  bytesTo(block: Buffer, quote: number, position: number): Buffer | null
}

function createLongField(): LongField {
  let start = 0
  let held: Buffer = NOTHING
  const field: LongField = {
    breaks: 0,
    open(at) {
      start = at
      field.breaks = 0
      held = NOTHING
    },
    hold(block, position) {
      const from = Math.max(0, start - position + 1)
      const bytes = held.length + block.length - from
      // What is too long is not held, and then its end tells that it is not.
      held = bytes > LONGEST_FIELD ? NOTHING : Buffer.concat([held, block.subarray(from)])
    },
    bytesTo(block, quote, position) {
      const from = start - position + 1
      if (from >= 0) return block.subarray(from, quote)
      return start + held.length + 1 === position ? Buffer.concat([held, block.subarray(0, quote)]) : null
    },
  }
  return field
}
