import { open, readdir } from 'node:fs/promises'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { mostBytes, tooLarge } from './yaml.ts'

/** Where configuration files are read from. */
export interface ProjectFiles {
  /** A file; null when there is no such file. @throws {DaybreakError} CONFIG_INVALID when it is larger than files of its name may be. */
  read(path: string): Promise<Uint8Array | null>
  /** Names of what is in a folder, sorted; none when there is no such folder. @throws {DaybreakError} CONFIG_INVALID. */
  list(folder: string): Promise<readonly string[]>
}

/** The files of this disk. */
export const diskFiles: ProjectFiles = {
  async read(path) {
    const file = await unlessAbsent(open(path, 'r'))
    if (!file) return null
    try {
      const most = mostBytes(path)
      const { size } = await file.stat()
      if (size > most) throw new DaybreakError('CONFIG_INVALID', tooLarge(path, size))
      const { buffer, bytesRead } = await file.read(new Uint8Array(most + 1), 0, most + 1, 0)
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
