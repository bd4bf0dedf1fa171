import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { createCrTranslator, endsRowsWithCr } from '../../engine/bare-cr.ts'
import type { Encoding } from '../../engine/encoding.ts'
import { START_BYTES } from '../../engine/header.ts'
import type { RecordIndex } from '../../engine/record-index.ts'
import type { Mark } from '../../engine/scanner.ts'
import type { Lanes } from './transformer-lanes.ts'
import { type PieceContext, type PieceResult, transformPiece } from './transformer-piece.ts'
import { NotUtf8, type Piece, type RawFile, readRange, type ScanOptions, scanFile } from './transformer-scan.ts'

/** A file whose pieces are all Parquet. */
export interface TransformedFile {
  readonly pieces: readonly PieceResult[]
  readonly total: Mark
  readonly index: RecordIndex
  readonly encoding: Encoding
}

/** What the pieces need beside what the scan finds out. */
export interface FileRequest {
  readonly context: Omit<PieceContext, 'index' | 'encoding'>
  readonly scan: Omit<ScanOptions, 'encoding' | 'header'>
}

/** Reads a file as UTF-8 and, when a byte somewhere says that it is not, once more as windows-1252. */
export async function transformFile(lanes: Lanes, request: FileRequest): Promise<TransformedFile> {
  const { encoding } = request.context.header
  try {
    return await transformAs(encoding, lanes, request)
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error
    return await transformAs('windows-1252', lanes, request)
  }
}

async function transformAs(encoding: Encoding, lanes: Lanes, { context, scan }: FileRequest): Promise<TransformedFile> {
  const running = scanFile(context.file, { ...scan, header: context.header, encoding })
  const complete = { ...context, encoding, index: running.index }
  const pieces = await inLanes(running.pieces, lanes.count, (piece) =>
    lanes.withLane((lane) => transformPiece(lane, piece, complete), scan.signal),
  )
  return { pieces, total: running.total(), index: running.index, encoding }
}

/** Works on pieces as they come, so many at a time; the results are in their order. A failure lets what runs end first. */
async function inLanes(
  pieces: AsyncIterable<Piece>,
  count: number,
  work: (piece: Piece) => Promise<PieceResult>,
): Promise<readonly PieceResult[]> {
  const tasks: Promise<PieceResult>[] = []
  const running = new Set<Promise<unknown>>()
  try {
    for await (const piece of pieces) {
      if (running.size >= count) await Promise.race(running)
      const task = work(piece)
      tasks.push(task)
      const ended = task.finally(() => running.delete(ended))
      running.add(ended)
      ended.catch(() => undefined)
    }
    return await Promise.all(tasks)
  } finally {
    await Promise.allSettled(tasks)
  }
}

/** The file itself or, where its rows end in CR alone, a copy with LF in their place. */
export async function withoutBareCr(file: RawFile, folder: string): Promise<RawFile> {
  if (!endsRowsWithCr(await readRange(file.path, 0, Math.min(file.bytes, START_BYTES)))) return file
  const path = join(folder, 'lines.csv')
  const translate = createCrTranslator()
  await using input = await open(file.path, 'r')
  await using output = await open(path, 'w')
  for (let at = 0; at < file.bytes; at += START_BYTES) {
    const block = await readRange(input, at, Math.min(file.bytes, at + START_BYTES))
    translate(block)
    await output.write(block)
  }
  return { ...file, path }
}
