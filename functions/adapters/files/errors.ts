import { DaybreakError } from '../../errors.ts'
import type { CopiedFile } from './copies.ts'

/** For `catch`: a failure of DuckDB to read files is one of the files. */
export function toUnreadable(copies: readonly CopiedFile[]): (error: unknown) => never {
  return (error) => {
    if (error instanceof DaybreakError) throw error
    const text = error instanceof Error ? error.message : String(error)
    const [first = text] = text.split('\n')
    const named = copies.reduce((message, { path, file }) => message.replaceAll(path, file.path), first)
    throw new DaybreakError('FILE_UNREADABLE', `${copies[0]?.file.name ?? 'files'} cannot be read: ${named}`, {
      cause: error,
    })
  }
}
