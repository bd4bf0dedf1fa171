import { DaybreakError } from '../../functions/errors.ts'
import type { Random } from '../random.ts'

/** A text that a pattern of a contract takes. @throws {DaybreakError} CONFIG_INVALID for a pattern beyond classes, groups and counts. */
export function sampleOf(pattern: string, random: Random): string {
  const reader = { pattern, at: 0, random }
  const text = alternatives(reader)
  if (reader.at < pattern.length) throw unreadable(reader)
  return text
}

interface Reader {
  readonly pattern: string
  at: number
  readonly random: Random
}

const unreadable = ({ pattern, at }: Reader): DaybreakError =>
  new DaybreakError(
    'CONFIG_INVALID',
    `no text can be drawn for the pattern \`${pattern}\`: \`${pattern.slice(at)}\` is not read`,
  )

function alternatives(reader: Reader): string {
  const texts = [sequence(reader)]
  while (reader.pattern[reader.at] === '|') {
    reader.at++
    texts.push(sequence(reader))
  }
  return reader.random.pick(texts)
}

function sequence(reader: Reader): string {
  let text = ''
  while (reader.at < reader.pattern.length && !'|)'.includes(reader.pattern[reader.at] ?? '')) text += repeated(reader)
  return text
}

/** A piece is drawn anew for each repetition, so it is read again from its start. */
function repeated(reader: Reader): string {
  const start = reader.at
  const first = piece(reader)
  const end = reader.at
  const [whole = '', least, , most] = /^(?:\{(\d+)(,(\d*))?\}|[*+?])/.exec(reader.pattern.slice(end)) ?? []
  const [low, high] = countsOf(whole, least, most)
  const count = reader.random.int(low, high)
  let text = count > 0 ? first : ''
  for (let more = 1; more < count; more++) {
    reader.at = start
    text += piece(reader)
  }
  reader.at = end + whole.length
  return text
}

function countsOf(whole: string, least: string | undefined, most: string | undefined): readonly [number, number] {
  if (whole === '') return [1, 1]
  if (whole === '?') return [0, 1]
  if (whole === '*') return [0, 3]
  if (whole === '+') return [1, 4]
  const low = Number(least)
  if (!whole.includes(',')) return [low, low]
  return [low, most ? Number(most) : low + 3]
}

const DIGITS = '0123456789'
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const ESCAPED: Readonly<Record<string, string>> = { d: DIGITS, w: `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}_` }

function piece(reader: Reader): string {
  const { pattern, random } = reader
  const character = pattern[reader.at] ?? ''
  if (character === '(') {
    reader.at += pattern.startsWith('(?:', reader.at) ? 3 : 1
    const text = alternatives(reader)
    if (pattern[reader.at] !== ')') throw unreadable(reader)
    reader.at++
    return text
  }
  if (character === '[') {
    const [whole = '', inside = ''] = /^\[((?:\\.|[^\]\\])+)\]/.exec(pattern.slice(reader.at)) ?? []
    if (whole === '' || inside.startsWith('^')) throw unreadable(reader)
    reader.at += whole.length
    return random.pick([...charactersOf(inside)])
  }
  const escaped = character === '\\'
  const letter = escaped ? (pattern[reader.at + 1] ?? '') : character
  reader.at += escaped ? 2 : 1
  return escaped && ESCAPED[letter] ? random.pick([...ESCAPED[letter]]) : letter
}

/** Characters of a class without its brackets. */
function charactersOf(inside: string): string {
  return inside.replaceAll(/\\(.)|(.)-(.)/g, (_, escaped: string | undefined, from: string, to: string) => {
    if (escaped !== undefined) return ESCAPED[escaped] ?? escaped
    const [first = 0, last = 0] = [from, to].map((end) => end.codePointAt(0) ?? 0)
    return Array.from({ length: last - first + 1 }, (_each, step) => String.fromCodePoint(first + step)).join('')
  })
}
