import { isUtf8 } from 'node:buffer'
import { DaybreakError } from '../../errors.ts'
import { byteOrderMark } from '../file/encoding.ts'
import { unreadable } from '../file/header.ts'
import { placeOf } from './place.ts'

/** A number as it stands in the file: it never becomes a floating point number. */
interface JsonNumber {
  readonly kind: 'number'
  readonly source: string
}

/** JSON list with its place in the file. */
interface JsonList {
  readonly kind: 'list'
  readonly items: readonly Json[]
  /** Byte of its first character. */
  readonly start: number
}

/** JSON object with its place in the file. */
export interface JsonObject {
  readonly kind: 'object'
  readonly members: ReadonlyMap<string, Json>
  readonly start: number
  /** Byte after its last character. */
  readonly end: number
}

/** JSON value. */
export type Json = string | boolean | null | JsonNumber | JsonList | JsonObject

/** File that is parsed, and the keys whose values are kept. */
interface JsonReading {
  /** The file as messages call it. */
  readonly name: string
  /** Keys whose values are kept; those of others are checked and become null. */
  readonly keys: ReadonlySet<string>
  /** Keys whose values are kept with everything in them. */
  readonly whole: ReadonlySet<string>
}

/** Levels of lists and objects: a menu has twenty. */
const DEEPEST = 64
/** Values that are kept, about 300 MB of them. */
const MOST_VALUES = 2_000_000

/**
 * Reads a file that is one JSON text, with the place of every object. Stricter than `JSON.parse`: a key that an object has
 * twice is refused. @throws {DaybreakError} FILE_EMPTY, FILE_TRUNCATED, FILE_UNREADABLE, each with line and column.
 */
export function parseJson(bytes: Buffer, reading: JsonReading): Json {
  refuseOtherText(bytes, reading.name)
  return new JsonReader(bytes, reading).read()
}

/**
 * Reads a file of one JSON object per line, with the place of each. Blank lines are skipped; an object over several lines, or
 * two on one, is refused. @throws {DaybreakError} as `parseJson`.
 */
export function parseJsonLines(bytes: Buffer, reading: JsonReading): readonly JsonObject[] {
  refuseOtherText(bytes, reading.name)
  return new JsonReader(bytes, reading).readLines()
}

function refuseOtherText(bytes: Buffer, name: string): void {
  const [first, second] = bytes
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || first === 0
  if (isUtf16 || (second === 0 && bytes.length > 1 && bytes.some((byte) => byte !== 0)))
    throw unreadable(name, 'it is UTF-16 or UTF-32 and no UTF-8')
  if (isUtf8(bytes)) return
  let [good, bad] = [0, bytes.length]
  while (bad - good > 4) {
    const middle = (good + bad) >> 1
    if (isUtf8(bytes.subarray(0, characterStart(bytes, middle)))) good = middle
    else bad = middle
  }
  let start = characterStart(bytes, good)
  for (let length = 1; length <= 4; length++) {
    if (!isUtf8(bytes.subarray(start, start + length))) continue
    start += length
    length = 0
  }
  throw unreadable(name, `it is no UTF-8 from ${placeOf(bytes, start)} on`)
}

function characterStart(bytes: Buffer, place: number): number {
  let start = place
  while (start > 0 && place - start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  return start
}

/** Of `some` objects the keys are chosen, `all` is kept with everything in it, `none` is only checked. */
type Kept = 'some' | 'all' | 'none'

const LINE_FEED = 10
const QUOTE = 34
const BACKSLASH = 92
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const LITERALS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

/** Half of a surrogate pair, as a cut emoji leaves it, is no text that can be stored: it stays as its escape. */
function withoutHalves(text: string): string {
  return text.isWellFormed() ? text : text.replaceAll(/\p{Cs}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`)
}

class JsonReader {
  readonly #bytes: Buffer
  readonly #reading: JsonReading
  #at: number
  #depth = 0
  #values = 0

  constructor(bytes: Buffer, reading: JsonReading) {
    this.#bytes = bytes
    this.#reading = reading
    this.#at = byteOrderMark(bytes)
  }

  read(): Json {
    this.#skipBlanks()
    if (this.#at === this.#bytes.length)
      throw new DaybreakError('FILE_EMPTY', `${this.#reading.name} has ${this.#bytes.length} bytes and no value`)
    const value = this.#value('some')
    this.#skipBlanks()
    if (this.#at < this.#bytes.length) throw this.#unexpected('the end of the file')
    return value
  }

  readLines(): readonly JsonObject[] {
    const objects: JsonObject[] = []
    this.#skipBlanks()
    if (this.#at === this.#bytes.length)
      throw new DaybreakError('FILE_EMPTY', `${this.#reading.name} has ${this.#bytes.length} bytes and no value`)
    for (let ended = -1; this.#at < this.#bytes.length; ) {
      if (ended >= 0 && !this.#breaksLine(ended, this.#at)) throw this.#unexpected('the end of the line')
      if (this.#character() !== '{') throw this.#unexpected('an object')
      const start = this.#at
      objects.push(this.#nested(() => this.#object('some')))
      ended = this.#at
      if (this.#breaksLine(start, ended)) throw this.#problem('an object that goes on over the end of its line', start)
      this.#skipBlanks()
    }
    return objects
  }

  #breaksLine(from: number, to: number): boolean {
    const at = this.#bytes.indexOf(LINE_FEED, from)
    return at >= 0 && at < to
  }

  #value(kept: Kept): Json {
    if (kept !== 'none' && ++this.#values > MOST_VALUES)
      throw this.#problem(`more than ${MOST_VALUES} values`, this.#at)
    const byte = this.#peek('a value')
    if (byte === '{') return this.#nested(() => this.#object(kept))
    if (byte === '[') return this.#nested(() => this.#list(kept))
    if (byte === '"') return this.#text()
    return /[-0-9]/.test(byte) ? this.#number() : this.#literal()
  }

  #nested<Value>(read: () => Value): Value {
    if (++this.#depth > DEEPEST) throw this.#problem(`lists and objects nested more than ${DEEPEST} deep`, this.#at)
    const value = read()
    this.#depth--
    return value
  }

  #object(kept: Kept): JsonObject {
    const start = this.#at++
    const members = new Map<string, Json>()
    for (let isFirst = true; !this.#ends('}', isFirst); isFirst = false) {
      const place = this.#at
      if (this.#peek('a key in quotes') !== '"') throw this.#unexpected('a key in quotes')
      const key = this.#text()
      if (members.has(key))
        throw this.#problem(`the key ${JSON.stringify(key).slice(0, 200)} twice in one object`, place)
      this.#expect(':')
      const own = this.#keptOf(key, kept)
      const value = this.#value(own)
      members.set(key, own === 'none' ? null : value)
    }
    return { kind: 'object', members, start, end: this.#at }
  }

  #keptOf(key: string, kept: Kept): Kept {
    if (kept !== 'some') return kept
    if (this.#reading.whole.has(key)) return 'all'
    return this.#reading.keys.has(key) ? 'some' : 'none'
  }

  #list(kept: Kept): JsonList {
    const start = this.#at++
    const items: Json[] = []
    for (let isFirst = true; !this.#ends(']', isFirst); isFirst = false) {
      const value = this.#value(kept)
      if (kept !== 'none') items.push(value)
    }
    return { kind: 'list', items, start }
  }

  /** True at the end of a list or object; otherwise the comma before the next member is passed. */
  #ends(bracket: ']' | '}', isFirst: boolean): boolean {
    const byte = this.#peek(`a comma or ${bracket}`)
    if (byte === bracket) {
      this.#at++
      return true
    }
    if (!isFirst) {
      if (byte !== ',') throw this.#unexpected(`a comma or ${bracket}`)
      this.#at++
      if (this.#peek('a value') === bracket) throw this.#unexpected('a value after the comma')
    }
    return false
  }

  #text(): string {
    const start = this.#at
    let isPlain = true
    let end = start + 1
    for (let byte = this.#bytes[end]; byte !== QUOTE; byte = this.#bytes[++end]) {
      if (byte === undefined || (byte === 0 && this.#isPadding(end))) throw this.#truncated()
      if (byte < 32) throw this.#problem('a control character inside quotes', end)
      if (byte !== BACKSLASH) continue
      isPlain = false
      end++
    }
    this.#at = end + 1
    if (isPlain) return this.#bytes.toString('utf8', start + 1, end)
    try {
      return withoutHalves(String(JSON.parse(this.#bytes.toString('utf8', start, end + 1))))
    } catch {
      throw this.#problem('an escape that JSON does not have, in the text that begins', start)
    }
  }

  #number(): JsonNumber {
    const start = this.#at
    while (/[-+.0-9eE]/.test(this.#character())) this.#at++
    const source = this.#bytes.toString('latin1', start, this.#at)
    if (NUMBER.test(source)) return { kind: 'number', source }
    if (this.#at === this.#bytes.length) throw this.#truncated()
    throw this.#problem(`${JSON.stringify(source.slice(0, 50))}, which is no number,`, start)
  }

  #literal(): boolean | null {
    const rest = this.#bytes.toString('latin1', this.#at, this.#at + 5)
    for (const [word, value] of LITERALS) {
      if (rest.startsWith(word)) {
        this.#at += word.length
        return value
      }
      if (this.#at + rest.length === this.#bytes.length && word.startsWith(rest)) throw this.#truncated()
    }
    throw this.#unexpected('a value')
  }

  #expect(character: string): void {
    if (this.#peek(character) !== character) throw this.#unexpected(character)
    this.#at++
  }

  /** The next character that is no blank. */
  #peek(expected: string): string {
    this.#skipBlanks()
    if (this.#at < this.#bytes.length) return this.#character()
    throw this.#truncated(expected)
  }

  #character(): string {
    return String.fromCharCode(this.#bytes[this.#at] ?? 0)
  }

  #skipBlanks(): void {
    for (let byte = this.#bytes[this.#at]; byte === 32 || byte === 10 || byte === 13 || byte === 9; )
      byte = this.#bytes[++this.#at]
  }

  /** True when NUL bytes fill the rest, as in a file whose writing was broken off. */
  #isPadding(from: number): boolean {
    return this.#bytes.subarray(from).every((byte) => byte === 0)
  }

  #unexpected(expected: string): DaybreakError {
    if (this.#isPadding(this.#at)) return this.#truncated(expected)
    const found = this.#bytes.toString('utf8', this.#at, this.#at + 4).slice(0, 1)
    return this.#problem(`${JSON.stringify(found)} where ${expected} belongs,`, this.#at)
  }

  #problem(found: string, place: number): DaybreakError {
    return unreadable(this.#reading.name, `it is JSON and has ${found} in ${placeOf(this.#bytes, place)}`)
  }

  #truncated(expected = 'the end of a text'): DaybreakError {
    const place = placeOf(this.#bytes, this.#at)
    return new DaybreakError('FILE_TRUNCATED', `${this.#reading.name} is JSON and ends in ${place}, before ${expected}`)
  }
}
