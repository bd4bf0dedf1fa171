/** First and last code point of a run of characters. */
type Run = readonly [first: number, last: number]

/** Characters that end rows or pages, or mark the start or end of a file. At the edge of a record they are never part of a value. */
const EDGES: readonly Run[] = [
  [0x0b, 0x0d],
  [0x1a, 0x1a],
  [0x85, 0x85],
  [0x2028, 0x2029],
  [0xfeff, 0xfeff],
]

/** Blanks other than that of ASCII. */
const BLANKS: readonly Run[] = [
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
]

/** Marks without width and marks of direction; joiners are not among them, because emoji and some scripts need them. */
const MARKS: readonly Run[] = [
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200b],
  [0x200e, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
]

const JOINERS: readonly Run[] = [[0x200c, 0x200d]]
const CONTROLS: readonly Run[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x2028, 0x2029],
]
const TAB: readonly Run[] = [[0x09, 0x09]]

/** Invisible characters that a text may have: none, tabs and line breaks, or all. */
export type Allowed = 'nothing' | 'lines' | 'control'

const code = (value: number): string => `\\x{${value.toString(16)}}`
const members = (runs: readonly Run[]): string =>
  runs.map(([first, last]) => (first === last ? code(first) : `${code(first)}-${code(last)}`)).join('')
const oneOf = (...runs: readonly (readonly Run[])[]): string => `[${members(runs.flat())}]`

const REFUSED = [...CONTROLS, ...MARKS, ...JOINERS]
const VISIBLE = '[ -~]'
const BEYOND_ASCII = `[^\\x00-\\x7f${members(REFUSED)}]`
// A joiner between two characters beyond ASCII is part of how they are written; elsewhere it only makes texts differ.
const WRITTEN = `${BEYOND_ASCII}(?:${oneOf(JOINERS)}${BEYOND_ASCII})*`

/** Patterns of folded and refused characters, in the syntax of RE2, which both engines use. */
export const CHARACTER_PATTERNS = {
  recordEdges: `^${oneOf(EDGES)}+|${oneOf(EDGES)}+$`,
  textEdges: `^${oneOf(BLANKS, MARKS, JOINERS, TAB)}+|${oneOf(BLANKS, MARKS, JOINERS, TAB)}+$`,
  blanks: { nothing: oneOf(BLANKS, TAB), lines: oneOf(BLANKS) },
  doubledCr: '\\r\\r+\\n',
  /** Matches a text up to the first character that must not stand in it. */
  accepted: { nothing: `(?:${VISIBLE}|${WRITTEN})*`, lines: `(?:${VISIBLE}|\\t|\\r?\\n|${WRITTEN})*` },
  invisible: oneOf(CONTROLS, BLANKS, MARKS, JOINERS),
} as const

/** The same in JavaScript, which writes a code point in another way. */
const inJs = (pattern: string, flags: string): RegExp =>
  new RegExp(
    pattern.replaceAll(/\\x\{([0-9a-f]+)\}/g, (_, digits) => `\\u{${digits}}`),
    flags,
  )
const RECORD_EDGES = inJs(CHARACTER_PATTERNS.recordEdges, 'gu')
const TEXT_EDGES = inJs(CHARACTER_PATTERNS.textEdges, 'gu')
const DOUBLED_CR = inJs(CHARACTER_PATTERNS.doubledCr, 'gu')
const INVISIBLE = inJs(CHARACTER_PATTERNS.invisible, 'gu')
const BLANK = {
  nothing: inJs(CHARACTER_PATTERNS.blanks.nothing, 'gu'),
  lines: inJs(CHARACTER_PATTERNS.blanks.lines, 'gu'),
}
const isPlain = (text: string): boolean => !/[^ -~]/.test(text)

/** A record without what stands at its ends and is no part of a value: `\r\r`, Ctrl-Z, a byte order mark, a page break. */
export function foldRecord(text: string): string {
  return text.replace(RECORD_EDGES, '')
}

/**
 * A text as its column holds it: invisible characters at its ends are gone, blanks of other kinds are ordinary ones, and so
 * are tabs where the column allows no lines. Where a column allows everything the text stays as it is.
 */
export function foldText(text: string, allowed: Allowed): string {
  if (allowed === 'control' || isPlain(text)) return text
  return text.replace(TEXT_EDGES, '').replace(DOUBLED_CR, '\r\n').replace(BLANK[allowed], ' ')
}

/** A character and where it stands in its text, from 1. */
export interface FoundCharacter {
  readonly code: number
  readonly place: number
}

/** The first character of a folded text that its column must not hold; null when there is none. */
export function refusedCharacter(text: string, allowed: Allowed): FoundCharacter | null {
  if (allowed === 'control' || isPlain(text)) return null
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0)
  const at = codes.findIndex((code, index) =>
    isRefused(code, { before: codes[index - 1], after: codes[index + 1] }, allowed),
  )
  return at < 0 ? null : { code: codes[at] ?? 0, place: at + 1 }
}

interface Neighbours {
  readonly before: number | undefined
  readonly after: number | undefined
}

function isRefused(code: number, { before, after }: Neighbours, allowed: Allowed): boolean {
  if (allowed === 'lines' && (code === 9 || code === 10 || (code === 13 && after === 10))) return false
  if (isIn(code, JOINERS)) return !(isWritten(before) && isWritten(after))
  return isIn(code, REFUSED)
}

const isWritten = (code: number | undefined): boolean => code !== undefined && code > 0x7f && !isIn(code, REFUSED)
const isIn = (code: number, runs: readonly Run[]): boolean =>
  runs.some(([first, last]) => code >= first && code <= last)

/** Names of characters that people meet without seeing them. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'NUL'],
  [0x09, 'tab'],
  [0x0a, 'line feed'],
  [0x0b, 'vertical tab'],
  [0x0c, 'form feed'],
  [0x0d, 'carriage return'],
  [0x1a, 'Ctrl-Z'],
  [0x1b, 'escape'],
  [0x20, 'blank'],
  [0x7f, 'delete'],
  [0x85, 'next line'],
  [0xa0, 'no-break space'],
  [0xad, 'soft hyphen'],
  [0x2009, 'thin space'],
  [0x200b, 'zero width space'],
  [0x200c, 'zero width non-joiner'],
  [0x200d, 'zero width joiner'],
  [0x200e, 'left-to-right mark'],
  [0x200f, 'right-to-left mark'],
  [0x2010, 'hyphen'],
  [0x2011, 'non-breaking hyphen'],
  [0x2012, 'figure dash'],
  [0x2013, 'en dash'],
  [0x2014, 'em dash'],
  [0x2028, 'line separator'],
  [0x2029, 'paragraph separator'],
  [0x202a, 'left-to-right embedding'],
  [0x202b, 'right-to-left embedding'],
  [0x202c, 'end of a direction'],
  [0x202d, 'left-to-right override'],
  [0x202e, 'right-to-left override'],
  [0x202f, 'narrow no-break space'],
  [0x2060, 'word joiner'],
  [0x2066, 'left-to-right isolate'],
  [0x2067, 'right-to-left isolate'],
  [0x2069, 'end of an isolate'],
  [0x2212, 'minus sign'],
  [0x3000, 'ideographic space'],
  [0xfeff, 'byte order mark'],
  [0xfffd, 'replacement character'],
])

/** Code points and what they are called, for an engine that names them by itself. */
export const CHARACTER_NAMES: readonly (readonly [code: number, name: string])[] = [...NAMES]

/** A character as messages name it: `U+202F (narrow no-break space)`. */
export function characterName(code: number): string {
  const name = NAMES.get(code)
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${name ? ` (${name})` : ''}`
}

/** A text in which each invisible character is written as `\u{202f}`, to be put into messages and lists. */
export function showInvisible(text: string): string {
  return isPlain(text)
    ? text
    : text.replace(INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
