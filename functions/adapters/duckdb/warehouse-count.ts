import type { DuckDBConnection } from '@duckdb/node-api'
import type { BusinessDate, LocationTotals } from '../../pipeline/model.ts'
import type { Table } from '../../pipeline/ports.ts'
import { quoteIdentifier, quoteString } from '../../sql/quote.ts'
import { readRows } from './warehouse-connection.ts'
import type { Loaded } from './warehouse-jobs.ts'
import { tableName } from './warehouse-tables.ts'

/** What a partition holds, counted in its table. Sums of DECIMAL columns are DECIMAL: exact. */
export async function countPartition(connection: DuckDBConnection, table: Table, date: BusinessDate): Promise<Loaded> {
  const [row = []] = await readRows(connection, `SELECT ${countsSql(table)} FROM ${partitionSql(table, date)}`)
  return toLoaded(row, table)
}

/** The same by location, sorted. */
export async function countLocations(
  connection: DuckDBConnection,
  table: Table,
  date: BusinessDate,
): Promise<readonly LocationTotals[]> {
  const rows = await readRows(
    connection,
    `SELECT location_id, ${countsSql(table)} FROM ${partitionSql(table, date)} GROUP BY location_id ORDER BY location_id`,
  )
  return rows.map(([location, ...counts]) => ({ location: location ?? '', ...toLoaded(counts, table) }))
}

/** What a partition holds that was never loaded. */
export function nothingIn(table: Table): Loaded {
  return toLoaded([], table)
}

function countsSql(table: Table): string {
  return ['count(*)', ...table.totals.map((name) => `CAST(sum(${quoteIdentifier(name)}) AS VARCHAR)`)].join(', ')
}

function partitionSql(table: Table, date: BusinessDate): string {
  return `${tableName(table)} WHERE business_date = DATE ${quoteString(date)}`
}

function toLoaded([rows, ...sums]: readonly (string | null)[], table: Table): Loaded {
  return {
    rows: Number(rows ?? 0),
    totals: Object.fromEntries(table.totals.map((name, index) => [name, sums[index] ?? '0'])),
  }
}
