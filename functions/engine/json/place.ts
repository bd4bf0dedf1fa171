const LF = 10

/** Line and column, from 1, of a byte, in words. */
export function placeOf(bytes: Buffer, offset: number): string {
  const lineStart = offset === 0 ? 0 : bytes.lastIndexOf(LF, offset - 1) + 1
  const column = bytes.toString('utf8', lineStart, offset).length + 1
  return `line ${lineOf(bytes, offset)}, column ${column}`
}

/** Line, from 1, of a byte. */
export function lineOf(bytes: Buffer, offset: number): number {
  let line = 1
  for (let at = bytes.indexOf(LF); at >= 0 && at < offset; at = bytes.indexOf(LF, at + 1)) line++
  return line
}
