import type { CrossCheck, EqualCheck, ExistsCheck, Term, TogetherCheck } from '../contract/contract.ts'
import { compileExpression, type Scope } from '../contract/expression.ts'
import { DaybreakError } from '../errors.ts'
import { quoteIdentifier, quoteString } from '../sql/quote.ts'

/** A stream's rows on this disk, and what expressions over them may use. */
export interface TermRows {
  readonly path: string
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

const ANSWER = 'tested, failed, l, r, largest'

function comparisonSql(check: CrossCheck, rows: FindRows): string {
  if ('equal' in check) return equalSql(check, rows)
  if ('together' in check) return togetherSql(check, rows)
  return existsSql(check, rows)
}

function equalSql({ equal: [left, right], within, name }: EqualCheck, rows: FindRows): string {
  const tolerance = within.toFixed(9)
  if (!left.by && !right.by)
    return [
      `SELECT 1, CAST(abs(l.v - r.v) > ${tolerance} AS INTEGER), CAST(l.v AS VARCHAR), CAST(r.v AS VARCHAR), CAST(abs(l.v - r.v) AS VARCHAR)`,
      `FROM (${totalSql(left, rows)}) l, (${totalSql(right, rows)}) r`,
    ].join(' ')
  if (!left.by || !right.by)
    throw new DaybreakError('CONFIG_INVALID', `check ${name}: \`by\` must stand on both sides or on none`)
  // A list of keys on the left stands for one thing, an order with its checks, that equals the sum over its keys. A key that
  // the right side lacks counts as zero there: an order without items must have no amount.
  const { split, ...whole } = left
  const part = split ? `unnest(string_split(k, ${quoteString(split)}))` : 'k'
  const joined = [
    `WITH l AS (${groupsSql(whole, rows)}), p AS (SELECT k, ${part} AS part FROM l),`,
    `r AS (SELECT k AS part, v FROM (${groupsSql(right, rows)}))`,
    'SELECT any_value(l.v) AS l, coalesce(sum(r.v), 0) AS r FROM l JOIN p USING (k) LEFT JOIN r USING (part) GROUP BY k',
  ].join(' ')
  return [
    `SELECT count(*), count(*) FILTER (WHERE abs(l - r) > ${tolerance}), CAST(coalesce(sum(l), 0) AS VARCHAR),`,
    `CAST(coalesce(sum(r), 0) AS VARCHAR), CAST(coalesce(max(abs(l - r)), 0) AS VARCHAR) FROM (${joined})`,
  ].join(' ')
}

function existsSql({ every, exists_in: other, name }: ExistsCheck, rows: FindRows): string {
  if (!every.by || !other.by) throw new DaybreakError('CONFIG_INVALID', `check ${name}: both sides need \`by\``)
  const keys = `SELECT k FROM (${rowsSql(other, rows)})`
  return `SELECT count(*), count(*) FILTER (WHERE k NOT IN (${keys} WHERE k IS NOT NULL)), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR) FROM (SELECT DISTINCT k FROM (${rowsSql(every, rows)}) WHERE k IS NOT NULL)`
}

function togetherSql({ together: [left, right] }: TogetherCheck, rows: FindRows): string {
  return `SELECT 1, CAST((l.v = 0) <> (r.v = 0) AS INTEGER), CAST(l.v AS VARCHAR), CAST(r.v AS VARCHAR), CAST(NULL AS VARCHAR) FROM (${totalSql(left, rows)}) l, (${totalSql(right, rows)}) r`
}

const totalSql = (term: Term, rows: FindRows): string => `SELECT ${sumOf(term)} AS v FROM (${rowsSql(term, rows)})`
const groupsSql = (term: Term, rows: FindRows): string =>
  `SELECT k, ${sumOf(term)} AS v FROM (${rowsSql(term, rows)}) WHERE k IS NOT NULL GROUP BY k`

function sumOf({ sum }: Term): string {
  return sum ? 'coalesce(sum(v), 0)' : 'CAST(count(*) AS DECIMAL(38,9))'
}

/** The rows of a term that its `where` lets through, with their key as `k` and what is summed as `v`. */
function rowsSql(term: Term, rows: FindRows): string {
  const { path, scope } = rows(term)
  const { sum, where, by, split } = term
  const value = sum ? `CAST(${exact(compileExpression(sum, scope), sum)} AS DECIMAL(38,9))` : 'NULL'
  const condition = where ? ` WHERE ${compileExpression(where, scope, { type: 'bool' }).sql}` : ''
  const column = by ? `CAST(${compileExpression(by, scope).sql} AS VARCHAR)` : 'NULL'
  const key = by && split ? `unnest(string_split(${column}, ${quoteString(split)}))` : column
  return `SELECT ${key} AS k, ${value} AS v FROM read_parquet(${quoteString(path)})${condition}`
}

function exact({ sql, type }: { readonly sql: string; readonly type: string }, text: string): string {
  if (type === 'int64' || type === 'numeric') return sql
  throw new DaybreakError(
    'EXPRESSION_INVALID',
    `\`sum: ${text}\` is a ${type}, and only int64 and numeric add up exactly`,
  )
}

/** Rows beyond the first of each key, by line: the ones a unique check is about. Empty counts as a value. */
export function duplicatesSql(columns: readonly string[], path: string): string {
  const keys = columns.map((name) => quoteIdentifier(name)).join(', ')
  return `SELECT _row_number FROM (SELECT _row_number, row_number() OVER (PARTITION BY ${keys} ORDER BY _row_number) AS place FROM read_parquet(${quoteString(path)})) WHERE place > 1 ORDER BY 1`
}
