import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { describePlace, lastingDiskError } from '../../lib/disk-failure.ts'

// Primary result codes of SQLite; extended ones keep them in the lowest byte.
const SQLITE_PERM = 3
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

/** True when another connection held a lock. */
export function isBusy(error: unknown): boolean {
  return hasResult(error, SQLITE_BUSY, SQLITE_LOCKED)
}

/**
 * Makes a function that names failures of a ledger's file which will not pass. SQLite keeps two files next to it while it is
 * open; one of them may be the one without rights, left by a user or a time that had none.
 */
export function lastingSqliteError(path: string): (error: unknown, what: string) => DaybreakError | null {
  return (error, what) => {
    const text = error instanceof Error ? error.message : String(error)
    if (hasResult(error, SQLITE_CORRUPT, SQLITE_NOTADB))
      return new DaybreakError('LEDGER_DAMAGED', `SQLite could not ${what}: ${text} (${path})`, { cause: error })
    if (hasResult(error, SQLITE_FULL) || (hasResult(error, SQLITE_IOERR) && isFull(dirname(path))))
      return new DaybreakError('STORAGE_FULL', `SQLite could not ${what}: ${text} (${path})`, { cause: error })
    if (!hasResult(error, SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN)) return lastingDiskError(error, what, path)
    const blocked = [path, `${path}-wal`, `${path}-shm`, dirname(path)].find(isBlocked)
    if (blocked === undefined) return null
    const code = existsSync(path) && statSync(path).isDirectory() ? 'CONFIG_INVALID' : 'STORAGE_DENIED'
    return new DaybreakError(code, `SQLite could not ${what}: ${text}${describePlace(blocked)}`, { cause: error })
  }
}

/** SQLite reports a file that it could not enlarge as a failure of the disk, for any reason. */
function isFull(folder: string): boolean {
  try {
    const { bavail, ffree, files } = statfsSync(folder)
    return bavail === 0 || (files > 0 && ffree === 0)
  } catch {
    return false
  }
}

function isBlocked(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return path.endsWith('.sqlite') && statSync(path).isDirectory()
  } catch {
    return true
  }
}

function hasResult(error: unknown, ...codes: readonly number[]): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false
  return codes.includes(error.errcode & 0xff)
}
