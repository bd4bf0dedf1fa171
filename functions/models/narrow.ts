import { addDays } from '../lib/business-date.ts'
import type { Dialect } from '../sql/dialect.ts'
import type { Reference } from './compiled.ts'

/** The part of the tables that one partition of a model reads. */
export interface Span {
  /** Date of the partition; null for a model that is one table. */
  readonly date: string | null
  /** Dates of several partitions that one statement makes, `date` among them. */
  readonly dates?: readonly string[]
  /** Locations that are complete; null where the model asks for no completeness. */
  readonly locations: readonly string[] | null
  /** Tables without a row in what is read. They may not exist yet, and stand as rows of no table. */
  readonly absent?: ReadonlySet<string>
}

/** SQL of a dialect, as far as a hole needs it. */
type Quoting = Pick<Dialect, 'identifier' | 'literal'>

// BigQuery refuses a table with partitions without a condition on their dates, also where all are meant.
const ANY_DATE = '0001-01-01'

/**
 * Pure: the subquery that goes into a hole. All of its values are constants, so that an engine reads no other partition. A table
 * without partitions is read whole; of every table of a model without dates all partitions are.
 */
export function narrow(table: string, reference: Reference, { span, dialect }: Narrowing): string {
  const conditions = [...dateConditions(reference, span, dialect), ...locationConditions(reference, span, dialect)]
  return conditions.length === 0 ? table : `(SELECT * FROM ${table} WHERE ${conditions.join(' AND ')})`
}

/** The span of a partition, and the SQL to write it in. */
export interface Narrowing {
  readonly span: Span
  readonly dialect: Quoting
}

function dateConditions(reference: Reference, { date, dates }: Span, dialect: Quoting): readonly string[] {
  if (reference.dateColumn === undefined) return []
  const column = dialect.identifier(reference.dateColumn)
  if (!reference.isPartitioned || date === null) return [`${column} >= DATE ${dialect.literal(ANY_DATE)}`]
  const { from, to } = reference.dates
  if (dates !== undefined) return [amongSql(column, { dates, from, to }, dialect)]
  const [first, last] = [from, to].map((offset) => `DATE ${dialect.literal(addDays(date, offset))}`)
  return [from === to ? `${column} = ${first}` : `${column} BETWEEN ${first} AND ${last}`]
}

interface Among {
  readonly dates: readonly string[]
  readonly from: number
  readonly to: number
}

/** Dates that some partition reads. Of ranges also those between: the query itself equates its dates. */
function amongSql(column: string, { dates, from, to }: Among, dialect: Quoting): string {
  const text = (date: string) => `DATE ${dialect.literal(date)}`
  if (from === to) return `${column} IN (${dates.map((date) => text(addDays(date, from))).join(', ')})`
  const sorted = dates.toSorted()
  return `${column} BETWEEN ${text(addDays(sorted[0] ?? '', from))} AND ${text(addDays(sorted.at(-1) ?? '', to))}`
}

function locationConditions(reference: Reference, { locations }: Span, dialect: Quoting): readonly string[] {
  if (!reference.isPartitioned || reference.locationColumn === null || locations === null) return []
  if (locations.length === 0) return ['FALSE']
  const column = dialect.identifier(reference.locationColumn)
  return [`${column} IN (${locations.map((each) => dialect.literal(each)).join(', ')})`]
}
