import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createUtf8Check, decode, type Encoding } from '../../../engine/file/encoding.ts'
import { type Header, headerAt, refuseTruncated, START_BYTES } from '../../../engine/file/header.ts'
import type { RecordIndex } from '../../../engine/file/record-index.ts'
import { createScanner, type Mark, type Scan } from '../../../engine/file/scanner.ts'
import { DaybreakError } from '../../../errors.ts'
import { blocksOf, readRange, writeAt } from '../file.ts'

export type { Header }

/** A last record that is longer is not looked at. */
const LONGEST_LAST_RECORD = 1 << 20

/** A file to read, as messages call it. */
export interface RawFile {
  readonly path: string
  readonly name: string
  readonly bytes: number
}

/** Records that are worked on together, with what the scanner counted before and after them. */
export interface Piece {
  readonly number: number
  readonly from: Mark
  readonly to: Mark
  /** A file of its bytes; the file itself when the piece is all of it; null where DuckDB cannot read them as they are. */
  readonly path: string | null
  /** Gives the file back, for another piece to be written over it. */
  release(): void
}

/** The file is not UTF-8: everything read so far has to be read again in the other encoding. */
export class NotUtf8 extends Error {
  override readonly name = 'NotUtf8'
}

/** @throws {DaybreakError} FILE_EMPTY, FILE_UNREADABLE. */
export function scanHeader(file: RawFile): Header {
  return headerAt(readRange(file.path, 0, Math.min(file.bytes, START_BYTES)), file)
}

/** Settings of a scan in addition to the file. */
export interface ScanOptions {
  readonly header: Header
  readonly encoding: Encoding
  readonly pieceBytes: number
  /** The records were made of JSON: no quote in them swallowed any, and rows are numbered instead of lines. */
  readonly isMade: boolean
  /** Where the files of pieces go. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/** A scan that goes on while pieces are taken from it. */
interface RunningScan {
  /** In order. The last one comes only when the whole file is known to be complete. */
  readonly pieces: AsyncGenerator<Piece>
  readonly index: RecordIndex
  /** The totals, once the pieces are through. */
  total(): Scan
}

/**
 * Reads a file once, in blocks, and hands out pieces as soon as they are complete.
 * The pieces throw NotUtf8 when UTF-8 was expected, and DaybreakError FILE_TRUNCATED.
 */
export function scanFile(file: RawFile, options: ScanOptions): RunningScan {
  const { header, encoding, pieceBytes, isMade, folder, signal, onProgress } = options
  const scanner = createScanner({ pieceBytes, start: header.mark, width: isMade ? 1 : header.names.length })
  let scan: Scan | null = null

  async function* pieces(): AsyncGenerator<Piece> {
    const utf8 = encoding === 'utf-8' ? createUtf8Check() : null
    const whole = header.mark === 0 && file.bytes <= pieceBytes
    const copies = utf8 && !whole ? createCopies(folder, header.mark) : null
    const pieceOf = (number: number, from: Mark, to: Mark): Piece => {
      const copy = copies?.take(number)
      return { number, from, to, path: whole ? file.path : (copy ?? null), release: () => copies?.release(copy) }
    }
    try {
      let from = scanner.mark()
      let number = 0
      let read = header.mark
      for await (const block of blocksOf(file.path, header.mark)) {
        signal?.throwIfAborted()
        if (utf8 && !utf8.push(block)) throw new NotUtf8()
        scanner.push(block)
        copies?.write(block, scanner.cuts)
        read += block.length
        onProgress?.(read)
        // A cut is held back until a record follows it: if none does, the end of the file belongs to its piece.
        const { records } = scanner.mark()
        for (let to = scanner.cuts[number]; to && to.records < records; to = scanner.cuts[++number]) {
          yield pieceOf(number, from, to)
          from = to
        }
      }
      if (utf8 && !utf8.finish()) throw new NotUtf8()
      if (read !== file.bytes)
        throw new DaybreakError('FILE_CHANGED', `${file.name} has ${read} bytes, but ${file.bytes} were announced`)
      scan = scanner.finish()
      refuseTruncated(file.name, scan, { width: header.names.length, last: lastRecord(file, scan, encoding) })
      const [held] = scanner.cuts.slice(number)
      if (held && held.records < scan.records) {
        yield pieceOf(number, from, held)
        yield pieceOf(number + 1, held, scan)
      } else yield pieceOf(number, from, scan)
    } finally {
      copies?.close()
    }
  }

  return {
    pieces: pieces(),
    index: isMade ? { ...scanner.index, stepRecords: [0], stepLines: [0] } : scanner.index,
    total() {
      if (!scan) throw new TypeError('the scan is not through')
      return scan
    },
  }
}

/** Files that get the bytes of the pieces while they are read: to read them a second time would cost as much as to scan them. */
interface Copies {
  /** Takes the next block and all cuts that are known with it. */
  write(block: Buffer, cuts: readonly Mark[]): void
  /** The file of a piece that is complete. */
  take(number: number): string | undefined
  release(path: string | undefined): void
  close(): void
}

/** A file that is written over costs a quarter of a new one: its memory is there already. So few are used, in turns. */
function createCopies(folder: string, start: number): Copies {
  const paths: string[] = []
  const free: string[] = []
  let at = start
  let output = -1
  let length = 0
  const next = () => {
    const used = free.pop()
    const path = used ?? join(folder, `piece-${paths.length}.csv`)
    paths.push(path)
    output = openSync(path, used ? 'r+' : 'w')
    length = 0
  }
  const append = (bytes: Buffer) => {
    writeAt(output, bytes, length)
    length += bytes.length
  }
  const end = () => {
    if (output < 0) return
    ftruncateSync(output, length)
    closeSync(output)
    output = -1
  }
  next()
  return {
    write(block, cuts) {
      let written = 0
      for (let cut = cuts[paths.length - 1]; cut; cut = cuts[paths.length - 1]) {
        append(block.subarray(written, cut.offset - at))
        written = cut.offset - at
        end()
        next()
      }
      append(block.subarray(written))
      at += block.length
    },
    take(number) {
      if (number === paths.length - 1) end()
      return paths[number]
    },
    release: (path) => {
      if (path !== undefined) free.push(path)
    },
    close: end,
  }
}

function lastRecord(file: RawFile, scan: Scan, encoding: Encoding): string | null {
  if (!scan.unfinished || file.bytes - scan.lastRecordOffset > LONGEST_LAST_RECORD) return null
  return decode(readRange(file.path, scan.lastRecordOffset, file.bytes), encoding)
}
