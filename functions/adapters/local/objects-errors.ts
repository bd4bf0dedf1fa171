import { DaybreakError } from '../../errors.ts'

/** For `catch`: OBJECT_MISSING where there is no file of that name, STORAGE_FAILED for whatever else went wrong. */
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

/** For `catch`: STORAGE_FAILED with the path, which the system's own message carries. */
export function throwStorageFailed(what: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof DaybreakError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new DaybreakError('STORAGE_FAILED', `cannot ${what}: ${reason}`, { cause: error })
  }
}

/** True for an error of the file system with one of these codes, e.g. `EEXIST`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code)
}
