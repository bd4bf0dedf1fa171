import { quoteIdentifier, quoteString } from '../sql/quote.ts'
import type { BusinessDate, Slice } from './model.ts'
import type { Table, Warehouse } from './ports.ts'

export interface RejectFilter {
  readonly dates?: readonly BusinessDate[]
  readonly locations?: readonly string[]
  readonly streams?: readonly string[]
  /** Line in the file. */
  readonly line?: number
  readonly limit: number
}

/** True for a slice whose newest file has rejected rows, or was quarantined. */
export function hasRejects({ rejects, state }: Pick<Slice, 'rejects' | 'state'>): boolean {
  return (rejects?.rows ?? 0) > 0 || state === 'quarantined'
}

/** A rejected row as the table `rejects` holds it: column to text. */
export type RejectRow = Readonly<Record<string, string | null>>

/** Rejected rows, newest business date first, then by location, stream and line. */
export async function listRejects(
  warehouse: Pick<Warehouse, 'query' | 'dialect' | 'ensureTable'>,
  table: Table,
  { dates, locations, streams, line, limit }: RejectFilter,
): Promise<readonly RejectRow[]> {
  const id = (name: string) => quoteIdentifier(name, warehouse.dialect)
  const within = (column: string, values: readonly string[] | undefined) =>
    values ? [`${id(column)} IN (${values.map((value) => quoteString(value, warehouse.dialect)).join(', ')})`] : []
  const days = dates?.map((date) => `DATE ${quoteString(date, warehouse.dialect)}`)
  const conditions = [
    // BigQuery answers nothing without a condition on the column that it partitions by.
    `${id('business_date')} ${days ? `IN (${days.join(', ')})` : ">= DATE '0001-01-01'"}`,
    ...within('location_id', locations),
    ...within('stream', streams),
    ...(line === undefined ? [] : [`${id('line')} = ${Math.trunc(line)}`]),
  ]
  const sql = [
    // What a load adds to a row is not the same in every warehouse, and says nothing about the row.
    `SELECT ${table.columns.flatMap(({ name }) => (name.startsWith('_') ? [] : [id(name)])).join(', ')}`,
    `FROM ${id(table.schema)}.${id(table.name)}`,
    `WHERE ${conditions.join(' AND ')}`,
    `ORDER BY ${id('business_date')} DESC, ${id('location_id')}, ${id('stream')}, ${id('line')}`,
    `LIMIT ${Math.trunc(limit)}`,
  ]
  // Before the first load there is no such table, and that is no error.
  await warehouse.ensureTable(table)
  const { columns, rows } = await warehouse.query(sql.join('\n'))
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])))
}
