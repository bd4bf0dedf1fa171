import { DaybreakError } from '../errors.ts'
import { isPlainName, quoteName } from './plain-name.ts'

// The limit of Cloud Storage, so that a name that works here works there.
const MAX_BYTES = 1024

/**
 * The name, if it is one: plain segments with `/` between them, none of the first beginning with a dot.
 * @throws {DaybreakError} INTERNAL: names are made by code, so a bad one is a defect.
 */
export function checkName(name: string): string {
  const plain = name.split('/').every(isPlainName) && !name.startsWith('.') && Buffer.byteLength(name) <= MAX_BYTES
  if (plain) return name
  throw new DaybreakError(
    'INTERNAL',
    `${quoteName(name)} is no object name: expected plain segments with / between them, 1,024 bytes at most`,
  )
}

/** The folder part of a prefix, whose rest is the beginning of a name; '' for the root. @throws as `checkName`. */
export function folderOf(prefix: string): string {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  if (folder !== '') checkName(folder.slice(0, -1))
  return folder
}
