import type { DuckDBConnection } from '@duckdb/node-api'
import type { Check, ColumnType, Contract, CrossCheck, Term } from '../../contract/contract.ts'
import type { Scope } from '../../contract/expression.ts'
import {
  type CheckOutcome,
  type Comparison,
  comparisonOutcome,
  durationOutcome,
  rowOutcome,
  uniqueOutcome,
  valuesOutcome,
} from '../../engine/check-result.ts'
import { checkScope, type Place } from '../../engine/column-sql.ts'
import { keyHashSql, type Question, questionsOf, summarySql, unknownValuesSql } from '../../engine/summary.ts'
import { comparisonSql, duplicatesSql, type FindRows } from '../../engine/term-sql.ts'
import { DaybreakError } from '../../errors.ts'
import { quoteIdentifier, quoteString } from '../../sql/quote.ts'

/** What a part says of itself when it is read back. */
export interface PartSummary {
  readonly rows: number
  readonly totals: Readonly<Record<string, string>>
  readonly checks: readonly CheckOutcome[]
}

/** Where a part is, and what is asked of it. */
export interface SummaryRequest {
  readonly contract: Contract
  readonly place: Place
  readonly part: string
  /** Rejected rows per check with the effect `quarantine`, by the check's name. */
  readonly quarantined: ReadonlyMap<string, number>
}

/** Reads a part back: rows, exact sums and checks, in one scan and one more statement for each check over several rows. */
export async function summarize(connection: DuckDBConnection, request: SummaryRequest): Promise<PartSummary> {
  const { contract, place, part } = request
  const questions = questionsOf(contract, place)
  const [answers = []] = await query(connection, summarySql(questions, part))
  const answered = questions.map((question, index) => ({ question, answer: answers[index] ?? '0' }))
  const rows = Number(answers[0])
  const totals = answered.flatMap(({ question, answer }) =>
    question.kind === 'total' ? [[question.column, answer] as const] : [],
  )
  const own: CheckOutcome[] = []
  for (const [index, check] of contract.checks.entries()) {
    if ('trend' in check) continue
    const asked = answered.find(({ question }) => 'index' in question && question.index === index)
    own.push(await checkOutcome(connection, check, { ...request, rows, counted: Number(asked?.answer ?? 0) }))
  }
  const given: CheckOutcome[] = []
  for (const each of answered) given.push(...(await givenOutcome(connection, each, { part, rows })))
  return { rows, totals: Object.fromEntries(totals), checks: [...own, ...given] }
}

async function checkOutcome(
  connection: DuckDBConnection,
  check: Check,
  {
    contract,
    place,
    part,
    quarantined,
    rows,
    counted,
  }: SummaryRequest & { readonly rows: number; readonly counted: number },
): Promise<CheckOutcome> {
  const refused = quarantined.get(check.name) ?? 0
  if ('that' in check)
    return check.effect === 'quarantine' ? rowOutcome(check, rows + refused, refused) : rowOutcome(check, rows, counted)
  if ('unique' in check) {
    if (check.effect === 'quarantine') return uniqueOutcome(check, rows + refused, refused)
    const repeated = counted === rows ? 0 : await countDuplicates(connection, check.unique, part)
    return uniqueOutcome(check, rows, repeated)
  }
  if ('trend' in check) throw new TypeError('a trend is no check of one part')
  return await compare(connection, check, () => ({ path: part, scope: checkScope(contract, place) }))
}

async function countDuplicates(
  connection: DuckDBConnection,
  columns: readonly string[],
  part: string,
): Promise<number> {
  const keys = columns.map((name) => quoteIdentifier(name)).join(', ')
  const [[count] = []] = await query(
    connection,
    `SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM read_parquet(${quoteString(part)}) GROUP BY ${keys} HAVING count(*) > 1)`,
  )
  return Number(count)
}

async function givenOutcome(
  connection: DuckDBConnection,
  { question, answer }: { readonly question: Question; readonly answer: string },
  { part, rows }: { readonly part: string; readonly rows: number },
): Promise<readonly CheckOutcome[]> {
  const failed = Number(answer)
  if (question.kind === 'duration') return [durationOutcome(question.column, rows, failed)]
  if (question.kind !== 'values') return []
  const found = failed > 0 ? await query(connection, unknownValuesSql(question.column, part)) : []
  return [valuesOutcome(question.column, { tested: rows, failed, examples: found.map(([value]) => value ?? '') })]
}

/** True when no key stands twice: as many distinct hashes as rows prove it, and need a tenth of the memory of the keys. */
export async function hasDistinctKeys(
  connection: DuckDBConnection,
  columns: readonly string[],
  part: string,
): Promise<boolean> {
  const sql = `SELECT count(*) = count(DISTINCT ${keyHashSql(columns)}) FROM read_parquet(${quoteString(part)})`
  const [[distinct] = []] = await query(connection, sql)
  return distinct === 'true'
}

/** Lines of the rows that repeat a key which an earlier row of the part has. */
export async function duplicateLines(
  connection: DuckDBConnection,
  columns: readonly string[],
  part: string,
): Promise<readonly number[]> {
  return (await query(connection, duplicatesSql(columns, part))).map(([line]) => Number(line))
}

/** Runs a check over streams of one location and day. @throws {DaybreakError} when a stream of it has no part. */
export async function crossCheck(
  connection: DuckDBConnection,
  check: CrossCheck,
  parts: ReadonlyMap<string, string>,
): Promise<CheckOutcome> {
  const scopes = new Map<string, Scope>()
  for (const { stream } of termsOf(check)) {
    const path = stream === undefined ? undefined : parts.get(stream)
    if (stream === undefined || path === undefined)
      throw new DaybreakError(
        'CONFIG_INVALID',
        `check ${check.name} needs a part of ${stream ?? 'a stream it does not name'}`,
      )
    if (!scopes.has(stream)) scopes.set(stream, await scopeOf(connection, path))
  }
  return await compare(connection, check, ({ stream = '' }) => {
    const [path, scope] = [parts.get(stream), scopes.get(stream)]
    if (path === undefined || !scope) throw new TypeError('a term without rows')
    return { path, scope }
  })
}

function termsOf(check: CrossCheck): readonly Term[] {
  if ('equal' in check) return check.equal
  return 'together' in check ? check.together : [check.every, check.exists_in]
}

async function compare(connection: DuckDBConnection, check: CrossCheck, rows: FindRows): Promise<CheckOutcome> {
  const [answer] = await query(connection, comparisonSql(check, rows))
  const [tested, failed, left = null, right = null, largest = null] = answer ?? []
  const comparison: Comparison = [tested ?? '0', failed ?? '0', left, right, largest]
  return comparisonOutcome(check, comparison)
}

const TYPES: Readonly<Record<string, ColumnType>> = {
  VARCHAR: 'string',
  BIGINT: 'int64',
  DOUBLE: 'float64',
  BOOLEAN: 'bool',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'datetime',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
}

/** What expressions over a part may use: its columns, with the types the part itself has. */
async function scopeOf(connection: DuckDBConnection, path: string): Promise<Scope> {
  const described = await query(
    connection,
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${quoteString(path)}))`,
  )
  const columns = new Map<string, ColumnType>()
  const scales = new Map<string, { readonly digits: number; readonly scale: number }>()
  for (const [name, sqlType] of described) {
    const [, digits, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(sqlType ?? '') ?? []
    const type = digits ? 'numeric' : TYPES[sqlType ?? '']
    if (!name || !type) continue
    columns.set(name, type)
    if (digits) scales.set(name, { digits: Number(digits) - Number(scale), scale: Number(scale) })
  }
  return { dialect: 'duckdb', columns, scales, sql: (name) => quoteIdentifier(name) }
}

/** All rows of a query, values as text. */
async function query(connection: DuckDBConnection, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
}
