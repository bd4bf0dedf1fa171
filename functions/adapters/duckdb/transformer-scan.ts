import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createUtf8Check, decode, type Encoding } from '../../engine/encoding.ts'
import { type Header, headerAt, refuseTruncated, START_BYTES } from '../../engine/header.ts'
import type { RecordIndex } from '../../engine/record-index.ts'
import { createScanner, type Mark, type Scan } from '../../engine/scanner.ts'
import { DaybreakError } from '../../errors.ts'

export type { Header }

const BLOCK_BYTES = 1 << 20

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
}

/** The file is not UTF-8: everything read so far has to be read again in the other encoding. */
export class NotUtf8 extends Error {
  override readonly name = 'NotUtf8'
}

/** @throws {DaybreakError} FILE_EMPTY, FILE_UNREADABLE. */
export async function scanHeader(file: RawFile): Promise<Header> {
  return headerAt(await readRange(file.path, 0, Math.min(file.bytes, START_BYTES)), file)
}

/** What a scan is told beside the file. */
export interface ScanOptions {
  readonly header: Header
  readonly encoding: Encoding
  readonly pieceBytes: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((bytes: number) => void) | undefined
}

/** A scan that goes on while pieces are taken from it. */
export interface RunningScan {
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
export function scanFile(
  file: RawFile,
  { header, encoding, pieceBytes, signal, onProgress }: ScanOptions,
): RunningScan {
  const scanner = createScanner({ pieceBytes, start: header.mark })
  let scan: Scan | null = null

  async function* pieces(): AsyncGenerator<Piece> {
    const utf8 = encoding === 'utf-8' ? createUtf8Check() : null
    let from = scanner.mark()
    let number = 0
    let read = header.mark
    for await (const block of blocksOf(file.path, header.mark)) {
      signal?.throwIfAborted()
      if (utf8 && !utf8.push(block)) throw new NotUtf8()
      scanner.push(block)
      read += block.length
      onProgress?.(read)
      // The last cut is held back: nothing may follow it, and then the end of the file belongs to its piece.
      for (; number < scanner.cuts.length - 1; number++) {
        const to = scanner.cuts[number] ?? from
        yield { number, from, to }
        from = to
      }
    }
    if (utf8 && !utf8.finish()) throw new NotUtf8()
    if (read !== file.bytes)
      throw new DaybreakError('FILE_CHANGED', `${file.name} has ${read} bytes, but ${file.bytes} were announced`)
    scan = scanner.finish()
    refuseTruncated(file.name, scan, { width: header.names.length, last: await lastRecord(file, scan, encoding) })
    const [held] = scanner.cuts.slice(number)
    if (held && held.records < scan.records) {
      yield { number, from, to: held }
      yield { number: number + 1, from: held, to: scan }
    } else yield { number, from, to: scan }
  }

  return {
    pieces: pieces(),
    index: scanner.index,
    total() {
      if (!scan) throw new TypeError('the scan is not through')
      return scan
    },
  }
}

async function lastRecord(file: RawFile, scan: Scan, encoding: Encoding): Promise<string | null> {
  if (!scan.unfinished || file.bytes - scan.lastRecordOffset > BLOCK_BYTES) return null
  return decode(await readRange(file.path, scan.lastRecordOffset, file.bytes), encoding)
}

/** The bytes of a file from a place on. Every block is the same memory: it must be used before the next is asked for. */
export async function* blocksOf(path: string, from: number): AsyncGenerator<Buffer> {
  const small = readSmall(path, from, Number.POSITIVE_INFINITY)
  if (small) {
    if (small.length > 0) yield small
    return
  }
  await using file = await open(path, 'r')
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES)
  for (let at = from; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}

/** Copies bytes from one open file to the end of what was written to another. */
export async function copyRange(
  input: FileHandle,
  output: FileHandle,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(bytes, BLOCK_BYTES))
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await input.read(buffer, 0, Math.min(buffer.length, bytes - done), offset + done)
    if (bytesRead === 0) throw new RangeError('a file is shorter than it was')
    await output.writeFile(buffer.subarray(0, bytesRead))
    done += bytesRead
  }
}

/** The bytes from one place to another, fewer at the end of the file. */
export async function readRange(file: string | FileHandle, from: number, to: number): Promise<Buffer> {
  if (typeof file === 'string') {
    const small = readSmall(file, from, to)
    if (small) return small
    await using handle = await open(file, 'r')
    return await readRange(handle, from, to)
  }
  const buffer = Buffer.allocUnsafe(to - from)
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, from + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/**
 * A range of at most one block at once; null for a longer one. The file was written a moment ago, so its bytes are in memory,
 * and to hand a few of them to another thread takes longer than to read them.
 */
function readSmall(path: string, from: number, to: number): Buffer | null {
  const file = openSync(path, 'r')
  try {
    const bytes = Math.max(0, Math.min(to, fstatSync(file).size) - from)
    if (bytes > BLOCK_BYTES) return null
    const buffer = Buffer.allocUnsafe(bytes)
    let filled = 0
    while (filled < bytes) {
      const bytesRead = readSync(file, buffer, filled, bytes - filled, from + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.subarray(0, filled)
  } finally {
    closeSync(file)
  }
}
