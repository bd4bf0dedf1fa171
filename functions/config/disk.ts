import { open, readdir } from 'node:fs/promises'
import { DaybreakError, toDaybreakError } from '../errors.ts'

/** Where configuration files are read from. */
export interface ProjectFiles {
  /** The first 256 KiB and one byte of a file; null when there is no such file. */
  read(path: string): Promise<Uint8Array | null>
  /** Names of what is in a folder, sorted; none when there is no such folder. @throws {DaybreakError} CONFIG_INVALID. */
  list(folder: string): Promise<readonly string[]>
}

const ENOUGH = 256 * 1024 + 1

/** The files of this disk. */
export const diskFiles: ProjectFiles = {
  async read(path) {
    const file = await unlessAbsent(open(path, 'r'))
    if (!file) return null
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(ENOUGH), 0, ENOUGH, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  },
  async list(folder) {
    const names = await unlessAbsent(readdir(folder)).catch((cause: unknown) => {
      throw new DaybreakError(
        'CONFIG_INVALID',
        `The folder ${folder} cannot be listed: ${toDaybreakError(cause).message}`,
        { cause },
      )
    })
    return (names ?? []).toSorted()
  },
}

async function unlessAbsent<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null
    throw error
  }
}
