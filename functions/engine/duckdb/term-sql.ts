import type {
  Contract,
  CrossCheck,
  EqualCheck,
  ExistsCheck,
  Term,
  TogetherCheck,
  UniqueCheck,
} from '../../contract/contract.ts'
import { compileExpression, type Scope } from '../../contract/expression/expression.ts'
import { DaybreakError } from '../../errors.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { completeSql } from './unique-key.ts'

/** A stream's rows, and what expressions over them may use. */
export interface TermRows {
  /** Where they are, as it stands after FROM: `partSql` of a part on this disk. */
  readonly from: string
  readonly scope: Scope
}

/** Finds the rows of a term. */
export type FindRows = (term: Term) => TermRows

/**
 * One statement that returns one row per check, in their order: its position, how much was tested, how much of it failed,
 * and for sums the two totals and the largest difference. Sums are of exact numbers, so nothing is lost on the way.
 * @throws {DaybreakError} EXPRESSION_INVALID, CONFIG_INVALID.
 */
export function comparisonsSql(checks: readonly CrossCheck[], rows: FindRows): string {
  const answers = checks.map(
    (check, index) => `SELECT ${index} AS i, * FROM (${comparisonSql(check, rows)}) AS t(${ANSWER})`,
  )
  return `${answers.join(' UNION ALL ')} ORDER BY i`
}

const ANSWER = 'tested, failed, l, r, largest, beyond'

function comparisonSql(check: CrossCheck, rows: FindRows): string {
  if ('equal' in check) return equalSql(check, rows)
  if ('together' in check) return togetherSql(check, rows)
  return existsSql(check, rows)
}

function equalSql(check: EqualCheck, rows: FindRows): string {
  const [left, right] = check.equal
  const others = check.orEqual ?? []
  const tolerance = check.within.toFixed(9)
  if (!left.by && !right.by) {
    const sides = [left, right, ...others].map((term, at) => `(${totalSql(term, rows)}) s${at}`)
    const difference = nearest(sides.slice(1).map((_, at) => `abs(s0.v - s${at + 1}.v)`))
    return [
      `SELECT 1, CAST(d > ${tolerance} AS INTEGER), CAST(l AS VARCHAR), CAST(r AS VARCHAR), CAST(d AS VARCHAR), CAST(d AS VARCHAR)`,
      `FROM (SELECT s0.v AS l, s1.v AS r, ${difference} AS d FROM ${sides.join(', ')})`,
    ].join(' ')
  }
  return keyedSql(check, { rows, tolerance })
}

function keyedSql(
  { equal: [left, right], orEqual: others = [], absentKey: absent, name }: EqualCheck,
  { rows, tolerance }: { readonly rows: FindRows; readonly tolerance: string },
): string {
  if (!left.by || !right.by)
    throw new DaybreakError('CONFIG_INVALID', `check ${name}: \`by\` must stand on both sides or on none`)
  // A list of keys on the left stands for one thing, an order with its checks, that equals the sum over its keys. A key that
  // the right side lacks counts as zero there: an order without items must have no amount.
  const { split, ...whole } = left
  const part = split ? `unnest(string_split(k, ${quoteString(split)}))` : 'k'
  const sides = [right, ...others]
  const groups = sides.map((term, at) => `r${at} AS (SELECT k AS part, v AS v${at} FROM (${groupsSql(term, rows)}))`)
  const sums = sides.map((_, at) => `coalesce(sum(v${at}), 0) AS r${at}`)
  const joins = sides.map((_, at) => `LEFT JOIN r${at} USING (part)`)
  const joined = [
    `WITH l AS (${groupsSql(whole, rows)}), p AS (SELECT k, ${part} AS part FROM l), ${groups.join(', ')}`,
    `SELECT any_value(l.v) AS l, ${sums.join(', ')} FROM l JOIN p USING (k) ${joins.join(' ')} GROUP BY k`,
    absent === 'skip' ? 'HAVING count(v0) > 0' : '',
  ].join(' ')
  const difference = nearest(sides.map((_, at) => `abs(l - r${at})`))
  return [
    `SELECT count(*), count(*) FILTER (WHERE d > ${tolerance}), CAST(coalesce(sum(l), 0) AS VARCHAR),`,
    `CAST(coalesce(sum(r0), 0) AS VARCHAR), CAST(coalesce(max(d), 0) AS VARCHAR),`,
    `CAST(coalesce(sum(d) FILTER (WHERE d > ${tolerance}), 0) AS VARCHAR) FROM (SELECT *, ${difference} AS d FROM (${joined}))`,
  ].join(' ')
}

const nearest = (differences: readonly string[]): string =>
  differences.length === 1 ? `${differences[0]}` : `least(${differences.join(', ')})`

function existsSql({ every, existsIn: other, name }: ExistsCheck, rows: FindRows): string {
  if (!every.by || !other.by) throw new DaybreakError('CONFIG_INVALID', `check ${name}: both sides need \`by\``)
  const keys = `SELECT k FROM (${rowsSql(other, rows)}) WHERE k IS NOT NULL`
  const missing = `k NOT IN (${keys})`
  const money = every.sum ? `CAST(coalesce(sum(abs(v)) FILTER (WHERE ${missing}), 0) AS VARCHAR)` : NONE
  return `SELECT count(*), count(*) FILTER (WHERE ${missing}), ${NONE}, ${NONE}, ${NONE}, ${money} FROM (${groupsSql(every, rows)})`
}

const NONE = 'CAST(NULL AS VARCHAR)'

function togetherSql({ together: [left, right] }: TogetherCheck, rows: FindRows): string {
  return `SELECT 1, CAST((l.v = 0) <> (r.v = 0) AS INTEGER), CAST(l.v AS VARCHAR), CAST(r.v AS VARCHAR), ${NONE}, ${NONE} FROM (${totalSql(left, rows)}) l, (${totalSql(right, rows)}) r`
}

const totalSql = (term: Term, rows: FindRows): string => `SELECT ${sumOf(term)} AS v FROM (${rowsSql(term, rows)})`
const groupsSql = (term: Term, rows: FindRows): string =>
  `SELECT k, ${sumOf(term)} AS v FROM (${rowsSql(term, rows)}) WHERE k IS NOT NULL GROUP BY k`

function sumOf({ sum }: Term): string {
  return sum ? 'coalesce(sum(v), 0)' : 'CAST(count(*) AS DECIMAL(38,9))'
}

/** The rows of a term that its `where` lets through, with their key as `k` and what is summed as `v`. */
function rowsSql(term: Term, rows: FindRows): string {
  const { from, scope } = rows(term)
  const { sum, where, by, split } = term
  const value = sum ? `CAST(${exact(compileExpression(sum, scope), sum)} AS DECIMAL(38,9))` : 'NULL'
  const condition = where ? ` WHERE ${compileExpression(where, scope, { type: 'bool' }).sql}` : ''
  const column = by ? `CAST(${compileExpression(by, scope).sql} AS VARCHAR)` : 'NULL'
  const key = by && split ? `unnest(string_split(${column}, ${quoteString(split)}))` : column
  return `SELECT ${key} AS k, ${value} AS v FROM ${from}${condition}`
}

function exact({ sql, type }: { readonly sql: string; readonly type: string }, text: string): string {
  if (type === 'int64' || type === 'numeric') return sql
  throw new DaybreakError(
    'EXPRESSION_INVALID',
    `\`sum: ${text}\` is a ${type}, and only int64 and numeric add up exactly`,
  )
}

/** Rows beyond the first of each key, by line: the ones a unique check is about. `from` stands after FROM. */
export function duplicatesSql(check: UniqueCheck, contract: Contract, from: string): string {
  const keys = check.unique.map((name) => quoteIdentifier(name)).join(', ')
  const complete = completeSql(check, contract, quoteIdentifier)
  const where = complete === null ? '' : ` WHERE ${complete}`
  return `SELECT _row_number FROM (SELECT _row_number, row_number() OVER (PARTITION BY ${keys} ORDER BY _row_number) AS place FROM ${from}${where}) WHERE place > 1 ORDER BY 1`
}
