const LF = 10
const COMMA = 44
const QUOTE = 34
const BLANK = 32
/** In files of fewer columns a comma with a blank after it is taken for one of prose. */
export const PROSE_WIDTH = 8

/** The record around a field, as far as it says what a row of its file looks like. */
interface RowShape {
  /** Fields of the header. */
  readonly width: number
  /** The first field of the record: the same in every row where a file begins with the location. */
  readonly first: string
}

/** Start of a row whose first field is an id. */
export const ID_START = /^-?[0-9]{6,},[^ ]/

/**
 * Line breaks of a field that looks as if its quote had swallowed rows, else 0: a line in it has the separators of a row, or
 * all of it has as many as the rows between its two ends would have, or a line begins as rows do.
 */
export function swallowedLines(field: string, { width, first }: RowShape): number {
  if (width < 2 || !field.includes('\n')) return 0
  const lines = field.split('\n')
  const breaks = lines.length - 1
  const separators = lines.map((line) => separatorsIn(line, width))
  const all = separators.reduce((sum, count) => sum + count, 0)
  const whole = separators.slice(1, -1).some((count) => count === width - 1)
  const begins = lines.slice(1).some((line) => beginsRow(line, first))
  return whole || begins || all >= (width - 1) * breaks ? breaks : 0
}

/**
 * Rows that a record which is no row may hide besides itself: it has the separators of so many. A quote that does not close
 * where it should makes one record of many rows.
 */
export function hiddenRows(record: Buffer, width: number): number {
  const breaks = countOf(record, LF)
  return width < 2 || breaks === 0
    ? 0
    : Math.max(0, Math.min(breaks, Math.floor(countOf(record, COMMA) / (width - 1)) - 1))
}

function countOf(bytes: Buffer, byte: number): number {
  let count = 0
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count++
  return count
}

function separatorsIn(line: string, width: number): number {
  return (line.match(width > PROSE_WIDTH ? /,/g : /,(?! )/g) ?? []).length
}

function beginsRow(line: string, first: string): boolean {
  if (ID_START.test(line)) return true
  return first !== '' && line.startsWith(`${first},`) && line[first.length + 1] !== ' '
}

/**
 * True for every field, as bytes, in which `swallowedLines` could find any; nearly never for another. `first` is the first
 * field of the record, null when that is not known.
 */
export function maySwallow(field: Buffer, width: number, first: Buffer | null): boolean {
  if (width < 2) return false
  let commas = 0
  for (let at = field.indexOf(COMMA); at >= 0; at = field.indexOf(COMMA, at + 1)) if (++commas >= width - 1) return true
  if (commas === 0) return false
  if (first === null) return true
  for (let at = field.indexOf(LF); at >= 0; at = field.indexOf(LF, at + 1))
    if (beginsLikeRow(field, at + 1, first)) return true
  return false
}

/** The first field of a record, by its first bytes, without its quotes; null when it is not all there or has quotes inside. */
export function firstField(start: Buffer): Buffer | null {
  const quoted = start[0] === QUOTE
  const end = start.indexOf(quoted ? QUOTE : COMMA, quoted ? 1 : 0)
  if (end < 0 || (quoted && start[end + 1] !== COMMA)) return null
  return start.subarray(quoted ? 1 : 0, end)
}

const [ZERO, NINE, MINUS] = [48, 57, 45]

function beginsLikeRow(field: Buffer, start: number, first: Buffer): boolean {
  const after = start + first.length
  if (
    first.length > 0 &&
    field[after] === COMMA &&
    field[after + 1] !== BLANK &&
    field.subarray(start, after).equals(first)
  )
    return true
  const comma = field.indexOf(COMMA, start)
  if (comma < 0 || field[comma + 1] === BLANK) return false
  const digits = field[start] === MINUS ? start + 1 : start
  if (comma - digits < 6) return false
  for (let at = digits; at < comma; at++) if ((field[at] ?? 0) < ZERO || (field[at] ?? 0) > NINE) return false
  return true
}
