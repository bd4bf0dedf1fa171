import { DaybreakError } from '../../../errors.ts'
import { lastingDiskError } from '../../../lib/disk-failure.ts'

/** For `catch`: OBJECT_MISSING where there is no file of that name, STORAGE_FAILED for any other failure. */
export function throwMissing(name: string): (error: unknown) => never {
  return (error) => {
    if (hasCode(error, 'ENOENT', 'EISDIR', 'ENOTDIR')) throw objectMissing(name, error)
    return throwStorageFailed(`read ${name}`)(error)
  }
}

/** The error of an object that is not there. */
export function objectMissing(name: string, cause?: unknown): DaybreakError {
  return new DaybreakError('OBJECT_MISSING', `there is no object ${name}`, { cause })
}

/** For `catch`: STORAGE_DENIED, STORAGE_FULL or CONFIG_INVALID for what will not pass, else STORAGE_FAILED. */
export function throwStorageFailed(what: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof DaybreakError) throw error
    const lasting = lastingDiskError(error, what)
    if (lasting) throw lasting
    const reason = error instanceof Error ? error.message : String(error)
    throw new DaybreakError('STORAGE_FAILED', `cannot ${what}: ${reason}`, { cause: error })
  }
}

/** True for an error of the file system with one of these codes, e.g. `EEXIST`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code)
}
