import { fillHoles, type QueryText } from '../../../functions/models/compiled.ts'
import { isSign, type Token, toTokens } from './tokens.ts'

/** Queries of compiled models, by the text of their first words. */
export type CompiledQueries = ReadonlyMap<string, readonly CompiledQuery[]>

interface CompiledQuery {
  /** The query in BigQuery's SQL. A hole is a parameter. */
  readonly tokens: readonly Token[]
  /** The same in the SQL of the database, with its holes. */
  readonly duckdb: string
}

/** Where a compiled query stands in a statement. */
export interface Match {
  readonly duckdb: string
  /** The tokens in each of its holes. */
  readonly holes: ReadonlyMap<number, Span>
  readonly length: number
}

interface Span {
  readonly from: number
  readonly to: number
}

const HOLE = /^@hole_(\d+)$/
const FIRST = 3

/** Queries that this server knows beyond the SQL that it translates: what the compiler of the models made of them. */
export function compiledQueries(texts: readonly QueryText[]): CompiledQueries {
  const known = texts.map(({ bigquery, duckdb }) => ({
    tokens: toTokens(fillHoles(bigquery, (hole) => `@hole_${hole}`)),
    duckdb,
  }))
  return Map.groupBy(known, ({ tokens }) => firstWords(tokens, 0))
}

/** The compiled query that is all of a statement, or of what stands between two parentheses. Null where none is. */
export function compiledAt(tokens: readonly Token[], at: number, queries: CompiledQueries): Match | null {
  if (at > 0 && !isSign(tokens[at - 1], '(')) return null
  for (const query of queries.get(firstWords(tokens, at)) ?? []) {
    const match = matchAt(tokens, at, query)
    if (match) return match
  }
  return null
}

function firstWords(tokens: readonly Token[], at: number): string {
  return tokens
    .slice(at, at + FIRST)
    .map(({ text }) => text)
    .join(' ')
}

function matchAt(tokens: readonly Token[], start: number, { tokens: wanted, duckdb }: CompiledQuery): Match | null {
  const holes = new Map<number, Span>()
  let at = start
  for (const each of wanted) {
    const [, hole] = HOLE.exec(each.text) ?? []
    if (hole === undefined) {
      if (!isSame(each, tokens[at])) return null
      at++
      continue
    }
    const to = endOfTable(tokens, at)
    if (to === null) return null
    holes.set(Number(hole), { from: at, to })
    at = to
  }
  const isWhole = at === tokens.length || isSign(tokens[at], ')')
  return isWhole ? { duckdb, holes, length: at - start } : null
}

function isSame(one: Token, other: Token | undefined): boolean {
  return other !== undefined && one.kind === other.kind && one.text === other.text
}

/** The end of the table, or of the subquery in parentheses, that begins at a token. */
function endOfTable(tokens: readonly Token[], at: number): number | null {
  if (!isSign(tokens[at], '(')) {
    let end = at
    while (/word|quoted/.test(tokens[end]?.kind ?? '') && isSign(tokens[end + 1], '.')) end += 2
    return /word|quoted/.test(tokens[end]?.kind ?? '') ? end + 1 : null
  }
  let depth = 0
  for (let end = at; end < tokens.length; end++) {
    if (isSign(tokens[end], '(')) depth++
    if (isSign(tokens[end], ')') && --depth === 0) return end + 1
  }
  return null
}
