/** Maximum length of a blank line, in bytes. A longer line is a record, even if all of it is blank. */
export const LONGEST_BLANK = 16

/**
 * True for a line, its LF left out, that holds nothing but what ends rows or marks the start or the end of a file: CR, form
 * feed, Ctrl-Z, a byte order mark. Such a line is no record; where files were joined or printed, it stands between them.
 */
export function isBlankLine(line: Uint8Array): boolean {
  if (line.length > LONGEST_BLANK) return false
  for (let at = 0; at < line.length; ) {
    const length = edgeLength(line, at)
    if (length === 0) return false
    at += length
  }
  return true
}

/** Bytes of the character at a place, if it is one of those at which `foldRecord` cuts; else 0. */
function edgeLength(line: Uint8Array, at: number): number {
  const [first = 0, second, third] = line.subarray(at, at + 3)
  if (first >= 0x0b && first <= 0x0d) return 1
  if (first === 0x1a) return 1
  if (first === 0xc2 && second === 0x85) return 2
  if (first === 0xe2 && second === 0x80 && (third === 0xa8 || third === 0xa9)) return 3
  return first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0
}
