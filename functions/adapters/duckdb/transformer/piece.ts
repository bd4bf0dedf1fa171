import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Characters,
  type CompiledContract,
  copySql,
  rejectTables,
  type SliceOrigin,
} from '../../../engine/duckdb/compile.ts'
import type { Encoding } from '../../../engine/file/encoding.ts'
import { recordSpans } from '../../../engine/file/record.ts'
import { acceptedLines, CHECKPOINT_EVERY, lastAtOrBefore, type RecordIndex } from '../../../engine/file/record-index.ts'
import { faultOf, joinRejected, type RejectedRecord } from '../../../engine/rejects/plan.ts'
import { DaybreakError } from '../../../errors.ts'
import { readRange } from '../file.ts'
import type { Lane } from './lanes.ts'
import type { Header, Piece, RawFile } from './scan.ts'
import { sievePiece } from './sieve.ts'

/** Settings that all pieces of a file share. */
export interface PieceContext {
  readonly file: RawFile
  readonly header: Header
  readonly encoding: Encoding
  readonly index: RecordIndex
  readonly compiled: CompiledContract
  readonly origin: SliceOrigin
  /** Folder for this file's scratch files. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
}

/** Parquet of the accepted rows of one piece, and the records it left out. */
interface PieceResult {
  readonly path: string
  readonly accepted: number
  /** Ascending. */
  readonly rejected: readonly RejectedRecord[]
  /** Works out the lines of the accepted rows: eight bytes for each, so not before they are needed. */
  readonly lines: () => BigInt64Array
}

/** Makes Parquet of one piece, and gives the file of the piece back. @throws {DaybreakError} NOT_RECONCILED when a record is neither accepted nor rejected. */
export async function transformPiece(lane: Lane, piece: Piece, context: PieceContext): Promise<PieceResult> {
  try {
    const straight = isPlain(piece, context) ? await readStraight(lane, piece, context) : null
    const result = straight ?? (await readSieved(lane, piece, context))
    const records = { first: firstRecord(piece), end: piece.to.records, rejected: result.rejected }
    return { ...result, lines: () => acceptedLines(context.index, records) }
  } finally {
    piece.release()
  }
}

type Unnumbered = Omit<PieceResult, 'lines'>

/** True when DuckDB reads the bytes as they are exactly as the scanner did. */
function isPlain({ number, from, to }: Piece, { header, encoding }: PieceContext): boolean {
  const mixed = to.crlfEnds > from.crlfEnds && to.lfEnds > from.lfEnds
  const startsWithHeader = number > 0 || header.offset === 0
  return encoding === 'utf-8' && !mixed && to.oddities === from.oddities && startsWithHeader
}

async function readStraight(lane: Lane, piece: Piece, context: PieceContext): Promise<Unnumbered | null> {
  if (piece.path === null) return null
  const rowEnd = piece.to.crlfEnds > piece.from.crlfEnds ? 'CRLF' : 'LF'
  const characters = piece.to.innerBreaks > piece.from.innerBreaks ? 'lines' : 'plain'
  const request = { piece, context, input: piece.path, header: piece.number === 0, rowEnd, characters } as const
  const copied = await copy(lane, request).catch(() => null)
  context.signal?.throwIfAborted()
  if (copied && copied.accepted + lane.broken.length === countOf(piece))
    return { ...copied, rejected: joinRejected(firstRecord(piece), [], lane.broken) }
  // Records are missing: DuckDB could not read them, or does not take them as the scanner does.
  const unreadable = await unreadableRecords(lane, piece, context)
  if (!copied || !unreadable) return null
  return reconciled(copied, joinRejected(firstRecord(piece), unreadable, lane.broken), piece)
}

async function readSieved(lane: Lane, piece: Piece, context: PieceContext): Promise<Unnumbered> {
  const input = join(context.folder, `piece-${piece.number}.clean.csv`)
  try {
    const { file, encoding, compiled } = context
    const { width, texts } = compiled
    const refused = sievePiece({ path: file.path, piece, width, texts, encoding, output: input })
    const clean = { piece, context, input, header: false, rowEnd: 'LF', characters: 'unknown' } as const
    const copied = await copy(lane, clean).catch((error: unknown) => {
      throw new DaybreakError(
        'INTERNAL',
        `the engine failed on records ${piece.from.records} to ${piece.to.records} of ${file.name}`,
        { cause: error },
      )
    })
    const unreadable = refused.map(({ record, fault }) => ({ record, cause: fault }))
    const result = reconciled(copied, joinRejected(firstRecord(piece), unreadable, lane.broken), piece)
    if (result) return result
    const counts = { records: countOf(piece), accepted: copied.accepted, rejected: refused.length + lane.broken.length }
    throw new DaybreakError(
      'NOT_RECONCILED',
      `${file.name}: ${counts.records} records from line ${piece.from.lines + 1} on became ${counts.accepted} accepted and ${counts.rejected} rejected`,
      { details: counts },
    )
  } finally {
    await rm(input, { force: true })
  }
}

interface Copy {
  readonly piece: Piece
  readonly context: PieceContext
  readonly input: string
  readonly header: boolean
  readonly rowEnd: 'LF' | 'CRLF'
  readonly characters: Characters
}

async function copy(
  lane: Lane,
  { piece, context, input, header, rowEnd, characters }: Copy,
): Promise<{ readonly path: string; readonly accepted: number }> {
  lane.broken.length = 0
  const path = join(context.folder, `piece-${piece.number}.parquet`)
  const sql = copySql(context.compiled, {
    constants: context.origin.constants,
    input: { path: input, header, rowEnd, characters, longestRecord: piece.to.longestRecord },
    output: path,
    lane: lane.number,
  })
  const { rowsChanged } = await lane.connection.run(sql)
  // Within a few thousand rows DuckDB may reach those that break the second rule before those that break the first.
  lane.broken.sort((a, b) => a.row - b.row)
  return { path, accepted: Number(rowsChanged) }
}

/** Records that DuckDB could not read, by the place it says; null when it names a fault that cannot be placed. Empties its tables. */
async function unreadableRecords(
  { connection, number }: Lane,
  piece: Piece,
  context: PieceContext,
): Promise<readonly RejectedRecord[] | null> {
  const { rejects, scans } = rejectTables(number)
  const reader = await connection
    .runAndReadAll(`SELECT DISTINCT line_byte_position, CAST(error_type AS VARCHAR) FROM ${rejects} ORDER BY ALL`)
    .catch(() => null)
  if (!reader) return []
  const rows = reader.getRows()
  await connection.run(`DROP TABLE IF EXISTS ${rejects}; DROP TABLE IF EXISTS ${scans}`)
  const found = new Map<number, RejectedRecord>()
  for (const [position, errorType] of rows) {
    const cause = faultOf(String(errorType))
    const record = recordAt(piece.from.offset + Number(position) - 1, piece, context)
    if (cause === null || record === null || record < firstRecord(piece)) return null
    if (!found.has(record)) found.set(record, { record, cause })
  }
  return [...found.values()]
}

/** The record that holds a byte, or begins after it: DuckDB counts line breaks before a record as its own. */
function recordAt(offset: number, piece: Piece, { file, index }: PieceContext): number | null {
  const checkpoint = lastAtOrBefore(index.offsets, offset)
  const from = index.offsets[checkpoint] ?? 0
  const to = Math.min(index.offsets[checkpoint + 2] ?? piece.to.offset, piece.to.offset)
  let record = checkpoint * CHECKPOINT_EVERY
  for (const { end } of recordSpans(readRange(file.path, from, to))) {
    if (from + end > offset) return record
    record++
  }
  return null
}

/** The gate: what the scanner counted must be what came out. */
function reconciled(
  copied: { readonly path: string; readonly accepted: number },
  rejected: readonly RejectedRecord[],
  piece: Piece,
): Unnumbered | null {
  return copied.accepted + rejected.length === countOf(piece) ? { ...copied, rejected } : null
}

const firstRecord = ({ number, from }: Piece): number => (number === 0 ? 1 : from.records)
const countOf = (piece: Piece): number => Math.max(0, piece.to.records - firstRecord(piece))
