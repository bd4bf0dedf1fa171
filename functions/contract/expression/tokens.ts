import { expressionError, type Span } from './error.ts'

/** Kind of a token. */
type TokenKind = 'name' | 'number' | 'string' | 'symbol' | 'end'

/** One word of an expression. `value` is lower case for names, unescaped for strings. */
export interface Token extends Span {
  readonly kind: TokenKind
  readonly value: string
}

const PATTERN =
  /(?<space>\s+)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<number>\d+(?:\.\d+)?|\.\d+)|(?<string>'(?:[^']|'')*')|(?<symbol><>|!=|<=|>=|\|\||[-+*/=<>(),])/uy

/** The words of an expression, closed by one of the kind `end`. @throws {DaybreakError} EXPRESSION_INVALID. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(PATTERN)
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex
    const groups = pattern.exec(text)?.groups
    if (!groups) throw unexpected(text, start)
    const token = tokenOf(groups, { start, end: pattern.lastIndex })
    if (token) tokens.push(checked(text, token))
  }
  return [...tokens, { kind: 'end', value: '', start: text.length, end: text.length }]
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, span: Span): Token | null {
  if (groups.name !== undefined) return { kind: 'name', value: groups.name.toLowerCase(), ...span }
  if (groups.number !== undefined) return { kind: 'number', value: groups.number, ...span }
  if (groups.symbol !== undefined) return { kind: 'symbol', value: groups.symbol, ...span }
  if (groups.string === undefined) return null
  return { kind: 'string', value: groups.string.slice(1, -1).replaceAll("''", "'"), ...span }
}

/** NUL ends a statement early, and a lone surrogate is no text at all: neither may reach SQL. */
function checked(text: string, token: Token): Token {
  if (token.kind !== 'string' || (token.value.isWellFormed() && !token.value.includes('\0'))) return token
  throw expressionError(text, token, 'a text cannot hold NUL or half a character')
}

function unexpected(text: string, at: number): Error {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  const span = { start: at, end: at + 1 }
  if (character === "'") return expressionError(text, span, "the text that starts here has no closing '")
  if (character === '"') return expressionError(text, span, "texts stand in single quotes: 'like this'")
  return expressionError(text, span, `unexpected ${JSON.stringify(character)}`)
}
