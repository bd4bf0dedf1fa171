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

/** Counts and places at a byte: one object with all of its members from the start, because the rows of a gigabyte pass through it. */
interface State {
  /** Bytes before the block. */
  position: number
  records: number
  lines: number
  blankLines: number
  crlfEnds: number
  lfEnds: number
  innerBreaks: number
  oddities: number
  longestRecord: number
  recordStart: number
  cutAt: number
  /** Last byte before the block. */
  previous: number
  inQuotes: boolean
  quoteLine: number
  /** The last byte of a block was a quote inside quotes: the next byte says whether it closed the field. */
  pending: boolean
  /** Place of the next line break of the block; its length without one. */
  lineBreak: number
  /** Bytes of the block whose oddities are counted. */
  counted: number
  /** First bytes of a record that began in an earlier block. */
  head: Buffer
  readonly cuts: Mark[]
  readonly pieceBytes: number
  readonly width: number
  readonly odd: ReturnType<typeof createOddityCounter>
  readonly field: LongField
  readonly begin: ReturnType<typeof createIndexWriter>['begin']
}

/**
 * A quote opens only at the start of a field, `""` inside is a quote, a row ends at LF or CR LF outside quotes, and an empty
 * line is no record. Hops from quote to quote and from line break to line break with the native `indexOf`, so a gigabyte
 * takes well under a second.
 */
export function createScanner({ pieceBytes, start = 0, indexed = true, width = 1 }: ScannerOptions): Scanner {
  const { index, begin } = createIndexWriter(indexed)
  const state: State = {
    ...{ position: start, records: 0, lines: 0, blankLines: 0, crlfEnds: 0, lfEnds: 0, innerBreaks: 0, oddities: 0 },
    ...{ longestRecord: 0, recordStart: start, cutAt: start + pieceBytes, previous: LF, inQuotes: false, quoteLine: 0 },
    ...{ pending: false, lineBreak: 0, counted: 0, head: NOTHING, cuts: [], pieceBytes, width, begin },
    ...{ odd: createOddityCounter(), field: createLongField() },
  }
  begin(0, 1, start)
  return {
    cuts: state.cuts,
    mark: () => markOf(state),
    index,
    push(bytes) {
      if (bytes.length === 0) return
      // Buffer's indexOf is a native search; that of a plain Uint8Array is several times slower.
      const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      state.counted = 0
      scanRows(state, block)
      countOddities(state, block, block.length)
      if (state.inQuotes && width > 1) state.field.hold(block, state.position)
      state.head = Buffer.from(startOfRecord(state, block, { to: block.length, most: HEAD_BYTES }))
      state.previous = block[block.length - 1] ?? state.previous
      state.position += block.length
    },
    finish: () => finish(state),
  }
}

function markOf(state: State): Mark {
  const { recordStart: offset, records, lines, blankLines, crlfEnds, lfEnds } = state
  const { innerBreaks, oddities, longestRecord } = state
  return { offset, records, lines, blankLines, crlfEnds, lfEnds, innerBreaks, oddities, longestRecord }
}

function scanRows(state: State, block: Buffer): void {
  const size = block.length
  let from = state.pending ? settlePending(state, block) : 0
  let quote = indexOrEnd(block, QUOTE, from)
  state.lineBreak = indexOrEnd(block, LF, from)
  while (from < size) {
    if (state.inQuotes) {
      countInner(state, block, quote)
      if (quote === size) return
      if (quote + 1 === size) {
        state.pending = true
        return
      }
      const next = block[quote + 1]
      from = next === QUOTE ? quote + 2 : quote + 1
      if (next !== QUOTE) closeField(state, block, { quote, next })
    } else {
      endRows(state, block, quote)
      if (quote === size) return
      openField(state, block, quote)
      from = quote + 1
    }
    quote = indexOrEnd(block, QUOTE, from)
  }
}

/** Decides about a quote at the end of the block before. Returns where this block goes on. */
function settlePending(state: State, block: Buffer): number {
  state.pending = false
  if (block[0] === QUOTE) return 1
  closeField(state, block, { quote: 0, next: block[0] })
  return 0
}

/** Counts the line breaks before a place that lies in a quoted field. */
function countInner(state: State, block: Buffer, to: number): void {
  let { lineBreak } = state
  while (lineBreak < to) {
    state.lines++
    state.innerBreaks++
    state.field.breaks++
    lineBreak = indexOrEnd(block, LF, lineBreak + 1)
  }
  state.lineBreak = lineBreak
}

/** Ends the rows before a place outside of quotes. */
function endRows(state: State, block: Buffer, to: number): void {
  let { lineBreak } = state
  while (lineBreak < to) {
    endRow(state, block, lineBreak)
    lineBreak = indexOrEnd(block, LF, lineBreak + 1)
  }
  state.lineBreak = lineBreak
}

function endRow(state: State, block: Buffer, lineBreak: number): void {
  const before = lineBreak > 0 ? (block[lineBreak - 1] ?? state.previous) : state.previous
  const end = state.position + lineBreak + 1
  const bytes = end - state.recordStart
  state.lines++
  if (before === CR) state.crlfEnds++
  else state.lfEnds++
  if (
    bytes <= LONGEST_BLANK + 1 &&
    isBlankLine(startOfRecord(state, block, { to: lineBreak, most: LONGEST_BLANK + 1 }))
  )
    state.blankLines++
  else {
    state.records++
    if (bytes > state.longestRecord) state.longestRecord = bytes
  }
  state.recordStart = end
  state.begin(state.records, state.lines + 1, end)
  if (end >= state.cutAt) {
    countOddities(state, block, end - state.position)
    state.cuts.push(markOf(state))
    state.cutAt = end + state.pieceBytes
  }
}

/** The first bytes of the record that is read, of those before a place of the block. */
function startOfRecord(
  { recordStart, position, head }: State,
  block: Buffer,
  { to, most }: { readonly to: number; readonly most: number },
): Buffer {
  const from = recordStart - position
  if (from >= 0) return block.subarray(from, Math.min(to, from + most))
  return Buffer.concat([head, block.subarray(0, Math.max(0, Math.min(to, most - head.length)))])
}

/** Counts up to the end of a piece, then on, so that each piece knows its own. */
function countOddities(state: State, block: Buffer, to: number): void {
  state.oddities += state.odd.count(block.subarray(state.counted, to))
  state.counted = to
}

/** A quote outside of quotes begins a field, or stands in one. */
function openField(state: State, block: Buffer, quote: number): void {
  const before = quote > 0 ? (block[quote - 1] ?? state.previous) : state.previous
  state.inQuotes = before === COMMA || state.position + quote === state.recordStart
  if (state.inQuotes) {
    state.quoteLine = state.lines + 1
    state.field.open(state.position + quote)
  } else if (before === SPACE) state.oddities++
}

/** Ends a quoted field, and counts one of several lines that may have swallowed rows. */
function closeField(
  state: State,
  block: Buffer,
  { quote, next }: { readonly quote: number; readonly next: number | undefined },
): void {
  state.inQuotes = false
  if (next === SPACE) state.oddities++
  if (state.field.breaks === 0 || state.width <= 1) return
  const bytes = state.field.bytesTo(block, quote, state.position)
  // A field that began long ago is looked at as a whole later.
  const isOdd = bytes === null || maySwallow(bytes, state.width, firstFieldOf(state, block, quote))
  if (isOdd) state.oddities++
}

function firstFieldOf(state: State, block: Buffer, to: number): ReturnType<typeof firstField> {
  return firstField(startOfRecord(state, block, { to, most: HEAD_BYTES }))
}

function finish(state: State): Scan {
  if (state.pending) state.inQuotes = false
  state.oddities += state.odd.finish()
  const lastBytes = state.position - state.recordStart
  const unfinished = lastBytes > 0
  const lastRecordOffset = state.recordStart
  if (unfinished) {
    // A last line of CR or Ctrl-Z alone holds no field, like the blank lines before it.
    const blank = lastBytes <= LONGEST_BLANK && isBlankLine(state.head)
    state.records += blank ? 0 : 1
    state.blankLines += blank ? 1 : 0
    state.lines++
    state.longestRecord = Math.max(state.longestRecord, lastBytes)
    state.recordStart = state.position
  }
  const openQuoteLine = state.inQuotes ? state.quoteLine : null
  return { ...markOf(state), openQuoteLine, unfinished, lastRecordOffset }
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
