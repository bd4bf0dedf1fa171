const LF = 10
const CR = 13
const QUOTE = 34
const COMMA = 44

/** True for the start of a file whose rows end in CR alone, as old Macintosh programs wrote them. */
export function endsRowsWithCr(start: Buffer): boolean {
  return start.includes(CR) && !start.includes(LF)
}

/**
 * Turns each CR outside quotes into LF, in place and block by block, so that every byte keeps its offset. CR LF becomes a
 * row and an empty line, which is no record.
 */
export function createCrTranslator(): (block: Buffer) => void {
  let state: 'field start' | 'plain' | 'quoted' | 'after quote' = 'field start'
  return (block) => {
    for (let at = 0; at < block.length; at++) {
      const byte = block[at]
      if (state === 'quoted') {
        if (byte === QUOTE) state = 'after quote'
      } else if (byte === QUOTE && state !== 'plain') state = 'quoted'
      else if (byte === CR || byte === LF) {
        block[at] = LF
        state = 'field start'
      } else state = byte === COMMA ? 'field start' : 'plain'
    }
  }
}
