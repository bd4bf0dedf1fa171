import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

// Scratch files and files that were fetched a moment ago: their bytes are in memory. To hand a block of them to another thread
// takes longer than to copy it, several times longer while the engine keeps every processor busy. Long work lets others in
// between after every block.

/**
 * Bytes that are read or written at once: they stay in the cache of the processor while they are scanned and copied, and a lane
 * that has a row to reject waits less for its turn.
 */
const BLOCK_BYTES = 1 << 16

/** Opens a file, works on it, and closes it; the work must be over when it returns. */
export function withFile<Result>(path: string, flags: 'r' | 'w', work: (fd: number) => Result): Result {
  const fd = openSync(path, flags)
  try {
    return work(fd)
  } finally {
    closeSync(fd)
  }
}

/** The bytes from one place to another, fewer at the end of the file. */
export function readRange(file: string | number, from: number, to: number): Buffer {
  if (typeof file === 'string') return withFile(file, 'r', (fd) => readRange(fd, from, to))
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(to, fstatSync(file).size) - from))
  let filled = 0
  while (filled < buffer.length) {
    const bytesRead = readSync(file, buffer, filled, buffer.length - filled, from + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/** The bytes of a file from a place on. Every block is the same memory: it must be used before the next is asked for. */
export async function* blocksOf(path: string, from: number): AsyncGenerator<Buffer> {
  const fd = openSync(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(BLOCK_BYTES, fstatSync(fd).size - from)))
    for (let at = from; ; ) {
      const bytesRead = readSync(fd, buffer, 0, buffer.length, at)
      if (bytesRead === 0) return
      if (at > from) await setImmediate()
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    closeSync(fd)
  }
}

/** Writes all bytes after those that were written before: a disk that is nearly full may take some of them at first. */
export function append(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
}

/** Writes all bytes at a place. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}

const shared = Buffer.allocUnsafeSlow(BLOCK_BYTES)

/** Copies bytes from a place of one open file to the end of what was written to another. */
export async function copyRange(
  input: number,
  output: number,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
): Promise<void> {
  for (let done = 0; done < bytes; ) {
    // Full again with every block, and never across a pause, so that all copies can share it.
    const bytesRead = readSync(input, shared, 0, Math.min(shared.length, bytes - done), offset + done)
    if (bytesRead === 0) throw new RangeError('a file is shorter than it was')
    append(output, shared.subarray(0, bytesRead))
    done += bytesRead
    if (done < bytes) await setImmediate()
  }
}
