/** Counts of a file read byte by byte: the slow, obvious reference for the scanner. */
export interface NaiveScan {
  readonly records: readonly { readonly start: number; readonly end: number; readonly line: number }[]
  readonly lines: number
  readonly blankLines: number
  readonly crlfEnds: number
  readonly lfEnds: number
  readonly innerBreaks: number
  readonly oddities: number
  readonly openQuote: boolean
  readonly unfinished: boolean
}

/** Control characters but LF and CR LF, blanks beyond ASCII, and marks that cannot be seen, as bytes. */
const ODD =
  /[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\xa0\xad]|\xd8\x9c|\xe1\x9a\x80|\xe1\xa0\x8e|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xe2\x81[\x9f-\xaf]|\xe3\x80\x80|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]/g
/** Characters that alone in a line make no record. */
const BLANK = /^(?:[\x0b-\x0d\x1a]|\xc2\x85|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf)*$/

const isBlank = (line: string): boolean => line.length <= 16 && BLANK.test(line)

/** Reads a file one byte at a time. */
export function naiveScan(bytes: Uint8Array): NaiveScan {
  const records: { start: number; end: number; line: number }[] = []
  const text = Buffer.from(bytes).toString('latin1')
  let [lines, blankLines, crlfEnds, lfEnds, innerBreaks] = [0, 0, 0, 0, 0]
  let oddities = [...text.matchAll(ODD)].length
  let [start, line] = [0, 1]
  let state: 'field start' | 'plain' | 'quoted' = 'field start'
  const at = (index: number) => (index < bytes.length ? String.fromCharCode(bytes[index]!) : '')
  for (let index = 0; index < bytes.length; index++) {
    const character = at(index)
    if (character === '\n') lines++
    if (state === 'quoted') {
      if (character === '\n') innerBreaks++
      if (character !== '"') continue
      if (at(index + 1) === '"') index++
      else {
        state = 'plain'
        if (at(index + 1) === ' ') oddities++
      }
    } else if (character === '\n') {
      const end = at(index - 1) === '\r' && index > start ? index - 1 : index
      if (end < index) crlfEnds++
      else lfEnds++
      if (isBlank(text.slice(start, index))) blankLines++
      else records.push({ start, end, line })
      start = index + 1
      line = lines + 1
      state = 'field start'
    } else if (character === ',') state = 'field start'
    else if (character === '"' && state === 'field start') state = 'quoted'
    else {
      if (character === '"' && at(index - 1) === ' ') oddities++
      state = 'plain'
    }
  }
  const unfinished = start < bytes.length
  if (unfinished) {
    lines++
    if (isBlank(text.slice(start))) blankLines++
    else records.push({ start, end: bytes.length, line })
  }
  const openQuote = state === 'quoted'
  return { records, lines, blankLines, crlfEnds, lfEnds, innerBreaks, oddities, openQuote, unfinished }
}
