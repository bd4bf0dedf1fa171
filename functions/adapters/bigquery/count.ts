import { decimalPlaces } from '../../contract/sql-type.ts'
import { contentOf, type PartitionContent, type Table } from '../../pipeline/destination.ts'
import type { BusinessDate, ShardTotals, Totals } from '../../pipeline/entities.ts'
import { quoteIdentifier } from '../../sql/dialects/bigquery/quote.ts'
import type { Context } from './call.ts'
import { partitionSql, tableSql, tableText } from './names.ts'
import { readRows } from './read.ts'
import { toScale } from './values.ts'

// One partition of a table is small; a count that would read more reads what it should not.
const MOST_BYTES = 107_374_182_400

/** Rows and exact sums. */
interface Counted {
  readonly rows: number
  readonly totals: Totals
}

/** Counts a partition where it is; sums of NUMERIC are NUMERIC: exact. Costs the least that a query can: 10 MB. */
export async function countPartition(context: Context, table: Table, window: BusinessDate): Promise<PartitionContent> {
  const { shardColumn, rawColumn } = table
  const from = `${tableSql(context.project, table)} WHERE ${partitionSql(table, window)}`
  if (shardColumn === null || rawColumn === null) {
    const { rows, bytesBilled } = await read(context, `SELECT ${countsSql(table)} FROM ${from}`, { table, window })
    return { ...toCounted(rows[0] ?? [], table), sources: null, bytesBilled }
  }
  const by = [shardColumn, rawColumn].map((name) => quoteIdentifier(name)).join(', ')
  const sql = `SELECT ${by}, ${countsSql(table)} FROM ${from} GROUP BY ${by} ORDER BY ${by}`
  const { rows, bytesBilled } = await read(context, sql, { table, window })
  const groups = rows.map(([shard, rawSha256, ...counts]) => ({
    shard: shard ?? '',
    rawSha256: rawSha256 ?? '',
    ...toCounted(counts, table),
  }))
  return { ...contentOf(table, groups), bytesBilled }
}

/** Rows and totals by shard, sorted; null where rows do not say their shard. */
export async function countShards(
  context: Context,
  table: Table,
  window: BusinessDate,
): Promise<readonly ShardTotals[] | null> {
  if (table.shardColumn === null) return null
  const shard = quoteIdentifier(table.shardColumn)
  const from = `${tableSql(context.project, table)} WHERE ${partitionSql(table, window)}`
  const sql = `SELECT ${shard}, ${countsSql(table)} FROM ${from} GROUP BY ${shard} ORDER BY ${shard}`
  const { rows } = await read(context, sql, { table, window })
  return rows.map(([name, ...counts]) => ({ shard: name ?? '', ...toCounted(counts, table) }))
}

function read(
  context: Context,
  sql: string,
  { table, window }: { readonly table: Table; readonly window: BusinessDate },
) {
  const what = `count ${tableText(context.project, table)} of ${window}`
  return readRows(context, sql, { what, maximumBytesBilled: MOST_BYTES })
}

function countsSql({ totals }: Table): string {
  return ['COUNT(*)', ...totals.map((name) => `SUM(${quoteIdentifier(name)})`)].join(', ')
}

function toCounted([rows, ...sums]: readonly (string | null)[], table: Table): Counted {
  return {
    rows: Number(rows ?? 0),
    totals: Object.fromEntries(table.totals.map((name, at) => [name, sumText(sums[at] ?? null, scaleOf(table, name))])),
  }
}

function sumText(sum: string | null, scale: number): string {
  return sum === null ? '0' : toScale(sum, scale)
}

/** BigQuery writes no zeros at the end of a number; the column says how many belong there. */
function scaleOf({ columns }: Table, name: string): number {
  const column = columns.find((each) => each.name === name)
  return column?.type === 'numeric' ? decimalPlaces(column) : 0
}
