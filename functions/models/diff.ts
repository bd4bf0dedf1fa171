import type { Dialect } from '../sql/dialect.ts'
import type { CompiledModel } from './compiled.ts'

type Column = CompiledModel['columns'][number]

/** A column that only one version has, or that has another type in each. */
interface ColumnChange {
  readonly column: string
  /** Null where the version lacks the column. */
  readonly old: string | null
  readonly new: string | null
}

/** Key and columns by which two versions of a model are compared. */
export interface Comparison {
  /** Columns that both identify a row by; null where their keys differ, so that no row of one has a partner. */
  readonly key: readonly Column[] | null
  /** Columns outside of the key that both have with one type. */
  readonly columns: readonly Column[]
  readonly changes: readonly ColumnChange[]
}

type Version = Pick<CompiledModel, 'columns' | 'key'>

/** Pure: which columns of two versions correspond. */
export function comparisonOf(old: Version, now: Version): Comparison {
  const typeOf = ({ columns }: Version, name: string) => columns.find((column) => column.name === name)?.type ?? null
  const common = now.columns.filter(({ name, type }) => typeOf(old, name) === type)
  const names = [...new Set([...old.columns, ...now.columns].map(({ name }) => name))]
  const changes = names
    .map((column) => ({ column, old: typeOf(old, column), new: typeOf(now, column) }))
    .filter((change) => change.old !== change.new)
  const isKey = ({ name }: Column) => now.key.includes(name)
  const hasKey =
    now.key.toSorted().join() === old.key.toSorted().join() && common.filter(isKey).length === now.key.length
  return {
    key: hasKey ? common.filter(isKey) : null,
    columns: hasKey ? common.filter((column) => !isKey(column)) : common,
    changes,
  }
}

/** The rows of each version, as subqueries in parentheses. */
export interface Sides {
  readonly old: string
  readonly new: string
}

/** SQL of a warehouse, as far as a comparison needs it. */
type Quoting = Pick<Dialect, 'identifier'>

const SUMMED: readonly Column['type'][] = ['int64', 'numeric', 'float64']

/** True for a column whose sums are compared. */
export function isSummed({ type, isAdditive }: Column): boolean {
  return isAdditive && SUMMED.includes(type)
}

/**
 * Pure: one row with the number of rows of each side, then keys that were added, removed, changed and repeated, then per column the
 * changed keys and both sums. Rows are grouped by key instead of joined, so that NULL equals NULL and both engines read it alike.
 */
export function summarySql(comparison: Comparison, sides: Sides, dialect: Quoting): string {
  const count = (condition: string) => `SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END)`
  const perColumn = comparison.columns.flatMap((column, at) => [
    count(`old_rows = 1 AND new_rows = 1 AND ${differs(column, at)}`),
    ...(isSummed(column) ? [`SUM(os${at})`, `SUM(ns${at})`] : ['NULL', 'NULL']),
  ])
  const counts = [
    'SUM(old_rows)',
    'SUM(new_rows)',
    count('old_rows = 0'),
    count('new_rows = 0'),
    count(`old_rows = 1 AND new_rows = 1 AND (${anyDiffers(comparison)})`),
    count('old_rows > 1 OR new_rows > 1'),
    ...perColumn,
  ]
  const list = counts.map((sql, at) => `${sql} AS c${at}`).join(', ')
  return `SELECT ${list} FROM (${pairsSql(comparison, sides, dialect)}) AS pairs`
}

/**
 * Pure: up to so many keys whose rows differ, in the order of the key. A row has the values of the key, the number of rows of each
 * side, then per column whether it differs, the old value and the new one.
 */
export function sampleSql(comparison: Comparison, sides: Sides, options: Quoting & { readonly limit: number }): string {
  const keys = (comparison.key ?? []).map((_, at) => `k${at}`)
  const values = comparison.columns.flatMap((column, at) => [
    `CASE WHEN ${differs(column, at)} THEN 1 ELSE 0 END AS d${at}`,
    `o${at}`,
    `n${at}`,
  ])
  const list = [...keys, 'old_rows', 'new_rows', ...values].join(', ')
  const isDifferent = `old_rows <> new_rows OR (old_rows = 1 AND (${anyDiffers(comparison)}))`
  const order = keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`
  return `SELECT ${list} FROM (${pairsSql(comparison, sides, options)}) AS pairs WHERE ${isDifferent}${order} LIMIT ${options.limit}`
}

/** One row per key: rows of each side, and per column the value and the sum of each. */
function pairsSql({ key, columns }: Comparison, sides: Sides, { identifier }: Quoting): string {
  const keys = (key ?? []).map(({ name }, at) => `${identifier(name)} AS k${at}`)
  const values = columns.map(({ name }, at) => `${identifier(name)} AS v${at}`)
  const list = (side: number) => [`${side} AS side`, ...keys, ...values].join(', ')
  const both = `SELECT ${list(0)} FROM ${sides.old} AS old_rows UNION ALL SELECT ${list(1)} FROM ${sides.new} AS new_rows`
  const grouped = keys.map((_, at) => `k${at}`)
  const of = (side: number, at: number) => `CASE WHEN side = ${side} THEN v${at} END`
  const perColumn = columns.flatMap((column, at) => [
    `MAX(${of(0, at)}) AS o${at}`,
    `MAX(${of(1, at)}) AS n${at}`,
    ...(isSummed(column) ? [`SUM(${of(0, at)}) AS os${at}`, `SUM(${of(1, at)}) AS ns${at}`] : []),
  ])
  const rows = ['SUM(1 - side) AS old_rows', 'SUM(side) AS new_rows']
  const groupBy = grouped.length === 0 ? '' : ` GROUP BY ${grouped.join(', ')}`
  return `SELECT ${[...grouped, ...rows, ...perColumn].join(', ')} FROM (${both}) AS both_sides${groupBy}`
}

// Sums of doubles depend on the order of their terms, in the last digits.
const TOLERANCE = '1e-12'

function differs({ type }: Column, at: number): string {
  const [old, now] = [`o${at}`, `n${at}`]
  const isOneNull = `(${old} IS NULL) <> (${now} IS NULL)`
  const isOther =
    type === 'float64' ? `ABS(${old} - ${now}) > ${TOLERANCE} * GREATEST(ABS(${old}), ABS(${now}))` : `${old} <> ${now}`
  return `(${isOneNull} OR COALESCE(${isOther}, FALSE))`
}

function anyDiffers({ columns }: Comparison): string {
  return columns.map(differs).join(' OR ') || 'FALSE'
}
