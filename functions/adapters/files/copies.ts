import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { unpack } from '../../lib/unpack.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import type { Source } from '../../pipeline/ports.ts'

/** A file of a table on this disk, unpacked. */
export interface CopiedFile {
  readonly file: SourceFile
  /** Where its bytes are. */
  readonly path: string
}

/** Most bytes that a packed file may become. */
const MOST_BYTES = 2 ** 40

/** Copies files, so that all that is read of them is of one moment each. @throws {DaybreakError} as `Source.read`. */
export async function copyFiles(
  source: Source,
  files: readonly SourceFile[],
  { folder, signal }: { readonly folder: string; readonly signal?: AbortSignal | undefined },
): Promise<readonly CopiedFile[]> {
  const copies: CopiedFile[] = []
  for (const [at, file] of files.entries()) {
    const into = join(folder, `file-${at}`)
    await pipeline(source.read(file, signal), createWriteStream(into))
    const isPacked = /\.gz$/i.test(file.name)
    const path = isPacked
      ? await unpack({
          path: into,
          wanted: file.name.replace(/\.gz$/i, ''),
          maxBytes: MOST_BYTES,
          into: `${into}.plain`,
        })
      : into
    copies.push({ file, path })
  }
  return copies
}

/** The bytes of a copy in blocks, without a byte order mark. */
export async function* blocksOf({ path }: CopiedFile): AsyncGenerator<Buffer> {
  let isFirst = true
  for await (const chunk of createReadStream(path, { highWaterMark: BLOCK })) {
    const block = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
    yield isFirst && block.subarray(0, MARK.length).equals(MARK) ? block.subarray(MARK.length) : block
    isFirst = false
  }
}

const BLOCK = 1 << 20
const MARK = Buffer.from([0xef, 0xbb, 0xbf])
