import { quoteIdentifier, quoteString } from '../sql/quote.ts'
import type { BusinessDate } from './model.ts'
import type { Table, Warehouse } from './ports.ts'

export interface RejectFilter {
  readonly dates?: readonly BusinessDate[]
  readonly locations?: readonly string[]
  readonly streams?: readonly string[]
  /** Line in the file. */
  readonly line?: number
  readonly limit: number
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
  const conditions = [
    ...(dates
      ? [
          `${id('business_date')} IN (${dates.map((date) => `DATE ${quoteString(date, warehouse.dialect)}`).join(', ')})`,
        ]
      : []),
    ...within('location_id', locations),
    ...within('stream', streams),
    ...(line === undefined ? [] : [`${id('line')} = ${Math.trunc(line)}`]),
  ]
  const sql = [
    `SELECT ${table.columns.map(({ name }) => id(name)).join(', ')}`,
    `FROM ${id(table.schema)}.${id(table.name)}`,
    conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '',
    `ORDER BY ${id('business_date')} DESC, ${id('location_id')}, ${id('stream')}, ${id('line')}`,
    `LIMIT ${Math.trunc(limit)}`,
  ]
  // Before the first load there is no such table, and that is no error.
  await warehouse.ensureTable(table)
  const { columns, rows } = await warehouse.query(sql.filter(Boolean).join('\n'))
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])))
}
