import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { DaybreakError } from '../../errors.ts'
import { createCrc32c } from '../../lib/crc32c.ts'

const CHUNK = 262_144

/** Content of an object to be, with the sums that the server checks it by. */
export interface Content {
  readonly bytes: number
  /** As Cloud Storage writes it: base64. */
  readonly crc32c: string
  /** The bytes from the start, as often as it is called. */
  readonly read: () => AsyncIterable<Uint8Array>
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
    const read = () => createReadStream(path, { highWaterMark: CHUNK })
    return { bytes: size, crc32c: await sumOf(read()), read }
  } catch (cause) {
    throw new DaybreakError('STORAGE_FAILED', `cannot read ${path} to store it: ${String(cause)}`, { cause })
  }
}

async function sumOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const sum = createCrc32c()
  for await (const piece of pieces) sum.update(piece)
  return sum.base64()
}

function ofBytes(content: Uint8Array): Content {
  const sum = createCrc32c()
  sum.update(content)
  return {
    bytes: content.length,
    crc32c: sum.base64(),
    async *read() {
      if (content.length > 0) yield content
    },
  }
}
