import type { DuckDBConnection } from '@duckdb/node-api'
import type { BusinessDate } from '../../../pipeline/entities.ts'
import type { SurveyedPartition, Table } from '../../../pipeline/ports.ts'
import { quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { readRows } from './connection.ts'
import { newestEpochs } from './jobs.ts'
import { tableExists, tableName } from './tables.ts'

/** Epochs and rows of partitions, from the table of jobs and the tables themselves. */
export async function survey(
  connection: DuckDBConnection,
  tables: readonly Table[],
  dates: readonly BusinessDate[],
): Promise<readonly SurveyedPartition[]> {
  if (tables.length === 0 || dates.length === 0) return []
  const epochs = await newestEpochs(connection, tables, dates)
  const surveyed: SurveyedPartition[] = []
  for (const table of tables) {
    const counted = await countDates(connection, table, dates)
    for (const date of dates) {
      const epoch = epochs.get(`${tableName(table)}/${date}`) ?? 0
      const rows = counted.get(date) ?? 0
      surveyed.push({ stream: table.name, date, epoch, rows })
    }
  }
  return surveyed
}

async function countDates(
  connection: DuckDBConnection,
  table: Table,
  dates: readonly BusinessDate[],
): Promise<ReadonlyMap<string, number>> {
  if (!(await tableExists(connection, table))) return new Map()
  const days = dates.map((date) => `DATE ${quoteString(date)}`).join(', ')
  const rows = await readRows(
    connection,
    `SELECT business_date, count(*) FROM ${tableName(table)} WHERE business_date IN (${days}) GROUP BY business_date`,
  )
  return new Map(rows.map(([date, count]) => [date ?? '', Number(count)]))
}
