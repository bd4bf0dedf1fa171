import type { TableDefinition } from '../../table.ts'
import { type BigqueryColumn, bigqueryColumns, LOADS_TABLE } from './columns.ts'
import { quoteIdentifier, quoteString } from './quote.ts'

/** A table whose columns have types of BigQuery. */
export interface BigqueryTable extends Omit<TableDefinition, 'columns'> {
  readonly columns: readonly BigqueryColumn[]
  /** False for a table that is small enough to be read whole. */
  readonly needsFilter: boolean
}

/**
 * Statements that make the table of a stream, to be read or pasted, and the one of loads: which run loaded a row is there, in one
 * table for all streams of a pipeline.
 */
export function createTable(table: TableDefinition): string {
  const needsFilter = table.partitionBy !== null
  const stream = statement({ ...table, columns: bigqueryColumns(table.columns), needsFilter })
  return `${stream}\n${statement({ ...LOADS_TABLE, schema: table.schema })}`
}

/** The statement that makes one table. */
export function statement(table: BigqueryTable): string {
  const { schema, name, description, columns, partitionBy, clusterBy, needsFilter } = table
  const lines = columns.map(({ name: column, type, default: value, description: meaning }) => {
    const preset = value === undefined ? '' : ` DEFAULT ${value}`
    return `  ${quoteIdentifier(column)} ${type}${preset} OPTIONS (description = ${quoteString(meaning)})`
  })
  const filter = needsFilter ? ', require_partition_filter = TRUE' : ''
  return [
    `CREATE TABLE IF NOT EXISTS ${quoteIdentifier(schema)}.${quoteIdentifier(name)} (\n${lines.join(',\n')}\n)`,
    ...(partitionBy === null ? [] : [`PARTITION BY ${quoteIdentifier(partitionBy)}`]),
    ...(clusterBy.length > 0 ? [`CLUSTER BY ${clusterBy.map(quoteIdentifier).join(', ')}`] : []),
    // Without it, a query reads years of days by accident.
    `OPTIONS (description = ${quoteString(description)}${filter});`,
    '',
  ].join('\n')
}
