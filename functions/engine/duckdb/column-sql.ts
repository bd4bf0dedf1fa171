import type { Column, Contract } from '../../contract/contract.ts'
import { durationSql } from '../../contract/duration.ts'
import type { Scope } from '../../contract/expression/expression.ts'
import { formatsOf, parsedSql } from '../../contract/format.ts'
import { CLOSEOUT_HOUR, compileDerived, contractScope } from '../../contract/scope.ts'
import { DaybreakError } from '../../errors.ts'
import { DUCKDB } from '../../sql/dialects/duckdb/dialect.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/duckdb/quote.ts'
import { utcSql } from '../time-zone.ts'
import { boolSql, float64Sql, int64Sql, numericSql } from './values.ts'

/** Facts about a shard and a day that expressions of a contract use; only a location has a closeout hour. */
export interface Place {
  readonly timeZone: string
  readonly closeoutHour: number | null
  readonly date: string
}

/** SQL of a text of the file as the type of its column; NULL when it is not exactly one. @throws {DaybreakError} CONFIG_INVALID. */
export function typedSql(column: Column, text: string): string {
  switch (column.type) {
    case 'string':
      return column.pattern === undefined ? text : shapedSql(text, column.pattern)
    case 'int64':
      return int64Sql(text)
    case 'numeric':
      return numericSql(text, column.scale)
    case 'float64':
      return float64Sql(text)
    case 'bool':
      return boolSql(text)
    case 'date':
    case 'time':
    case 'datetime':
      return parsedSql(formatsOf(column), text)
  }
}

/** Blanks around an id do not make it another one. */
function shapedSql(text: string, pattern: string): string {
  const shape = quoteString(pattern)
  const trimmed = `trim(${text}, ' ')`
  // Half the time of the pattern, for whole numbers as everybody writes them.
  const usual = WHOLE_NUMBER.test(pattern) ? `CAST(TRY_CAST(${text} AS BIGINT) AS VARCHAR) = ${text}` : null
  return `CASE WHEN ${usual ?? `regexp_full_match(${text}, ${shape})`} THEN ${text} WHEN regexp_full_match(${trimmed}, ${shape}) THEN ${trimmed} END`
}

/** Patterns that take every whole number of 64 bits; those of ids do. */
const WHOLE_NUMBER = /^-\?\[0-9\]\{1,(?:19|[2-9][0-9])\}$/

/** A derived column as SQL over the columns before it. */
interface DerivedSql {
  readonly name: string
  readonly sql: string
  /** Columns it reads, derived ones among them. */
  readonly reads: ReadonlySet<string>
}

/** @throws {DaybreakError} CONFIG_INVALID, EXPRESSION_INVALID. */
export function derivedSql(contract: Contract, name: string, place: Place | null): DerivedSql {
  const derived = contract.derived.find((column) => column.name === name)
  const reads = new Set<string>()
  const sql = (column: string): string => {
    reads.add(column)
    return columnSql(column, place)
  }
  if (derived?.parse === undefined)
    return { name, sql: compileDerived(contract, name, { dialect: DUCKDB, sql }), reads }
  const source = sql(sourceOf(contract, name))
  return {
    name,
    sql: derived.parse === 'utc' ? zonedSql(name, source, place) : durationSql(derived.parse, source),
    reads,
  }
}

/** Names that checks of a contract may use, over rows that have its columns. */
export function checkScope(contract: Contract, place: Place | null): Scope {
  return contractScope(contract, { dialect: DUCKDB, sql: (column) => columnSql(column, place) })
}

const columnSql = (column: string, place: Place | null): string =>
  column === CLOSEOUT_HOUR ? closeoutHourSql(place?.closeoutHour ?? null) : quoteIdentifier(column)

/** The hour at which the days of a location end, as SQL. @throws {DaybreakError} CONFIG_INVALID when there is no location. */
export function closeoutHourSql(hour: number | null): string {
  if (hour !== null) return `${Math.trunc(hour)}`
  throw needsPlace(`an expression with \`${CLOSEOUT_HOUR}\``)
}

function zonedSql(name: string, source: string, place: Place | null): string {
  if (place) return utcSql(source, place)
  throw needsPlace(`column ${name} with \`parse: utc\``)
}

function needsPlace(what: string): DaybreakError {
  return new DaybreakError('CONFIG_INVALID', `${what} needs a location, and the slice has none`)
}

/** The column that a derived one parses: of the file, or derived above it, and of the type its grammar takes. @throws {DaybreakError} CONFIG_INVALID. */
export function sourceOf({ columns, derived }: Contract, name: string): string {
  const index = derived.findIndex((column) => column.name === name)
  const { from, parse } = derived[index] ?? {}
  const source = [...columns, ...derived.slice(0, index)].find((column) => column.name === from)
  const wanted = parse === 'utc' ? 'datetime' : 'string'
  if (source?.type === wanted) return source.name
  throw new DaybreakError(
    'CONFIG_INVALID',
    `${name} has \`parse: ${parse}\`, so its \`from\` must name a ${wanted} column above it; ${from ?? 'nothing'} is ${source ? `a ${source.type}` : 'no such column'}`,
  )
}
