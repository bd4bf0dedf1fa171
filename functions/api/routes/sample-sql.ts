import type { StreamTable } from '../../contract/table.ts'
import type { Dialect } from '../../sql/dialect.ts'

/** Names of a table and of its columns that rows are chosen by. */
type SampledTable = Pick<StreamTable, 'schema' | 'name' | 'partitionColumn' | 'shardColumn'>

interface Sample {
  readonly limit: number
  /** Shards whose rows may be seen; null for all. */
  readonly shards: readonly string[] | null
  /** The only date whose rows are asked for. Default: all dates. */
  readonly date?: string | null
}

/** Pure: the query for the newest rows of a table. */
export function sampleSql(
  { schema, name, partitionColumn, shardColumn }: SampledTable,
  { limit, shards, date = null }: Sample,
  { identifier: id, literal }: Pick<Dialect, 'identifier' | 'literal'>,
): string {
  const conditions = [
    // BigQuery answers nothing without a condition on the column that it partitions by.
    ...(partitionColumn === null
      ? []
      : [`${id(partitionColumn)} ${date === null ? ">= DATE '0001-01-01'" : `= DATE ${literal(date)}`}`]),
    ...(shards === null || shardColumn === null
      ? []
      : [`${id(shardColumn)} IN (${shards.map(literal).join(', ') || 'NULL'})`]),
  ]
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''
  const order = partitionColumn === null ? '' : ` ORDER BY ${id(partitionColumn)} DESC`
  return `SELECT * FROM ${id(schema)}.${id(name)}${where}${order} LIMIT ${Math.trunc(limit)}`
}
