import { windowSql } from '../../sql/window-literal.ts'
import type { Table, Warehouse } from '../destination.ts'
import { type BusinessDate, hasRejects, type RunScope } from '../entities.ts'
import type { Ledger } from '../ports.ts'
import { noneYet } from './none-yet.ts'

/** Rejected rows to list. Absent members match all. */
export interface RejectFilter {
  readonly windows?: readonly BusinessDate[]
  readonly shards?: readonly string[]
  readonly streams?: readonly string[]
  /** Line in the file. */
  readonly line?: number
  readonly limit: number
}

/** Shards and windows whose newest file has rejected rows, within a scope. */
export async function rejectedDays(
  pipeline: string,
  { windows, shards, streams }: Pick<RunScope, 'windows' | 'shards' | 'streams'>,
  ledger: Pick<Ledger, 'slices'>,
): Promise<NonNullable<RunScope['perShard']>> {
  const slices = await ledger.slices({
    pipeline,
    ...(windows && { windows }),
    ...(shards && { shards }),
    ...(streams && { streams }),
  })
  return [...Map.groupBy(slices.filter(hasRejects), ({ shard }) => shard)].map(([shard, own]) => ({
    shard,
    windows: [...new Set(own.map(({ window }) => window))],
  }))
}

/** A rejected row as the table `rejects` holds it: column to text. */
export type RejectRow = Readonly<Record<string, string | null>>

type Readable = Pick<Warehouse, 'query' | 'dialect'>

/** Rejected rows, newest business date first, then by location, stream and line. */
export async function listRejects(
  warehouse: Readable,
  table: Table,
  filter: RejectFilter,
): Promise<readonly RejectRow[]> {
  const { identifier: id } = warehouse.dialect
  const sql = [
    // What a load adds to a row is not the same in every warehouse, and says nothing about the row.
    `SELECT ${table.columns.flatMap(({ name }) => (name.startsWith('_') ? [] : [id(name)])).join(', ')}`,
    fromSql(warehouse, table, filter),
    `ORDER BY ${[...sliceOrder(table, id), id('stream'), id('line')].join(', ')}`,
    `LIMIT ${Math.trunc(filter.limit)}`,
  ]
  const { columns, rows } = await warehouse.query(sql.join('\n')).catch(noneYet)
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])))
}

function sliceOrder({ partitionColumn, shardColumn }: Table, id: (name: string) => string): readonly string[] {
  return [
    ...(partitionColumn === null ? [] : [`${id(partitionColumn)} DESC`]),
    ...(shardColumn === null ? [] : [id(shardColumn)]),
  ]
}

/** Rejected rows in all. */
export async function countRejects(
  warehouse: Readable,
  table: Table,
  filter: Omit<RejectFilter, 'limit'>,
): Promise<number> {
  const { rows } = await warehouse.query(`SELECT count(*) ${fromSql(warehouse, table, filter)}`).catch(noneYet)
  return Number(rows[0]?.[0] ?? 0)
}

function fromSql(
  { dialect }: Readable,
  table: Table,
  { windows, shards, streams, line }: Omit<RejectFilter, 'limit'>,
): string {
  const { identifier: id, literal } = dialect
  const within = (column: string, values: readonly string[] | undefined) =>
    values ? [`${id(column)} IN (${values.map(literal).join(', ')})`] : []
  const days = windows?.map(windowSql)
  const conditions = [
    // BigQuery answers nothing without a condition on the column that it partitions by.
    ...(table.partitionColumn === null
      ? []
      : [`${id(table.partitionColumn)} ${days ? `IN (${days.join(', ')})` : ">= DATE '0001-01-01'"}`]),
    ...(table.shardColumn === null ? [] : within(table.shardColumn, shards)),
    ...within('stream', streams),
    ...(line === undefined ? [] : [`${id('line')} = ${Math.trunc(line)}`]),
  ]
  return `FROM ${id(table.schema)}.${id(table.name)}\nWHERE ${conditions.join(' AND ')}`
}
