import { readFileSync } from 'node:fs'
import type { DuckDBConnection } from '@duckdb/node-api'
import {
  type Check,
  type ColumnType,
  type Contract,
  type CrossCheck,
  type FileCheck,
  isHistoryCheck,
  type Term,
} from '../../../contract/contract.ts'
import type { Scope } from '../../../contract/expression/expression.ts'
import { CLOSEOUT_HOUR } from '../../../contract/scope.ts'
import {
  type CheckOutcome,
  type Comparison,
  comparisonOutcome,
  durationOutcome,
  rowOutcome,
  uniqueOutcome,
  valuesOutcome,
} from '../../../engine/check-result.ts'
import { checkScope, closeoutHourSql, type Place } from '../../../engine/duckdb/column-sql.ts'
import { partSql } from '../../../engine/duckdb/compile.ts'
import { profileQuestions, profileSql, profilesOf } from '../../../engine/duckdb/profile.ts'
import { type Question, questionsOf, summarySql, unknownValuesSql } from '../../../engine/duckdb/summary.ts'
import { comparisonsSql, duplicatesSql, type FindRows, type TermRows } from '../../../engine/duckdb/term-sql.ts'
import { unlessAbsent } from '../../../engine/not-run.ts'
import { countedProfiles } from '../../../engine/profiles/counted-profiles.ts'
import { MOST_COUNTED, type Profile } from '../../../engine/profiles/profiles.ts'
import { DaybreakError } from '../../../errors.ts'
import { DUCKDB } from '../../../sql/dialects/duckdb/dialect.ts'
import { quoteIdentifier } from '../../../sql/dialects/duckdb/quote.ts'

/** Facts of a part, read back from its file. */
export interface PartSummary {
  readonly rows: number
  readonly totals: Readonly<Record<string, string>>
  readonly checks: readonly CheckOutcome[]
  /** First and last value of the columns that a location keeps, by column. */
  readonly constants: Readonly<Record<string, readonly string[]>>
  /** Names of the unique checks whose key may stand twice: fewer distinct hashes than rows that have it. */
  readonly repeated: ReadonlySet<string>
  /** One per column; none where they are not asked for. */
  readonly profiles: readonly Profile[]
}

/** Where a part is, and what is asked of it. */
interface SummaryRequest {
  readonly contract: Contract
  readonly place: Place | null
  readonly part: string
  /** Columns of the contract that the file does not have. */
  readonly absent: ReadonlySet<string>
  /** Rejected rows per check with the effect `quarantine`, by the check's name. */
  readonly quarantined: ReadonlyMap<string, number>
  /** Rows of the part at most, and the file they are from; null where no profiles are asked for. */
  readonly profiled: { readonly rows: number; readonly rawSha256: string } | null
}

/** Reads a part back: rows, exact sums, checks and profiles, in one scan, and one more statement for each check over several rows. */
export async function summarize(connection: DuckDBConnection, request: SummaryRequest): Promise<PartSummary> {
  const { contract, place, part, profiled } = request
  const questions = questionsOf(contract, place)
  const columns = profiled && profiled.rows > MOST_COUNTED ? profileQuestions(contract, profiled.rows) : null
  const asked = [...questions.map(({ sql }) => sql), ...(columns ? profileSql(columns) : [])]
  const [answers = []] = await query(connection, summarySql(asked, partSql(part)))
  const answered = questions.map((question, index) => ({ question, answer: answers[index] ?? '0' }))
  const rows = Number(answers[0])
  const totals = answered.flatMap(({ question, answer }) =>
    question.kind === 'total' ? [[question.column, answer] as const] : [],
  )
  const scope = checkScope(contract, place)
  const compared = await compareAll(connection, contract.checks.filter(isComparison), () => ({
    from: partSql(part),
    scope,
  }))
  const own: CheckOutcome[] = []
  for (const [index, check] of contract.checks.entries()) {
    if (isHistoryCheck(check)) continue
    const counted = answered.find(({ question }) => 'index' in question && question.index === index)
    const counts = { ...request, rows, counted: Number(counted?.answer ?? 0) }
    const found = isComparison(check) ? taken(compared, check) : await checkOutcome(connection, check, counts)
    own.push(unlessAbsent(found, check, request.absent))
  }
  const given: CheckOutcome[] = []
  for (const each of answered) given.push(...(await givenOutcome(connection, each, { part, rows })))
  const repeated = answered.flatMap(({ question, answer }) => {
    const check = question.kind === 'unique' && Number(answer) !== 0 ? contract.checks[question.index] : undefined
    return check ? [check.name] : []
  })
  const constants = constantsOf(answered)
  const slice = { stream: contract.stream, rows, rawSha256: profiled?.rawSha256 ?? '' }
  return {
    rows,
    totals: Object.fromEntries(totals),
    checks: [...own, ...given],
    constants,
    repeated: new Set(repeated),
    profiles: columns
      ? profilesOf(columns, answers.slice(questions.length), slice)
      : profiled
        ? countedProfiles(contract, readFileSync(part), slice)
        : [],
  }
}

// Names of places are short; what is longer is cut, and compared as far as it goes.
const LONGEST_CONSTANT = 200

function constantsOf(
  answered: readonly { readonly question: Question; readonly answer: string }[],
): Readonly<Record<string, readonly string[]>> {
  const asked = answered.flatMap(({ question, answer }) =>
    question.kind === 'constant' ? [{ ...question, answer }] : [],
  )
  const byColumn = Map.groupBy(asked, ({ column }) => column)
  return Object.fromEntries(
    [...byColumn].map(([column, answers]) => {
      const values = answers.map(({ answer }) => answer.slice(0, LONGEST_CONSTANT)).filter((value) => value !== '')
      return [column, [...new Set(values)]]
    }),
  )
}

/** True for a check that compares sums, counts or keys, which one statement answers for all of them. */
export function isComparison(check: Check): check is Extract<Check, CrossCheck> {
  return !('that' in check || 'unique' in check || isHistoryCheck(check))
}

async function checkOutcome(
  connection: DuckDBConnection,
  check: Exclude<FileCheck, CrossCheck>,
  { contract, part, quarantined, rows, counted }: SummaryRequest & { readonly rows: number; readonly counted: number },
): Promise<CheckOutcome> {
  const refused = quarantined.get(check.name) ?? 0
  if ('that' in check)
    return check.effect === 'quarantine' ? rowOutcome(check, rows + refused, refused) : rowOutcome(check, rows, counted)
  if (check.effect === 'quarantine') return uniqueOutcome(check, rows + refused, refused)
  const repeated = counted === 0 ? 0 : await countDuplicates(connection, duplicatesSql(check, contract, partSql(part)))
  return uniqueOutcome(check, rows, repeated)
}

async function countDuplicates(connection: DuckDBConnection, duplicates: string): Promise<number> {
  const [[count] = []] = await query(connection, `SELECT count(*) FROM (${duplicates})`)
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
  const found = failed > 0 ? await query(connection, unknownValuesSql(question.column, partSql(part))) : []
  return [valuesOutcome(question.column, { tested: rows, failed, examples: found.map(([value]) => value ?? '') })]
}

/** Lines of the rows that repeat a key which an earlier row of the part has. */
export async function duplicateLines(connection: DuckDBConnection, duplicates: string): Promise<readonly number[]> {
  return (await query(connection, duplicates)).map(([line]) => Number(line))
}

/** The parts of one location and day, by stream, and the hour at which its days end. */
export interface Day {
  readonly parts: ReadonlyMap<string, string>
  readonly closeoutHour: number | null
}

/** Runs checks over streams of one location and day, in one statement. @throws {DaybreakError} when a stream has no part. */
export async function crossChecks(
  connection: DuckDBConnection,
  checks: readonly CrossCheck[],
  { parts, closeoutHour }: Day,
): Promise<readonly CheckOutcome[]> {
  const rows = new Map<string, TermRows>()
  for (const check of checks) {
    for (const { stream } of termsOf(check)) {
      const path = stream === undefined ? undefined : parts.get(stream)
      if (stream === undefined || path === undefined)
        throw new DaybreakError(
          'CONFIG_INVALID',
          `check ${check.name} needs a part of ${stream ?? 'a stream it does not name'}`,
        )
      if (!rows.has(stream))
        rows.set(stream, { from: partSql(path), scope: await scopeOf(connection, path, closeoutHour) })
    }
  }
  const compared = await compareAll(connection, checks, ({ stream = '' }) => {
    const found = rows.get(stream)
    if (!found) throw new TypeError('a term without rows')
    return found
  })
  return checks.map((check) => taken(compared, check))
}

function termsOf(check: CrossCheck): readonly Term[] {
  if ('equal' in check) return [...check.equal, ...(check.orEqual ?? [])]
  return 'together' in check ? check.together : [check.every, check.existsIn]
}

/** The outcomes of comparisons, by check: one statement, since a file of a few rows costs less than asking for it. */
async function compareAll(
  connection: DuckDBConnection,
  checks: readonly CrossCheck[],
  rows: FindRows,
): Promise<ReadonlyMap<CrossCheck, CheckOutcome>> {
  if (checks.length === 0) return new Map()
  const answers = await query(connection, comparisonsSql(checks, rows))
  return new Map(
    checks.map((check, index) => {
      const [, tested, failed, left = null, right = null, largest = null, beyond = null] = answers[index] ?? []
      const comparison: Comparison = [tested ?? '0', failed ?? '0', left, right, largest, beyond]
      return [check, comparisonOutcome(check, comparison)]
    }),
  )
}

function taken(outcomes: ReadonlyMap<CrossCheck, CheckOutcome>, check: CrossCheck): CheckOutcome {
  const found = outcomes.get(check)
  if (!found) throw new TypeError(`no outcome of ${check.name}`)
  return found
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

/** Names that expressions over a part may use: its columns, with the types the part itself has, and the closeout hour. */
async function scopeOf(connection: DuckDBConnection, path: string, closeoutHour: number | null): Promise<Scope> {
  const described = await query(
    connection,
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${partSql(path)})`,
  )
  const columns = new Map<string, ColumnType>([[CLOSEOUT_HOUR, 'int64']])
  const scales = new Map<string, { readonly digits: number; readonly scale: number }>()
  for (const [name, sqlType] of described) {
    const [, digits, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(sqlType ?? '') ?? []
    const type = digits ? 'numeric' : TYPES[sqlType ?? '']
    if (!name || !type) continue
    columns.set(name, type)
    if (digits) scales.set(name, { digits: Number(digits) - Number(scale), scale: Number(scale) })
  }
  const sql = (name: string) => (name === CLOSEOUT_HOUR ? closeoutHourSql(closeoutHour) : quoteIdentifier(name))
  return { dialect: DUCKDB, columns, scales, sql }
}

/** All rows of a query, values as text. */
async function query(connection: DuckDBConnection, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
}
