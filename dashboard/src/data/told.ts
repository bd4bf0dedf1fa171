import { dayOf } from './time.ts'

/** Piece of a text of the server: prose, or what is typed as it is. */
export interface Piece {
  readonly kind: 'prose' | 'code'
  readonly text: string
}

/** Names of shards by id, and the word of the pipeline for a shard. */
export interface Names {
  readonly word: string
  readonly byId: ReadonlyMap<string, string>
}

const PIECE = /`([^`]+)`|(?<![\w/-])(\d{4}-\d{2}-\d{2})(?![\w/-])/g

/** A text of the server for people: days as civil days, shards by name, and what stands in backticks as code. */
export function piecesOf(text: string, { word, byId }: Names): readonly Piece[] {
  const named = text.replaceAll(
    new RegExp(`(?<![\\w/])${word.replaceAll(/\W/g, '\\$&')} ([\\w-]+)`, 'g'),
    (whole, id) => byId.get(id) ?? whole,
  )
  const pieces: Piece[] = []
  let at = 0
  for (const { 0: whole, 1: code, 2: day, index } of named.matchAll(PIECE)) {
    pieces.push({ kind: 'prose', text: named.slice(at, index) })
    pieces.push(code === undefined ? { kind: 'prose', text: dayOf(day ?? whole) } : { kind: 'code', text: code })
    at = index + whole.length
  }
  return [...pieces, { kind: 'prose' as const, text: named.slice(at) }].filter(({ text }) => text !== '')
}

/** The same as one text, for titles. */
export function toldText(text: string, names: Names): string {
  return piecesOf(text, names)
    .map((piece) => piece.text)
    .join('')
}
