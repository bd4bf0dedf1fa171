import { fillHoles } from '../../../functions/models/compiled.ts'
import { quoteString } from '../../../functions/sql/dialects/duckdb/quote.ts'
import { type Catalog, isByIngestion, nowSql, rowsOf, type Table, type TableRef, tableOf } from './catalog.ts'
import { compiledAt } from './compiled.ts'
import { notDone, Refusal } from './refusal.ts'
import { isSign, isWord, type Token } from './tokens.ts'

/** A statement in the SQL of the database, and which tables it reads or writes. */
export interface Translated {
  readonly sql: string
  readonly tables: readonly Table[]
}

export interface Scope {
  readonly catalog: Catalog
  /** Where the job runs. */
  readonly location: string
  readonly defaultDataset: string | null
}

const TYPES: Readonly<Record<string, string>> = {
  INT64: 'BIGINT',
  FLOAT64: 'DOUBLE',
  STRING: 'VARCHAR',
  BYTES: 'BLOB',
  BOOL: 'BOOLEAN',
  NUMERIC: 'DECIMAL(38,9)',
  DECIMAL: 'DECIMAL(38,9)',
  DATE: 'DATE',
  TIME: 'TIME',
  DATETIME: 'TIMESTAMP',
  TIMESTAMP: 'TIMESTAMPTZ',
}

/** Functions that mean the same in both, by their name in BigQuery. What is not here is refused. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  ABS: 'abs',
  ANY_VALUE: 'any_value',
  CAST: 'CAST',
  COALESCE: 'coalesce',
  COUNT: 'count',
  IF: 'if',
  IFNULL: 'ifnull',
  MAX: 'max',
  MIN: 'min',
  MOD: 'mod',
  NULLIF: 'nullif',
  POW: 'pow',
  ROW_NUMBER: 'row_number',
  SUM: 'sum',
  UNIX_MILLIS: 'epoch_ms',
}

/** Words before a parenthesis that is no call. */
const NO_CALLS =
  /^(AND|AS|ALL|BY|DISTINCT|ELSE|EXCEPT|EXISTS|FROM|HAVING|IN|INTERSECT|INTO|JOIN|LIMIT|NOT|ON|OR|OVER|PARTITION|SELECT|THEN|UNION|USING|VALUES|WHEN|WHERE|WITH|SET)$/

/** Words before a text that is no literal of a type. */
const BEFORE_TEXT = /^(SELECT|AS|LIKE|THEN|ELSE|WHEN|CASE|AND|OR|NOT|IN|BETWEEN|DISTINCT|BY|ON|WHERE|SET|HAVING|LIMIT)$/

/** @throws {Refusal} notFound for a table; notImplemented for what this server does not know; accessDenied for another project. */
export function translate(tokens: readonly Token[], scope: Scope): Translated {
  const tables = new Map<string, Table>()
  return { sql: textOf(tokens, { scope, tables }), tables: [...tables.values()] }
}

function textOf(tokens: readonly Token[], { scope, tables }: Omit<Naming, 'names'>): string {
  const names = withNames(tokens)
  const pieces: string[] = []
  for (let at = 0; at < tokens.length; ) {
    const step =
      compiledStep(tokens, at, { scope, tables }) ??
      rowsAt(tokens, at) ??
      tableAt(tokens, at, { scope, names, tables }) ??
      typedAt(tokens, at, pieces) ??
      plainAt(tokens, at, scope.catalog.now())
    pieces.push(step.sql)
    at += step.length
  }
  return pieces.join(' ')
}

/** A query of a compiled model, as the compiler writes it for DuckDB; its holes are translated as any other text. */
function compiledStep(tokens: readonly Token[], at: number, { scope, tables }: Omit<Naming, 'names'>): Step | null {
  const match = compiledAt(tokens, at, scope.catalog.queries)
  if (match === null) return null
  const sql = fillHoles(match.duckdb, (hole) => {
    const { from = 0, to = 0 } = match.holes.get(hole) ?? {}
    const inside = tokens.slice(from, to)
    if (isSign(inside[0], '(')) return textOf(inside, { scope, tables })
    return tableText(pathAt(inside, 0)?.names ?? [], { scope, tables })
  })
  return { sql, length: match.length }
}

/** Rows of a script: `UNNEST(JSON_QUERY_ARRAY('...'))` of arrays of texts, and `JSON_VALUE(row, '$[0]')` for one of them. */
function rowsAt(tokens: readonly Token[], at: number): Step | null {
  const [first, open, second, third, fourth] = tokens.slice(at, at + 5)
  if (!isSign(open, '(')) return null
  if (isWord(first, 'UNNEST') && isWord(second, 'JSON_QUERY_ARRAY') && fourth?.kind === 'string') {
    const sql = `(SELECT unnest(from_json(${quoteString(fourth.text)}, '[["VARCHAR"]]')) AS ${tokens[at + 8]?.text})`
    return { sql, length: 7 }
  }
  const [, place] = /^\$\[(\d+)\]$/.exec(fourth?.text ?? '') ?? []
  if (!isWord(first, 'JSON_VALUE') || !isSign(third, ',') || place === undefined) return null
  return { sql: `${second?.text}[${Number(place) + 1}]`, length: 6 }
}

interface Step {
  readonly sql: string
  readonly length: number
}

/** Names that WITH gives to queries: they are no tables. */
function withNames(tokens: readonly Token[]): ReadonlySet<string> {
  const names = tokens.filter(
    (_, at) =>
      isWord(tokens[at + 1], 'AS') &&
      isSign(tokens[at + 2], '(') &&
      (isWord(tokens[at - 1], 'WITH') || isSign(tokens[at - 1], ',')),
  )
  return new Set(names.map(({ text }) => text.toLowerCase()))
}

interface Naming {
  readonly scope: Scope
  readonly names: ReadonlySet<string>
  readonly tables: Map<string, Table>
}

/** A table's name, where only one can stand. */
function tableAt(tokens: readonly Token[], at: number, { scope, names, tables }: Naming): Step | null {
  const before = tokens[at - 1]
  if (isWord(tokens[at], 'INTO', 'FROM')) return null
  const isTarget = isWord(before, 'INTO', 'UPDATE', 'INSERT')
  const isPlace = isTarget || isWord(before, 'FROM', 'JOIN', 'DELETE') || (isSign(before, ',') && isInFrom(tokens, at))
  const path = pathAt(tokens, at)
  if (!isPlace || path === null) return null
  if (isWord(tokens[at], 'UNNEST')) throw notDone('UNNEST')
  if (path.names.length === 1 && names.has(path.names[0]?.toLowerCase() ?? '')) return null
  const sql = tableText(path.names, { scope, tables })
  const next = tokens[at + path.length]
  const isFollowed =
    isTarget ||
    isWord(next, 'AS') ||
    (next?.kind === 'word' &&
      !isWord(
        next,
        'WHERE',
        'GROUP',
        'ORDER',
        'JOIN',
        'LEFT',
        'RIGHT',
        'INNER',
        'CROSS',
        'FULL',
        'LIMIT',
        'ON',
        'USING',
        'UNION',
        'QUALIFY',
        'HAVING',
        'FOR',
      ))
  return { sql: isFollowed ? sql : `${sql} AS "${path.names.at(-1)}"`, length: path.length }
}

/** A table that is there, in the database. */
function tableText(path: readonly string[], { scope, tables }: Omit<Naming, 'names'>): string {
  const ref = toRef(path, scope)
  const table = tableOf(scope.catalog, ref, scope.location)
  if (isByIngestion(table)) throw notDone('queries of tables that are partitioned by the time of ingestion')
  tables.set(`${ref.dataset}.${ref.table}`, table)
  return rowsOf(ref)
}

function isInFrom(tokens: readonly Token[], at: number): boolean {
  let depth = 0
  for (let back = at - 1; back >= 0; back--) {
    const token = tokens[back]
    if (isSign(token, ')')) depth++
    if (isSign(token, '(')) depth--
    if (depth < 0) return false
    if (depth === 0 && isWord(token, 'FROM')) return true
    if (depth === 0 && isWord(token, 'SELECT', 'WHERE', 'GROUP', 'ORDER', 'SET', 'VALUES', 'ON')) return false
  }
  return false
}

/** `a.b`, `` `a.b`.c ``, my-project.a.b: the names, and how many tokens they are. */
export function pathAt(tokens: readonly Token[], at: number): { names: readonly string[]; length: number } | null {
  const first = tokens[at]
  if (first?.kind !== 'word' && first?.kind !== 'quoted') return null
  let text = first.text
  let length = 1
  // Projects have hyphens, and need no quotes for them.
  while (isSign(tokens[at + length], '-') && tokens[at + length + 1] && !text.includes('.')) {
    text += `-${tokens[at + length + 1]?.text}`
    length += 2
  }
  const names = text.split('.')
  while (isSign(tokens[at + length], '.') && /word|quoted/.test(tokens[at + length + 1]?.kind ?? '')) {
    names.push(...(tokens[at + length + 1]?.text.split('.') ?? []))
    length += 2
  }
  return { names, length }
}

/** @throws {Refusal} accessDenied for another project; invalidQuery for a name without a dataset. */
export function toRef(
  names: readonly string[],
  { catalog, defaultDataset }: Pick<Scope, 'catalog' | 'defaultDataset'>,
): TableRef {
  const [table = '', dataset = defaultDataset, project = catalog.project, ...more] = names.toReversed()
  if (more.length > 0 || table.includes('$') || dataset === 'INFORMATION_SCHEMA' || /^__|\*$/.test(table))
    throw notDone(`the table ${names.join('.')}`)
  if (project !== catalog.project) {
    const name = `${project}:${dataset}.${table}`
    throw new Refusal(
      'accessDenied',
      `Access Denied: Table ${name}: User does not have permission to query table ${name}, or perhaps it does not exist.`,
    )
  }
  if (dataset === null)
    throw new Refusal(
      'invalidQuery',
      `Table "${table}" must be qualified with a dataset (e.g. dataset.table).`,
      'query',
    )
  return { dataset, table }
}

/** A type, alone or before a text: `NUMERIC '1.5'`. */
function typedAt(tokens: readonly Token[], at: number, before: readonly string[]): Step | null {
  const token = tokens[at]
  const type = token?.kind === 'word' ? TYPES[token.text.toUpperCase()] : undefined
  if (type === undefined || isSign(tokens[at - 1], '.')) return null
  const next = tokens[at + 1]
  if (next?.kind === 'string') return { sql: `CAST(${quoteString(next.text)} AS ${type})`, length: 2 }
  if (before.at(-1) !== 'AS' && !/^(INT64|FLOAT64|STRING|BOOL|NUMERIC)$/i.test(token?.text ?? '')) return null
  const size =
    /^DECIMAL/.test(type) && isSign(next, '(') ? tokens.findIndex((each, index) => index > at && isSign(each, ')')) : -1
  if (size < 0) return { sql: type, length: 1 }
  const digits = tokens.slice(at + 2, size).map(({ text }) => text)
  return { sql: `DECIMAL(${digits.join('')})`, length: size - at + 1 }
}

function plainAt(tokens: readonly Token[], at: number, now: number): Step {
  const token = tokens[at]
  if (!token) throw new TypeError('no token here')
  const { kind, text } = token
  if (kind === 'string') return { sql: quoteString(text), length: 1 }
  if (kind === 'quoted') return { sql: `"${text.replaceAll('"', '""')}"`, length: 1 }
  // A number with a point is a FLOAT64 in BigQuery, and a DECIMAL in DuckDB.
  if (kind === 'number') return { sql: /^\d+$/.test(text) ? text : `CAST(${text} AS DOUBLE)`, length: 1 }
  if (kind === 'parameter') throw notDone('parameters of queries')
  if (kind === 'sign' && /^[[\]?:/]$/.test(text)) throw notDone(`\`${text}\``)
  if (kind === 'sign') return { sql: text, length: 1 }
  return wordAt(tokens, at, now)
}

function wordAt(tokens: readonly Token[], at: number, now: number): Step {
  const { text = '' } = tokens[at] ?? {}
  const word = text.toUpperCase()
  const isCall = isSign(tokens[at + 1], '(') && !isSign(tokens[at - 1], '.')
  if (word === 'CURRENT_TIMESTAMP') return { sql: nowSql(now), length: isCall ? 3 : 1 }
  if (word === 'EXCEPT' && isSign(tokens[at - 1], '*')) return { sql: 'EXCLUDE', length: 1 }
  if (/^(UNNEST|STRUCT|ARRAY|INTERVAL|EXTRACT|SAFE|PIVOT|TABLESAMPLE)$/.test(word)) throw notDone(word)
  if (word === 'INSERT' && !isWord(tokens[at + 1], 'INTO')) return { sql: 'INSERT INTO', length: 1 }
  if (word === 'DELETE' && !isWord(tokens[at + 1], 'FROM')) return { sql: 'DELETE FROM', length: 1 }
  if (tokens[at + 1]?.kind === 'string' && !BEFORE_TEXT.test(word)) throw notDone(`literals such as ${text} '...'`)
  if (!isCall || NO_CALLS.test(word)) return { sql: text, length: 1 }
  const known = FUNCTIONS[word]
  if (known === undefined) throw notDone(`the function ${word}`)
  return { sql: known, length: 1 }
}
