import { DaybreakError } from '../../errors.ts'

/** For `catch`: nothing where the file does not exist, a typed failure otherwise. */
export function orNullIfMissing(path: string): (error: unknown) => null {
  return (error) => {
    if (error instanceof DaybreakError) throw error
    if (isMissing(error)) return null
    throw new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${path}: ${String(error)}`, { cause: error })
  }
}

/** True for the error of a path that does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
