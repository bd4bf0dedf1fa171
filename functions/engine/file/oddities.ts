const LF = 10
const CR = 13
const DEL = 127

/** Counts bytes that a reader of CSV may take otherwise than we do, or that no text should hold; block by block. */
interface OddityCounter {
  /** Oddities in the next bytes, as far as they can be told from these. */
  count(bytes: Buffer): number
  /** Those of the bytes at the end that waited for what follows. */
  finish(): number
}

/** True if the byte at a place is odd; `more` if that depends on the bytes after it. */
type Answer = 0 | 1 | 'more'

/** The longest character of interest has three bytes. */
const AFTER = 2
const NONE = Buffer.alloc(0)

/**
 * Control characters but LF and CR LF, and of the characters beyond ASCII those that `characters.ts` folds or refuses. Four
 * bytes are looked at in one step, so plain text costs a fraction of any other reading of it. A piece without oddities is read by a
 * statement that has no condition for its texts.
 */
export function createOddityCounter(): OddityCounter {
  let waiting: Buffer = NONE
  return {
    count(bytes) {
      let odd = 0
      const seam = waiting.length === 0 ? NONE : Buffer.concat([waiting, bytes.subarray(0, AFTER)])
      for (let at = 0; at < waiting.length; at++) {
        const answer = oddAt(seam, at)
        if (answer === 'more') {
          waiting = Buffer.from(seam.subarray(at))
          return odd
        }
        odd += answer
      }
      waiting = NONE
      let at = 0
      for (; at < bytes.length && (bytes.byteOffset + at) % WORD !== 0; at++) {
        const answer = oddAt(bytes, at)
        if (answer === 'more') break
        odd += answer
      }
      const words = WORDS * Math.max(0, Math.floor((bytes.length - AFTER - at) / (WORD * WORDS)))
      if (words > 0) odd += inWords(bytes, at, words)
      for (at += words * WORD; at < bytes.length; at++) {
        const answer = oddAt(bytes, at)
        if (answer === 'more') {
          waiting = Buffer.from(bytes.subarray(at))
          return odd
        }
        odd += answer
      }
      return odd
    },
    finish: () => (waiting[0] === CR ? 1 : 0),
  }
}

const WORD = 4
const WORDS = 4
const ONES = 0x01010101
const BLANKS = 0x20202020
const HIGH = 0x80808080 | 0

/** Counts in whole steps of words, after which at least `AFTER` bytes follow. */
function inWords(bytes: Buffer, from: number, count: number): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + from, count)
  let odd = 0
  for (let index = 0; index < count; index += WORDS) {
    const a = words[index] ?? 0
    const b = words[index + 1] ?? 0
    const c = words[index + 2] ?? 0
    const d = words[index + 3] ?? 0
    // The high bit of a byte is set after one of these for all that is not printable ASCII, and now and then for its neighbour.
    const above = a | b | c | d | (a + ONES) | (b + ONES) | (c + ONES) | (d + ONES)
    const below = (a - BLANKS) | (b - BLANKS) | (c - BLANKS) | (d - BLANKS)
    if (((above | below) & HIGH) === 0) continue
    const at = from + index * WORD
    for (let place = at; place < at + WORDS * WORD; place++) {
      const byte = bytes[place] ?? 0
      if ((byte < 32 && byte !== LF) || byte >= DEL) odd += oddAt(bytes, place) === 1 ? 1 : 0
    }
  }
  return odd
}

function oddAt(bytes: Buffer, at: number): Answer {
  const byte = bytes[at] ?? 0
  if (byte < 32) return byte === LF ? 0 : byte === CR ? isOdd(bytes[at + 1], (next) => next !== LF) : 1
  if (byte < 0xc2) return byte === DEL ? 1 : 0
  switch (byte) {
    // U+0080 to U+00A0, and the soft hyphen.
    case 0xc2:
      return isOdd(bytes[at + 1], (next) => (next >= 0x80 && next <= 0xa0) || next === 0xad)
    // U+061C.
    case 0xd8:
      return isOdd(bytes[at + 1], (next) => next === 0x9c)
    // U+1680 and U+180E.
    case 0xe1:
      return isPairOdd(bytes, at, (a, b) => (a === 0x9a && b === 0x80) || (a === 0xa0 && b === 0x8e))
    // U+2000 to U+200F, U+2028 to U+202F, U+205F to U+206F.
    case 0xe2:
      return isPairOdd(bytes, at, (a, b) =>
        a === 0x80 ? (b >= 0x80 && b <= 0x8f) || (b >= 0xa8 && b <= 0xaf) : a === 0x81 && b >= 0x9f && b <= 0xaf,
      )
    // U+3000.
    case 0xe3:
      return isPairOdd(bytes, at, (a, b) => a === 0x80 && b === 0x80)
    // U+FEFF and U+FFF9 to U+FFFB.
    case 0xef:
      return isPairOdd(bytes, at, (a, b) => (a === 0xbb && b === 0xbf) || (a === 0xbf && b >= 0xb9 && b <= 0xbb))
    default:
      return 0
  }
}

function isOdd(next: number | undefined, test: (next: number) => boolean): Answer {
  return next === undefined ? 'more' : test(next) ? 1 : 0
}

function isPairOdd(bytes: Buffer, at: number, test: (first: number, second: number) => boolean): Answer {
  const [first, second] = [bytes[at + 1], bytes[at + 2]]
  if (first === undefined || second === undefined) return 'more'
  return test(first, second) ? 1 : 0
}
