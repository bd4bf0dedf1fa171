import type { StreamTable } from '../../contract/table.ts'
import type { Dialect } from '../../sql/dialect.ts'

interface Sample {
  readonly limit: number
  /** Shards whose rows may be seen; null for all. */
  readonly shards: readonly string[] | null
}

/** Pure: the query for the newest rows of a table. */
export function sampleSql(
  { schema, name, partitionColumn, shardColumn }: StreamTable,
  { limit, shards }: Sample,
  { identifier: id, literal }: Pick<Dialect, 'identifier' | 'literal'>,
): string {
  const conditions = [
    // BigQuery answers nothing without a condition on the column that it partitions by.
    ...(partitionColumn === null ? [] : [`${id(partitionColumn)} >= DATE '0001-01-01'`]),
    ...(shards === null || shardColumn === null
      ? []
      : [`${id(shardColumn)} IN (${shards.map(literal).join(', ') || 'NULL'})`]),
  ]
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''
  const order = partitionColumn === null ? '' : ` ORDER BY ${id(partitionColumn)} DESC`
  return `SELECT * FROM ${id(schema)}.${id(name)}${where}${order} LIMIT ${Math.trunc(limit)}`
}
