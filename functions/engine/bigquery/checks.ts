import {
  type Column,
  type Contract,
  type EqualCheck,
  type ExistsCheck,
  type FileCheck,
  isHistoryCheck,
  type Term,
  type TogetherCheck,
  type UniqueCheck,
} from '../../contract/contract.ts'
import { compileExpression, compileRowCheck, type Scope } from '../../contract/expression/expression.ts'
import { DaybreakError } from '../../errors.ts'
import { quoteIdentifier } from '../../sql/dialects/bigquery/quote.ts'
import { completeSql } from '../duckdb/unique-key.ts'
import { isPublic } from '../privacy.ts'
import { OWN } from './columns.ts'
import { SHARD, WINDOW } from './sheet.ts'
import { literal } from './text.ts'

/** Names of the columns of `checksSql`, all but the first four texts that may be NULL. */
const ANSWER_COLUMNS = [
  { name: SHARD, type: 'STRING' },
  { name: WINDOW, type: 'DATE' },
  { name: 'check_name', type: 'STRING' },
  { name: 'tested', type: 'INT64' },
  { name: 'failed', type: 'INT64' },
  { name: 'left_total', type: 'STRING' },
  { name: 'right_total', type: 'STRING' },
  { name: 'largest', type: 'STRING' },
  { name: 'beyond', type: 'STRING' },
  { name: 'examples', type: 'STRING' },
] as const

const SLICE = `${SHARD}, ${WINDOW}`
const NONE = 'CAST(NULL AS STRING)'
const quoted = (name: string): string => quoteIdentifier(name)

/** The rows that checks look at: those that a slice keeps. */
export const acceptedSql = (judged: string): string => `SELECT * FROM ${judged} WHERE ARRAY_LENGTH(${OWN.failures}) = 0`

/** Names that answers have for questions which are no checks of the contract. */
export const valuesQuestion = ({ name }: Pick<Column, 'name'>): string => `values of ${name}`
/** Name of the question about the durations of a source column. */
export const durationQuestion = (source: string): string => `durations of ${source}`

/**
 * One query that answers every check and question of a contract, one row per slice and question; a slice without rows has
 * no answers, which means zero. @throws {DaybreakError} EXPRESSION_INVALID, CONFIG_INVALID.
 */
export function checksSql(contract: Contract, scope: Scope, judged: string): string {
  const rows = `(${acceptedSql(judged)})`
  const own = contract.checks.flatMap((check) =>
    isHistoryCheck(check) ? [] : [checkSql(check, { contract, scope, rows, judged })],
  )
  const values = contract.columns.filter(isPublic).flatMap((column) => {
    return column.values ? [valuesSql(column, column.values, rows)] : []
  })
  const durations = contract.derived.flatMap(({ name, from, parse }) => {
    if (!from || (parse !== 'prose_duration' && parse !== 'signed_clock_duration')) return []
    const failed = `COUNTIF(${quoted(from)} IS NOT NULL AND ${quoted(name)} IS NULL)`
    return [countedSql(durationQuestion(from), failed, rows)]
  })
  const all = [...own, ...values, ...durations]
  const none = ANSWER_COLUMNS.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${name}`)
  return all.length > 0 ? all.join('\nUNION ALL\n') : `SELECT ${none.join(', ')} FROM UNNEST(ARRAY<INT64>[])`
}

interface Asked {
  readonly contract: Contract
  readonly scope: Scope
  readonly rows: string
  readonly judged: string
}

function checkSql(check: FileCheck, asked: Asked): string {
  if ('equal' in check) return equalSql(check, asked)
  if ('together' in check) return togetherSql(check, asked)
  if ('every' in check) return existsSql(check, asked)
  if (check.effect === 'quarantine') return quarantinedSql(check.name, asked)
  if ('unique' in check) return repeatedSql(check, asked)
  const { sql } = compileRowCheck(check, asked.scope)
  return countedSql(check.name, `COUNTIF(NOT (${sql}))`, asked.rows)
}

interface Answer {
  readonly tested: string
  readonly failed: string
  readonly left?: string
  readonly right?: string
  readonly largest?: string
  readonly beyond?: string
  readonly examples?: string
}

function answerSql(name: string, answer: Answer): string {
  const { tested, failed, left = NONE, right = NONE, largest = NONE, beyond = NONE, examples = NONE } = answer
  const named = [`${SLICE}, ${literal(name)} AS check_name`, `${tested} AS tested`, `${failed} AS failed`]
  const texts = [
    `${left} AS left_total`,
    `${right} AS right_total`,
    `${largest} AS largest`,
    `${beyond} AS beyond`,
    `${examples} AS examples`,
  ]
  return `SELECT ${[...named, ...texts].join(', ')}`
}

function countedSql(name: string, failed: string, rows: string): string {
  return `${answerSql(name, { tested: 'COUNT(*)', failed })} FROM ${rows} GROUP BY ${SLICE}`
}

/** Rows that it turned into rejects, of those and the ones that stayed. */
function quarantinedSql(name: string, { judged }: Asked): string {
  const refused = `EXISTS(SELECT 1 FROM UNNEST(${OWN.failures}) AS failure WHERE failure.rule = ${literal(name)})`
  return `${answerSql(name, { tested: `COUNTIF(ARRAY_LENGTH(${OWN.failures}) = 0 OR ${refused})`, failed: `COUNTIF(${refused})` })} FROM ${judged} GROUP BY ${SLICE}`
}

function repeatedSql(check: UniqueCheck, { contract, rows }: Asked): string {
  const { name, unique } = check
  const keys = [...new Set([SHARD, WINDOW, ...unique])].map(quoted).join(', ')
  const complete = completeSql(check, contract, quoted) ?? 'TRUE'
  const groups = `SELECT ${SLICE}, COUNT(*) AS daybreak_count, ANY_VALUE(${complete}) AS daybreak_complete FROM ${rows} GROUP BY ${keys}`
  return `${answerSql(name, { tested: 'SUM(daybreak_count)', failed: 'SUM(IF(daybreak_complete, daybreak_count - 1, 0))' })} FROM (${groups}) GROUP BY ${SLICE}`
}

function valuesSql(column: Column, known: readonly string[], rows: string): string {
  const unknown = `${quoted(column.name)} NOT IN (${known.map(literal).join(', ') || "''"})`
  const counted = `${quoted(column.name)} AS daybreak_value, COUNT(*) AS daybreak_count, ANY_VALUE(${unknown}) AS daybreak_unknown`
  const groups = `SELECT ${SLICE}, ${counted} FROM ${rows} GROUP BY ${SLICE}, ${quoted(column.name)}`
  const first =
    'IF(daybreak_unknown, daybreak_value, NULL) IGNORE NULLS ORDER BY daybreak_count DESC, daybreak_value LIMIT 5'
  const answer = {
    tested: 'SUM(daybreak_count)',
    failed: 'SUM(IF(daybreak_unknown, daybreak_count, 0))',
    examples: `TO_JSON_STRING(ARRAY_AGG(${first}))`,
  }
  return `${answerSql(valuesQuestion(column), answer)} FROM (${groups}) GROUP BY ${SLICE}`
}

// Sums have nine decimal places as text, as DuckDB's DECIMAL(38,9) prints them.
const text = (sum: string): string => `FORMAT('%.9f', ${sum})`

function equalSql(check: EqualCheck, asked: Asked): string {
  const [left, right] = check.equal
  const sides = [right, ...(check.orEqual ?? [])]
  const tolerance = `BIGNUMERIC '${check.within.toFixed(9)}'`
  if (left.by || right.by) return keyedSql(check, { sides, tolerance, asked })
  const difference = nearest(sides.map((_, at) => `ABS(l.v - r${at}.v)`))
  const failed = `IF(${difference} > ${tolerance}, 1, 0)`
  const off = text(difference)
  const answer = { tested: '1', failed, left: text('l.v'), right: text('r0.v'), largest: off, beyond: off }
  const joins = sides.map((term, at) => `JOIN (${totalSql(term, asked)}) AS r${at} USING (${SLICE})`)
  return `${answerSql(check.name, answer)} FROM (${totalSql(left, asked)}) AS l ${joins.join(' ')}`
}

interface Keyed {
  readonly sides: readonly Term[]
  readonly tolerance: string
  readonly asked: Asked
}

function keyedSql(check: EqualCheck, { sides, tolerance, asked }: Keyed): string {
  const { split, ...whole } = check.equal[0]
  // Compiled first, so that of two terms that cannot be compared the one that comes first in the contract is named.
  const left = groupsSql(whole, asked)
  const parts = split ? `UNNEST(SPLIT(k, ${literal(split)}))` : 'UNNEST([k])'
  const sums = sides.map((_, at) => `COALESCE(SUM(r${at}.v), BIGNUMERIC '0') AS right_${at}`)
  const joins = sides.map((term, at) => {
    const on = `l.${SHARD} = r${at}.${SHARD} AND l.${WINDOW} = r${at}.${WINDOW} AND l.part = r${at}.k`
    return `LEFT JOIN (${groupsSql(term, asked)}) AS r${at} ON ${on}`
  })
  const joined = [
    `SELECT l.${SHARD}, l.${WINDOW}, l.k, ANY_VALUE(l.v) AS left_sum, ${sums.join(', ')}`,
    `FROM (SELECT ${SLICE}, k, v, part FROM (${left}) CROSS JOIN ${parts} AS part) AS l`,
    ...joins,
    `GROUP BY l.${SHARD}, l.${WINDOW}, l.k`,
    check.absentKey === 'skip' ? 'HAVING COUNT(r0.v) > 0' : '',
  ].join(' ')
  const difference = nearest(sides.map((_, at) => `ABS(left_sum - right_${at})`))
  const answer = {
    tested: 'COUNT(*)',
    failed: `COUNTIF(difference > ${tolerance})`,
    left: text('SUM(left_sum)'),
    right: text('SUM(right_0)'),
    largest: text('MAX(difference)'),
    beyond: text(`COALESCE(SUM(IF(difference > ${tolerance}, difference, NULL)), BIGNUMERIC '0')`),
  }
  return `${answerSql(check.name, answer)} FROM (SELECT *, ${difference} AS difference FROM (${joined})) GROUP BY ${SLICE}`
}

const nearest = (differences: readonly string[]): string =>
  differences.length === 1 ? `${differences[0]}` : `LEAST(${differences.join(', ')})`

function togetherSql({ name, together: [left, right] }: TogetherCheck, asked: Asked): string {
  const failed = 'IF((l.v = 0) <> (r.v = 0), 1, 0)'
  const answer = { tested: '1', failed, left: text('l.v'), right: text('r.v') }
  return `${answerSql(name, answer)} FROM (${totalSql(left, asked)}) AS l JOIN (${totalSql(right, asked)}) AS r USING (${SLICE})`
}

function existsSql({ name, every, existsIn: other }: ExistsCheck, asked: Asked): string {
  const wanted = groupsSql(every, asked)
  const there = `SELECT DISTINCT ${SLICE}, k, TRUE AS found FROM (${termSql(other, asked)}) WHERE k IS NOT NULL`
  const money = `COALESCE(SUM(IF(found IS NULL, ABS(v), NULL)), BIGNUMERIC '0')`
  const answer = {
    tested: 'COUNT(*)',
    failed: 'COUNTIF(found IS NULL)',
    ...(every.sum !== undefined && { beyond: text(money) }),
  }
  return `${answerSql(name, answer)} FROM (${wanted}) LEFT JOIN (${there}) USING (${SLICE}, k) GROUP BY ${SLICE}`
}

/** A sum per slice, also of those in which `where` lets no row through. */
function totalSql(term: Term, asked: Asked): string {
  return `SELECT ${SLICE}, ${sumOf(term)} AS v FROM (${termSql(term, asked, 'keep')}) GROUP BY ${SLICE}`
}

function groupsSql(term: Term, asked: Asked): string {
  return `SELECT ${SLICE}, k, ${sumOf(term)} AS v FROM (${termSql(term, asked)}) WHERE k IS NOT NULL GROUP BY ${SLICE}, k`
}

const sumOf = ({ sum }: Term): string =>
  sum ? "COALESCE(SUM(IF(counts, v, NULL)), BIGNUMERIC '0')" : 'CAST(COUNTIF(counts) AS BIGNUMERIC)'

/** The rows of a term with their key as `k`, what is summed as `v`, and whether its `where` lets them through as `counts`. */
function termSql({ sum, where, by, split }: Term, { scope, rows }: Asked, left: 'drop' | 'keep' = 'drop'): string {
  const value = sum ? `CAST(${exact(compileExpression(sum, scope), sum)} AS BIGNUMERIC)` : "BIGNUMERIC '0'"
  const condition = where ? `COALESCE(${compileExpression(where, scope, { type: 'bool' }).sql}, FALSE)` : 'TRUE'
  const key = by ? keyOf(compileExpression(by, scope), by) : NONE
  const parts = by && split ? ` CROSS JOIN UNNEST(SPLIT(${key}, ${literal(split)})) AS daybreak_part` : ''
  const filter = left === 'drop' ? ` WHERE ${condition}` : ''
  return `SELECT ${SLICE}, ${parts ? 'daybreak_part' : key} AS k, ${value} AS v, ${condition} AS counts FROM ${rows}${parts}${filter}`
}

function keyOf({ sql, type }: { readonly sql: string; readonly type: string }, by: string): string {
  if (type === 'numeric' || type === 'float64')
    throw new DaybreakError(
      'CONFIG_INVALID',
      `\`by: ${by}\` is a ${type}, by which BigQuery cannot compare as DuckDB does`,
    )
  return `CAST(${sql} AS STRING)`
}

function exact({ sql, type }: { readonly sql: string; readonly type: string }, sum: string): string {
  if (type === 'int64' || type === 'numeric') return sql
  throw new DaybreakError(
    'EXPRESSION_INVALID',
    `\`sum: ${sum}\` is a ${type}, and only int64 and numeric add up exactly`,
  )
}
