import { Refusal } from './refusal.ts'

/** A piece of BigQuery SQL. `text` of a name or a string is without its quotes and escapes. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'sign'
  readonly text: string
  /** Of its first character, counted from 1. */
  readonly line: number
  readonly column: number
}

const SPACE = /(?:\s+|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)+/y
const PIECES: readonly (readonly [Token['kind'], RegExp])[] = [
  ['quoted', /`([^`\n]+)`/y],
  ['string', /(?:[rR]?)(?:'''([\s\S]*?)'''|"""([\s\S]*?)"""|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/y],
  ['number', /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y],
  ['parameter', /@[A-Za-z_]\w*/y],
  ['word', /[A-Za-z_]\w*/y],
  ['sign', /<>|!=|<=|>=|\|\||=>|[-+*/%(),.;=<>[\]?:]/y],
]

/** @throws {Refusal} invalidQuery for what no token can be. */
export function toTokens(sql: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = skip(sql, 0); at < sql.length; ) {
    const before = sql.slice(0, at).split('\n')
    const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
    const found = matchAt(sql, at)
    if (!found)
      throw new Refusal(
        'invalidQuery',
        `Syntax error: Illegal input character "${sql[at]}" at [${place.line}:${place.column}]`,
        'query',
      )
    tokens.push({ kind: found.kind, text: found.text, ...place })
    at = skip(sql, at + found.length)
  }
  return tokens
}

function skip(sql: string, at: number): number {
  SPACE.lastIndex = at
  return at + (SPACE.exec(sql)?.[0].length ?? 0)
}

function matchAt(sql: string, at: number): { kind: Token['kind']; text: string; length: number } | null {
  for (const [kind, pattern] of PIECES) {
    pattern.lastIndex = at
    const match = pattern.exec(sql)
    if (!match) continue
    const [whole, ...groups] = match
    const content = groups.find((group) => group !== undefined)
    const isRaw = /^[rR]['"]/.test(whole)
    const text = kind === 'string' && !isRaw ? unescaped(content ?? '') : (content ?? whole)
    return { kind, text, length: whole.length }
  }
  return null
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character)
}

/** True for a word that is this keyword. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase())
}

export function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text
}

/** A script cut at its semicolons. */
export function toStatements(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const statements: Token[][] = [[]]
  for (const token of tokens) {
    if (isSign(token, ';')) statements.push([])
    else statements.at(-1)?.push(token)
  }
  return statements.filter((statement) => statement.length > 0)
}
