import { type FileHandle, open } from 'node:fs/promises'
import type { Content } from './content.ts'
import { hasCode } from './errors.ts'

const CHUNK = 1_048_576

/** True when a file holds exactly this content; null when there is no such file. Reads both, a piece at a time. */
export async function holdsSame(path: string, content: Content): Promise<boolean | null> {
  const stored = await openExisting(path)
  if (stored === null) return null
  try {
    if (!('path' in content)) return await equal(stored, content.length, readerOf(content))
    const other = await open(content.path, 'r')
    try {
      return await equal(stored, (await other.stat()).size, (position) => readAt(other, position))
    } finally {
      await other.close()
    }
  } finally {
    await stored.close()
  }
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

type Read = (position: number) => Promise<Uint8Array> | Uint8Array

async function equal(stored: FileHandle, bytes: number, read: Read): Promise<boolean> {
  if ((await stored.stat()).size !== bytes) return false
  for (let position = 0; position < bytes; position += CHUNK) {
    const [mine, theirs] = await Promise.all([readAt(stored, position), read(position)])
    if (Buffer.compare(mine, theirs) !== 0) return false
  }
  return true
}

function readerOf(content: Uint8Array): Read {
  return (position) => content.subarray(position, position + CHUNK)
}

/** A piece of a file; shorter only at its end, since one read may give less than it was asked for. */
async function readAt(file: FileHandle, position: number): Promise<Uint8Array> {
  const piece = Buffer.allocUnsafe(CHUNK)
  for (let filled = 0; ; ) {
    const { bytesRead } = await file.read(piece, filled, CHUNK - filled, position + filled)
    filled += bytesRead
    if (bytesRead === 0 || filled === CHUNK) return piece.subarray(0, filled)
  }
}
