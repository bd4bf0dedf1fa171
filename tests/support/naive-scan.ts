/** What a byte-at-a-time reading of a file counts: the slow, obvious reference for the scanner. */
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

/** Reads a file one byte at a time. */
export function naiveScan(bytes: Uint8Array): NaiveScan {
  const records: { start: number; end: number; line: number }[] = []
  let [lines, blankLines, crlfEnds, lfEnds, innerBreaks, oddities] = [0, 0, 0, 0, 0, 0]
  let [start, line] = [0, 1]
  let state: 'field start' | 'plain' | 'quoted' = 'field start'
  const at = (index: number) => (index < bytes.length ? String.fromCharCode(bytes[index]!) : '')
  for (let index = 0; index < bytes.length; index++) {
    const character = at(index)
    if (character === '\0' || (character === '\r' && at(index + 1) !== '\n')) oddities++
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
      if (end === start) blankLines++
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
    if (bytes.length - start === 1 && at(start) === '\r') blankLines++
    else records.push({ start, end: bytes.length, line })
  }
  const openQuote = state === 'quoted'
  return { records, lines, blankLines, crlfEnds, lfEnds, innerBreaks, oddities, openQuote, unfinished }
}
