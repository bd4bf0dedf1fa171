import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DaybreakError, type ErrorCode } from '../errors.ts'

type DiskCode = Extract<ErrorCode, 'STORAGE_DENIED' | 'STORAGE_FULL' | 'CONFIG_INVALID'>

/** Error codes of the file system that a retry does not cure. */
const LASTING: Readonly<Record<string, DiskCode>> = {
  EACCES: 'STORAGE_DENIED',
  EPERM: 'STORAGE_DENIED',
  EROFS: 'STORAGE_DENIED',
  ENOSPC: 'STORAGE_FULL',
  EDQUOT: 'STORAGE_FULL',
  EFBIG: 'STORAGE_FULL',
  ENOTDIR: 'CONFIG_INVALID',
  EISDIR: 'CONFIG_INVALID',
  ELOOP: 'CONFIG_INVALID',
  ENAMETOOLONG: 'CONFIG_INVALID',
}

/** Words by which DuckDB says the same, in the text of its messages. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/permission denied|operation not permitted|read-only file system/i, 'EACCES'],
  [/no space left on device|database or disk is full|disk quota exceeded/i, 'ENOSPC'],
  [/is a directory/i, 'EISDIR'],
  [/not a directory/i, 'ENOTDIR'],
]

/**
 * The error of a disk that will refuse the same again: missing rights, no space, a file where a folder belongs. Null for a
 * failure that may pass.
 */
export function lastingDiskError(error: unknown, what: string, path?: string): DaybreakError | null {
  const code = systemCodeOf(error)
  const meaning = code === null ? undefined : LASTING[code]
  if (code === null || meaning === undefined) return null
  const place = pathOf(error) ?? path
  const text = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
  return new DaybreakError(meaning, `cannot ${what}: ${text}${place === undefined ? '' : describePlace(place)}`, {
    cause: error,
  })
}

/** For `catch`: the lasting error, or STORAGE_FAILED for a failure that may pass. */
export function throwDisk(what: string, path: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof DaybreakError) throw error
    const lasting = lastingDiskError(error, what, path)
    const reason = error instanceof Error ? error.message : String(error)
    throw lasting ?? new DaybreakError('STORAGE_FAILED', `cannot ${what}: ${reason}`, { cause: error })
  }
}

/** The code of the file system behind an error, e.g. `ENOSPC`; null when there is none. */
function systemCodeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if ('code' in error && typeof error.code === 'string' && error.code in LASTING) return error.code
  // Other messages quote values, which may hold the same words.
  return /^(IO|FATAL) Error/.test(error.message)
    ? (SAID.find(([words]) => words.test(error.message))?.[1] ?? null)
    : null
}

function pathOf(error: unknown): string | undefined {
  const found = error instanceof Error && 'path' in error ? error.path : undefined
  return typeof found === 'string' ? found : undefined
}

/** Null also for a place below a folder that may not be entered, or below a file. */
function look(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null
  } catch {
    return null
  }
}

/** Kind, mode and owner of the nearest place that exists, and who asks: in brackets, what an operator compares first. */
export function describePlace(path: string): string {
  for (let place = path; ; place = dirname(place)) {
    const found = look(place)
    if (found) {
      const kind = found.isDirectory() ? 'a folder' : found.isFile() ? 'a file' : 'no file'
      const mode = (found.mode & 0o7777).toString(8).padStart(4, '0')
      return ` (${place} is ${kind} of mode ${mode}, owner ${found.uid}; this process is user ${process.getuid?.() ?? 'unknown'})`
    }
    if (dirname(place) === place) return ''
  }
}
