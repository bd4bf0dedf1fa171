import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createCrTranslator, endsRowsWithCr } from '../../../engine/file/bare-cr.ts'
import type { Encoding } from '../../../engine/file/encoding.ts'
import { START_BYTES } from '../../../engine/file/header.ts'
import type { RecordIndex } from '../../../engine/file/record-index.ts'
import type { Mark } from '../../../engine/file/scanner.ts'
import type { RejectedRecord } from '../../../engine/rejects/plan.ts'
import { append, blocksOf, readRange } from '../file.ts'
import type { Lanes } from './lanes.ts'
import { createPart } from './part.ts'
import { type PieceContext, transformPiece } from './piece.ts'
import { NotUtf8, type RawFile, type ScanOptions, scanFile } from './scan.ts'

/** A file that is a part now. */
export interface TransformedFile {
  /** Ascending. */
  readonly rejected: readonly RejectedRecord[]
  readonly total: Mark
  readonly index: RecordIndex
  readonly encoding: Encoding
}

/** Settings of the pieces in addition to the findings of the scan, and the place of the part. */
interface FileRequest {
  readonly context: Omit<PieceContext, 'index' | 'encoding'>
  readonly scan: Omit<ScanOptions, 'encoding' | 'header' | 'folder'>
  readonly part: string
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

async function transformAs(
  encoding: Encoding,
  lanes: Lanes,
  { context, scan, part: path }: FileRequest,
): Promise<TransformedFile> {
  const { file, header, folder, origin } = context
  const running = scanFile(file, { ...scan, header, folder, encoding })
  const complete = { ...context, encoding, index: running.index }
  const part = createPart(path, origin)
  const rejected: (readonly RejectedRecord[])[] = []
  try {
    await inLanes(running.pieces, lanes.count, {
      work: (piece) => lanes.withLane((lane) => transformPiece(lane, piece, complete), scan.signal),
      async take(result) {
        rejected.push(result.rejected)
        await part.add(result)
      },
    })
    part.finish()
  } finally {
    part.close()
  }
  return { rejected: rejected.flat(), total: running.total(), index: running.index, encoding }
}

interface Steps<Given, Made> {
  work(given: Given): Promise<Made>
  /** Called with one result after the other, in the order of what was given. */
  take(made: Made): Promise<void>
}

/** Works on what comes, so many at a time. A failure lets what runs end first. */
async function inLanes<Given, Made>(
  given: AsyncIterable<Given>,
  count: number,
  { work, take }: Steps<Given, Made>,
): Promise<void> {
  const running = new Set<Promise<unknown>>()
  let taken = Promise.resolve()
  let failed = false
  try {
    for await (const each of given) {
      if (running.size >= count) await Promise.race(running)
      const task = work(each)
      const ended = task.finally(() => running.delete(ended))
      running.add(ended)
      ended.catch(() => undefined)
      const before = taken
      taken = task.then(async (made) => {
        await before
        // Resolve waiting producers before delivering results, so no lane idles.
        await setImmediate()
        await take(made)
      })
      taken.catch(() => {
        failed = true
      })
      if (failed) break
    }
    await taken
  } finally {
    await Promise.allSettled([...running, taken])
  }
}

/** The file itself or, where its rows end in CR alone, a copy with LF in their place. */
export async function withoutBareCr(file: RawFile, folder: string): Promise<RawFile> {
  if (!endsRowsWithCr(readRange(file.path, 0, START_BYTES))) return file
  const path = join(folder, 'lines.csv')
  const translate = createCrTranslator()
  const output = openSync(path, 'w')
  try {
    for await (const block of blocksOf(file.path, 0)) {
      translate(block)
      append(output, block)
    }
  } finally {
    closeSync(output)
  }
  return { ...file, path }
}
