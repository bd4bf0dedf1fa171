import type { DuckDBConnection } from '@duckdb/node-api'
import { contentOf, type PartitionContent, type Table } from '../../../pipeline/destination.ts'
import type { BusinessDate, ShardTotals } from '../../../pipeline/entities.ts'
import { quoteIdentifier } from '../../../sql/dialects/duckdb/quote.ts'
import { windowSql } from '../../../sql/window-literal.ts'
import { readRows } from '../connection.ts'
import { tableName } from './names.ts'

/** Rows and exact sums. */
interface Counted {
  readonly rows: number
  readonly totals: Readonly<Record<string, string>>
}

/** Content of a partition, counted in its table by raw file. Sums of DECIMAL columns are DECIMAL: exact. */
export async function countPartition(
  connection: DuckDBConnection,
  table: Table,
  window: BusinessDate,
): Promise<PartitionContent> {
  const { shardColumn, rawColumn } = table
  const from = partitionSql(table, window)
  if (shardColumn === null || rawColumn === null) {
    const [counts = []] = await readRows(connection, `SELECT ${countsSql(table)} FROM ${from}`)
    return { ...toCounted(counts, table), sources: null }
  }
  const by = [shardColumn, rawColumn].map((name) => quoteIdentifier(name)).join(', ')
  const counted = await readRows(
    connection,
    `SELECT ${by}, ${countsSql(table)} FROM ${from} GROUP BY ${by} ORDER BY ${by}`,
  )
  const groups = counted.map(([shard, rawSha256, ...counts]) => ({
    shard: shard ?? '',
    rawSha256: rawSha256 ?? '',
    ...toCounted(counts, table),
  }))
  return contentOf(table, groups)
}

/** Rows of a partition. */
export async function countRows(connection: DuckDBConnection, table: Table, window: BusinessDate): Promise<number> {
  const [row] = await readRows(connection, `SELECT count(*) FROM ${partitionSql(table, window)}`)
  return Number(row?.[0] ?? 0)
}

/** Rows and totals by shard, sorted; null where rows do not say their shard. */
export async function countShards(
  connection: DuckDBConnection,
  table: Table,
  window: BusinessDate,
): Promise<readonly ShardTotals[] | null> {
  if (table.shardColumn === null) return null
  const by = quoteIdentifier(table.shardColumn)
  const rows = await readRows(
    connection,
    `SELECT ${by}, ${countsSql(table)} FROM ${partitionSql(table, window)} GROUP BY ${by} ORDER BY ${by}`,
  )
  return rows.map(([shard, ...counts]) => ({ shard: shard ?? '', ...toCounted(counts, table) }))
}

function countsSql(table: Table): string {
  return ['count(*)', ...table.totals.map((name) => `CAST(sum(${quoteIdentifier(name)}) AS VARCHAR)`)].join(', ')
}

/** The rows that a load of a window replaces, as they stand after FROM. */
export function partitionSql(table: Table, window: BusinessDate): string {
  const { partitionColumn } = table
  if (partitionColumn === null) return tableName(table)
  return `${tableName(table)} WHERE ${quoteIdentifier(partitionColumn)} = ${windowSql(window)}`
}

function toCounted([rows, ...sums]: readonly (string | null)[], table: Table): Counted {
  return {
    rows: Number(rows ?? 0),
    totals: Object.fromEntries(table.totals.map((name, index) => [name, sums[index] ?? '0'])),
  }
}
