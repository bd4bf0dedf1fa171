import { expressionError } from './error.ts'
import { type Token, tokenize } from './tokens.ts'

/** A place in the words of an expression. */
export interface Cursor {
  readonly text: string
  peek(): Token
  next(): Token
  /** Takes the word if it is one of these symbols or names; null and no step otherwise. */
  accept(...words: readonly string[]): Token | null
  /** Takes this symbol or name. @throws {DaybreakError} EXPRESSION_INVALID when something else stands there. */
  expect(word: string): Token
  /** EXPRESSION_INVALID that says what should stand here, and what does. */
  expected(what: string): Error
  /** Runs a parser one level deeper. @throws {DaybreakError} EXPRESSION_INVALID beyond `MAX_DEPTH`. */
  nested<T>(parse: () => T): T
}

/** Levels of nesting, and operators in a row. Each level costs a dozen frames; a person's expression has five. */
export const MAX_DEPTH = 60

/** A cursor at the first word. @throws {DaybreakError} EXPRESSION_INVALID for characters that begin no word. */
export function createCursor(text: string): Cursor {
  const tokens = tokenize(text)
  const end: Token = { kind: 'end', value: '', start: text.length, end: text.length }
  let position = 0
  let depth = 0

  const peek = (): Token => tokens[position] ?? end
  const next = (): Token => tokens[position++] ?? end
  const accept = (...words: readonly string[]): Token | null => {
    const { kind, value } = peek()
    return (kind === 'symbol' || kind === 'name') && words.includes(value) ? next() : null
  }
  const expected = (what: string): Error => {
    const token = peek()
    const found = token.kind === 'end' ? 'the expression ends' : `found \`${text.slice(token.start, token.end)}\``
    return expressionError(text, token, `expected ${what}, ${found}`)
  }
  const expect = (word: string): Token => {
    const token = accept(word)
    if (!token) throw expected(`\`${word}\``)
    return token
  }
  const nested = <T>(parse: () => T): T => {
    if (++depth > MAX_DEPTH) throw expressionError(text, peek(), `nested more than ${MAX_DEPTH} levels deep`)
    const result = parse()
    depth--
    return result
  }
  return { text, peek, next, accept, expect, expected, nested }
}
