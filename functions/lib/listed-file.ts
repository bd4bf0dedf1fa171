import { DaybreakError } from '../errors.ts'

/** A file as a listing showed it. */
interface ListedFile {
  readonly path: string
  readonly bytes: number
  /** Epoch milliseconds. */
  readonly modifiedAt: number
}

/** A file as it was found later. */
interface FoundFile extends Omit<ListedFile, 'path'> {
  readonly isFile: boolean
}

/** A reader for which the file is not what was listed. `what` ends the sentence. */
export function fileChanged({ path, ...listed }: ListedFile, what: string): DaybreakError {
  return new DaybreakError(
    'FILE_CHANGED',
    `${path} is no longer the file that was listed with ${facts(listed)}: ${what}`,
  )
}

/** @throws {DaybreakError} FILE_CHANGED unless it is a regular file with the listed size and time. */
export function expectListed(listed: ListedFile, found: FoundFile, when: string): void {
  if (!found.isFile) throw fileChanged(listed, `${when} it was no regular file`)
  if (found.bytes === listed.bytes && found.modifiedAt === listed.modifiedAt) return
  throw fileChanged(listed, `${when} it had ${facts(found)}`)
}

/** @throws {DaybreakError} FILE_TOO_LARGE above `maxFileBytes`. */
export function expectSize(path: string, bytes: number, maxFileBytes: number): void {
  if (bytes <= maxFileBytes) return
  const message = `${path} has ${bytes} bytes; expected at most ${maxFileBytes} (max_file_bytes of the source)`
  throw new DaybreakError('FILE_TOO_LARGE', message)
}

function facts({ bytes, modifiedAt }: Pick<ListedFile, 'bytes' | 'modifiedAt'>): string {
  return `${bytes} bytes and the time ${new Date(modifiedAt).toISOString()}`
}
