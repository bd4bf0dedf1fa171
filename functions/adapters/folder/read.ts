import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { DaybreakError } from '../../errors.ts'
import { expectListed, expectSize, fileChanged } from '../../lib/listed-file.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import { isMissing } from './errors.ts'
import { resolveInside } from './path.ts'

const CHUNK = 262_144

interface Reading {
  readonly root: string
  readonly file: SourceFile
  readonly maxFileBytes: number
  readonly signal: AbortSignal | undefined
}

/**
 * The bytes of a listed file.
 * @throws {DaybreakError} FILE_TOO_LARGE, FILE_CHANGED, SOURCE_READ_FAILED, CANCELLED
 */
export async function* readFile(realRoot: string, reading: Reading): AsyncGenerator<Uint8Array> {
  const { root, file, maxFileBytes } = reading
  expectSize(file.path, file.bytes, maxFileBytes)
  try {
    const real = await resolveInside(realRoot, root, file.path)
    if (real === null) throw fileChanged(file, 'it is gone')
    // Not blocking, or a pipe that took the place of the file would wait for a writer for ever.
    const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const before = await handle.stat()
      expectSize(file.path, before.size, maxFileBytes)
      expectListed(file, found(before), 'when it was opened')
      yield* readBytes(handle, reading)
      expectListed(file, found(await lstat(real)), 'after it was read')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof DaybreakError && error.code !== 'SOURCE_LISTING_FAILED') throw error
    if (isMissing(error)) throw fileChanged(file, 'it is gone')
    const why = error instanceof DaybreakError ? error.message : String(error)
    throw new DaybreakError('SOURCE_READ_FAILED', `cannot read ${file.path}: ${why}`, { cause: error })
  }
}

/** Asks for one byte more than was listed, so a file that grew shows itself. */
async function* readBytes(handle: FileHandle, { file, signal }: Reading): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    if (signal?.aborted) throw new DaybreakError('CANCELLED', `cancelled while reading ${file.path}`)
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, file.bytes + 1 - position))
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position)
    position += bytesRead
    if (position > file.bytes) throw fileChanged(file, 'it goes on behind its end')
    if (bytesRead > 0) yield chunk.subarray(0, bytesRead)
    else if (position < file.bytes) throw fileChanged(file, `it ended at byte ${position}`)
    else return
  }
}

function found(stats: Stats): { bytes: number; modifiedAt: number; isFile: boolean } {
  return { bytes: stats.size, modifiedAt: Math.floor(stats.mtimeMs), isFile: stats.isFile() }
}
