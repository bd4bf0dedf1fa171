import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { CRC32C } from '@google-cloud/storage'
import { DaybreakError } from '../../errors.ts'

/** What is going to be an object, with what the server will check it by. */
export interface Content {
  readonly bytes: number
  /** As Cloud Storage writes it: base64. */
  readonly crc32c: string
  /** The bytes from the start, as often as it is called. */
  readonly read: () => AsyncIterable<Uint8Array>
}

/** The CRC-32C of pieces, as they come. */
export function createSum(): { update(piece: Uint8Array): void; value(): string } {
  const sum = new CRC32C()
  return {
    update: (piece) => sum.update(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)),
    value: () => sum.toString(),
  }
}

/**
 * Looks at what is to be written. A file above the limit is read twice, now for its sum and later piece by piece; a smaller
 * one is held in memory.
 * @throws {DaybreakError} STORAGE_FAILED when the file cannot be read.
 */
export async function openContent(given: Uint8Array | { readonly path: string }, limit: number): Promise<Content> {
  if (!('path' in given)) return ofBytes(given)
  const { path } = given
  try {
    const { size } = await stat(path)
    if (size <= limit) return ofBytes(await readFile(path))
    const crc32c = (await CRC32C.fromFile(path)).toString()
    return { bytes: size, crc32c, read: () => createReadStream(path) }
  } catch (cause) {
    throw new DaybreakError('STORAGE_FAILED', `cannot read ${path} to store it: ${String(cause)}`, { cause })
  }
}

function ofBytes(content: Uint8Array): Content {
  const sum = createSum()
  sum.update(content)
  return {
    bytes: content.length,
    crc32c: sum.value(),
    async *read() {
      if (content.length > 0) yield content
    },
  }
}
