import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/** A file that rows are written to, line by line. */
export interface Lines {
  /** Waits where the disk is behind. */
  text(line: string): Promise<void>
  bytes(start: Buffer, end: string): Promise<void>
  close(): Promise<void>
}

const FULL = 1 << 20

/** Opens a file for lines. */
export function openLines(path: string): Lines {
  const stream = createWriteStream(path)
  let buffer = Buffer.allocUnsafe(FULL)
  let length = 0
  const flush = async () => {
    if (length === 0) return
    const isTaken = stream.write(buffer.subarray(0, length))
    buffer = Buffer.allocUnsafe(FULL)
    length = 0
    if (!isTaken) await once(stream, 'drain')
  }
  const room = async (bytes: number) => {
    if (length + bytes <= buffer.length) return
    await flush()
    if (bytes > buffer.length) buffer = Buffer.allocUnsafe(bytes)
  }
  return {
    async text(line) {
      await room(line.length * 3 + 1)
      length += buffer.write(`${line}\n`, length)
    },
    async bytes(start, end) {
      await room(start.length + end.length * 3 + 1)
      length += start.copy(buffer, length)
      length += buffer.write(`${end}\n`, length)
    },
    async close() {
      await flush()
      stream.end()
      await finished(stream)
    },
  }
}
