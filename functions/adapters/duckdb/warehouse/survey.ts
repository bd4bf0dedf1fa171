import type { DuckDBConnection } from '@duckdb/node-api'
import type { SurveyedPartition, Table } from '../../../pipeline/destination.ts'
import type { BusinessDate } from '../../../pipeline/entities.ts'
import { quoteIdentifier } from '../../../sql/dialects/duckdb/quote.ts'
import { windowOfText, windowSql } from '../../../sql/window-literal.ts'
import { readRows } from '../connection.ts'
import { newestEpochs } from './jobs.ts'
import { tableName } from './names.ts'
import { tableExists } from './tables.ts'

/** Epochs and rows of partitions, from the table of jobs and the tables themselves. */
export async function survey(
  connection: DuckDBConnection,
  tables: readonly Table[],
  windows: readonly BusinessDate[],
): Promise<readonly SurveyedPartition[]> {
  if (tables.length === 0 || windows.length === 0) return []
  const epochs = await newestEpochs(connection, tables, windows)
  const surveyed: SurveyedPartition[] = []
  for (const table of tables) {
    const counted = await countDates(connection, table, windows)
    for (const window of windows) {
      const epoch = epochs.get(`${tableName(table)}/${window}`) ?? 0
      const rows = counted.get(window) ?? 0
      surveyed.push({ stream: table.name, window, epoch, rows })
    }
  }
  return surveyed
}

async function countDates(
  connection: DuckDBConnection,
  table: Table,
  windows: readonly BusinessDate[],
): Promise<ReadonlyMap<string, number>> {
  if (!(await tableExists(connection, table))) return new Map()
  const days = windows.map(windowSql).join(', ')
  if (table.partitionColumn === null) return await countWhole(connection, table, windows)
  const by = quoteIdentifier(table.partitionColumn)
  const rows = await readRows(
    connection,
    `SELECT ${by}, count(*) FROM ${tableName(table)} WHERE ${by} IN (${days}) GROUP BY ${by}`,
  )
  return new Map(rows.map(([window, count]) => [windowOfText(window ?? ''), Number(count)]))
}

/** Every window of a table that loads replace whole holds all of its rows. */
async function countWhole(
  connection: DuckDBConnection,
  table: Table,
  windows: readonly BusinessDate[],
): Promise<ReadonlyMap<string, number>> {
  const [[count] = []] = await readRows(connection, `SELECT count(*) FROM ${tableName(table)}`)
  return new Map(windows.map((window) => [window, Number(count)]))
}
