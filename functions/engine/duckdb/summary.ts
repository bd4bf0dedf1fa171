import type { Column, Contract } from '../../contract/contract.ts'
import { compileRowCheck } from '../../contract/expression/expression.ts'
import { totalColumns } from '../../contract/table.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { isPublic } from '../privacy.ts'
import { checkScope, type Place } from './column-sql.ts'
import { completeSql } from './unique-key.ts'

/** One thing that is asked of a part, and what it is for. All are answered in one scan. */
export type Question =
  | { readonly kind: 'rows'; readonly sql: string }
  | { readonly kind: 'total'; readonly column: string; readonly sql: string }
  /** Counts the rows that break a row check. */
  | { readonly kind: 'row_check'; readonly index: number; readonly sql: string }
  /** Counts the rows beyond the distinct hashes of a key: none prove that no key stands there twice. */
  | { readonly kind: 'unique'; readonly index: number; readonly sql: string }
  /** Counts the values that a list of known values does not have. */
  | { readonly kind: 'values'; readonly column: Column; readonly sql: string }
  /** The first or the last value of a column that a location keeps; empty where there is none. */
  | { readonly kind: 'constant'; readonly column: string; readonly sql: string }
  /** Counts the rows whose duration is there, but is none. */
  | { readonly kind: 'duration'; readonly column: string; readonly sql: string }

/** Everything that is asked of the part of a contract, rows first. @throws {DaybreakError} EXPRESSION_INVALID. */
export function questionsOf(contract: Contract, place: Place | null): readonly Question[] {
  const totals = totalColumns(contract).map((column): Question => {
    const name = quoteIdentifier(column)
    // A sum of no rows is zero with the scale of the column, as the warehouse says it too.
    return { kind: 'total', column, sql: `CAST(coalesce(sum(${name}), 0) AS VARCHAR)` }
  })
  const rowChecks = contract.checks.flatMap((check, index): readonly Question[] => {
    if (!('that' in check) || check.effect === 'quarantine') return []
    const { sql } = compileRowCheck(check, checkScope(contract, place))
    return [{ kind: 'row_check', index, sql: `count(*) FILTER (WHERE NOT (${sql}))` }]
  })
  const uniques = contract.checks.flatMap((check, index): readonly Question[] => {
    if (!('unique' in check)) return []
    const complete = completeSql(check, contract, quoteIdentifier)
    const filter = complete === null ? '' : ` FILTER (WHERE ${complete})`
    const sql = `count(*)${filter} - count(DISTINCT ${keyHashSql(check.unique)})${filter}`
    return [{ kind: 'unique', index, sql }]
  })
  const values = contract.columns.filter(isPublic).flatMap((column): readonly Question[] => {
    if (!column.values) return []
    return [{ kind: 'values', column, sql: `count(*) FILTER (WHERE ${unknownSql(column, column.values)})` }]
  })
  const durations = contract.derived.flatMap(({ name, from, parse }): readonly Question[] => {
    if (!from || (parse !== 'prose_duration' && parse !== 'signed_clock_duration')) return []
    const sql = `count(*) FILTER (WHERE ${quoteIdentifier(from)} IS NOT NULL AND ${quoteIdentifier(name)} IS NULL)`
    return [{ kind: 'duration', column: from, sql }]
  })
  const constants = contract.checks.flatMap((check): readonly Question[] => {
    if (!('constant' in check)) return []
    const name = quoteIdentifier(check.constant)
    return ['min', 'max'].map((end) => ({
      kind: 'constant',
      column: check.constant,
      sql: `coalesce(${end}(${name}), '')`,
    }))
  })
  const asked = [...totals, ...rowChecks, ...uniques, ...values, ...durations, ...constants]
  return [{ kind: 'rows', sql: 'count(*)' }, ...asked]
}

/** One number for the values of a key. */
function keyHashSql(columns: readonly string[]): string {
  return `hash(${columns.map((name) => quoteIdentifier(name)).join(', ')})`
}

/** One statement that answers all expressions, in their order. `from` stands after FROM. */
export function summarySql(expressions: readonly string[], from: string): string {
  return `SELECT ${expressions.join(', ')} FROM ${from}`
}

/** The first few values that are not in the list of a column, most frequent first. `from` stands after FROM. */
export function unknownValuesSql(column: Column, from: string): string {
  const name = quoteIdentifier(column.name)
  const unknown = unknownSql(column, column.values ?? [])
  return `SELECT CAST(${name} AS VARCHAR) FROM ${from} WHERE ${unknown} GROUP BY ALL ORDER BY count(*) DESC, 1 LIMIT 5`
}

function unknownSql({ name, type }: Column, values: readonly string[]): string {
  const text = type === 'string' ? quoteIdentifier(name) : `CAST(${quoteIdentifier(name)} AS VARCHAR)`
  return `${text} NOT IN (${values.map((value) => quoteString(value)).join(', ') || "''"})`
}
