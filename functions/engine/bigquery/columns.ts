import type { Column, Contract, DerivedColumn } from '../../contract/contract.ts'
import type { Scope } from '../../contract/expression/expression.ts'
import { compileDerived, contractScope } from '../../contract/scope.ts'
import { DaybreakError } from '../../errors.ts'
import { bigqueryType } from '../../sql/dialects/bigquery/column-type.ts'
import { BIGQUERY } from '../../sql/dialects/bigquery/dialect.ts'
import { quoteIdentifier } from '../../sql/dialects/bigquery/quote.ts'
import { sourceOf } from '../duckdb/column-sql.ts'
import { isPublic } from '../privacy.ts'
import { protectSql } from './privacy.ts'
import { durationSql, exactSql, fittedSql, typedSql } from './values.ts'

/** Columns of the statements in addition to those of the contract. */
export const OWN = {
  record: 'daybreak_record',
  offset: 'daybreak_byte_offset',
  length: 'daybreak_byte_length',
  sha256: 'daybreak_record_sha256',
  shown: 'daybreak_shown',
  value: 'daybreak_value',
  open: 'daybreak_open',
  failures: 'daybreak_failures',
  bytes: 'daybreak_bytes',
  encoding: 'daybreak_encoding',
  text: 'daybreak_text',
  folded: 'daybreak_folded',
  swallowing: 'daybreak_swallowing',
  fields: 'daybreak_fields',
  fault: 'daybreak_fault',
  place: 'daybreak_place',
  timeZone: 'daybreak_time_zone',
  closeoutHour: 'daybreak_closeout_hour',
} as const

/** Columns of the padded keys of HMAC. */
export const PADS = { inner: 'daybreak_inner_key', outer: 'daybreak_outer_key' } as const

/** SQL of the text at a position of the file. */
export const raw = (position: number): string => `daybreak_${position}`
const exact = (position: number): string => `daybreak_exact_${position}`

/** `SQL AS name` of all digits of each number of the file, which `fileColumnSql` reads. */
export function exactColumns({ columns }: Contract, positions: ReadonlyMap<string, number>): readonly string[] {
  return columns.flatMap(({ name, type, scale, privacy }) => {
    const position = positions.get(name)
    if (type !== 'numeric' || privacy === 'drop' || position === undefined) return []
    return [`${exactSql(raw(position), scale)} AS ${exact(position)}`]
  })
}

/** Prefixes of column names that BigQuery or Daybreak reserves. */
const RESERVED = [
  '_table_',
  '_file_',
  '_partition',
  '_row_timestamp',
  '__root__',
  '_colidentifier',
  '_change_',
  'daybreak_',
]

/** Rules of a reject that are neither a type nor a check of the contract. */
const RULES: ReadonlySet<string> = new Set([
  ...[
    'field_count',
    'quotes',
    'encoding',
    'nul',
    'too_long',
    'required',
    'pattern',
    'control_character',
    'swallowed_lines',
  ],
  ...['int64', 'numeric', 'float64', 'bool', 'date', 'time', 'datetime'],
])

/** @throws {DaybreakError} CONFIG_INVALID for what would not be the same in BigQuery. */
export function refuseUnable({ stream, format = 'csv', carries, columns, derived, checks }: Contract): void {
  if (format !== 'csv')
    throw unable(`the contract of ${stream}`, `its file is ${format}, and the compiled SQL reads records of CSV`)
  if (carries !== undefined)
    throw unable(`the contract of ${stream}`, 'the compiled SQL knows slices by location and business date')
  const all = [...columns, ...derived]
  for (const { name } of all) {
    const prefix = RESERVED.find((each) => name.startsWith(each))
    if (prefix) throw unable(`column ${name}`, `names that begin with ${prefix} are reserved there`)
  }
  for (const check of checks) {
    if (check.effect === 'quarantine' && RULES.has(check.name))
      throw unable(`check ${check.name}`, 'rejects have a rule of that name which is no check')
    if (!('unique' in check)) continue
    const float = check.unique.find((key) => all.some(({ name, type }) => name === key && type === 'float64'))
    if (float) throw unable(`check ${check.name}`, `${float} is a float64, by which BigQuery groups no rows`)
  }
}

function unable(subject: string, reason: string): DaybreakError {
  return new DaybreakError('CONFIG_INVALID', `${subject} cannot be compiled to BigQuery: ${reason}`)
}

/** Names that expressions of a contract may use, in BigQuery. */
export function bigqueryScope(contract: Contract): Scope {
  return contractScope(contract, { dialect: BIGQUERY, sql: columnSql })
}

const columnSql = (column: string): string => (column === 'closeout_hour' ? OWN.closeoutHour : quoteIdentifier(column))

/** `SQL AS name` of a column of the file, of the type its table has. @throws {DaybreakError} CONFIG_INVALID. */
export function fileColumnSql(column: Column, position: number | undefined): string {
  const name = quoteIdentifier(column.name)
  if (position === undefined || column.privacy === 'drop') return `CAST(NULL AS ${bigqueryType(column)}) AS ${name}`
  const text = typedSql(column, raw(position), exact(position))
  if (isPublic(column)) return `${text} AS ${name}`
  if (column.type !== 'string')
    throw new DaybreakError(
      'CONFIG_INVALID',
      `column ${column.name} is a ${column.type} with privacy: ${column.privacy}, which only a string can have; use drop`,
    )
  return `${protectSql(column.privacy, text, PADS)} AS ${name}`
}

/**
 * Derived columns in levels, as lists for `SELECT *`: those of one level read only columns of the levels before it.
 * @throws {DaybreakError} CONFIG_INVALID, EXPRESSION_INVALID.
 */
export function derivedLevels(contract: Contract): readonly string[] {
  const level = new Map<string, number>()
  const levels: string[][] = []
  for (const { name } of contract.derived) {
    const reads: string[] = []
    const sql = derivedSql(contract, name, (column) => {
      reads.push(column)
      return columnSql(column)
    })
    const own = Math.max(0, ...reads.map((column) => (level.get(column) ?? -1) + 1))
    level.set(name, own)
    levels[own] = [...(levels[own] ?? []), `${sql} AS ${quoteIdentifier(name)}`]
  }
  const names = (own: number) => contract.derived.filter(({ name }) => level.get(name) === own)
  return levels.flatMap((columns, own) => [`*, ${columns.join(', ')}`, ...fitted(names(own))])
}

/** Computed numbers are cut to their columns in a step of their own, because they are read several times there. */
function fitted(columns: readonly DerivedColumn[]): readonly string[] {
  const numbers = columns.filter(({ type }) => type === 'numeric')
  if (numbers.length === 0) return []
  const replaced = numbers.map(({ name, scale }) => {
    const column = quoteIdentifier(name)
    return `${fittedSql(column, scale)} AS ${column}`
  })
  return [`* REPLACE (${replaced.join(', ')})`]
}

function derivedSql(contract: Contract, name: string, sql: (column: string) => string): string {
  const derived = contract.derived.find((column) => column.name === name)
  if (derived?.parse === undefined) return compileDerived(contract, name, { dialect: BIGQUERY, sql })
  const source = sql(sourceOf(contract, name))
  // Of a repeated hour the first is taken, a skipped one moves forward: the rule of `utcSql` of the other engine.
  return derived.parse === 'utc' ? `TIMESTAMP(${source}, ${OWN.timeZone})` : durationSql(derived.parse, source)
}
