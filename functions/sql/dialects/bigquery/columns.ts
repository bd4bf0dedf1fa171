import { BUSINESS_DATE } from '../../../contract/carried.ts'
import { LOAD_COLUMNS } from '../../../contract/contract.ts'
import type { Typed } from '../../../contract/sql-type.ts'
import { bigqueryType } from './column-type.ts'

/** A column of a stream's table. */
interface DescribedColumn extends Typed {
  readonly name: string
  readonly description: string
}

/** A column of a table in BigQuery. */
export interface BigqueryColumn {
  readonly name: string
  /** `STRING`, `INT64`, `NUMERIC`, ... */
  readonly type: string
  readonly description: string
  /** Expression that fills it in rows of a load that has no such column. */
  readonly default?: string
}

/** The column that the table of loads is partitioned by. */
export const PARTITION_COLUMN = BUSINESS_DATE

const [RUN_ID, LOADED_AT] = LOAD_COLUMNS.map(({ name }) => name)

/**
 * The columns of a table in BigQuery. A load job can add no constant to its rows: the time comes from a default value, and
 * the run is in the table of loads (docs/decisions/0028).
 */
export function bigqueryColumns(columns: readonly DescribedColumn[]): readonly BigqueryColumn[] {
  return columns
    .filter(({ name }) => name !== RUN_ID)
    .map(({ name, description, type }) => ({
      name,
      type: bigqueryType({ type }),
      description,
      ...(name === LOADED_AT && { default: 'CURRENT_TIMESTAMP()' }),
    }))
}

/** The table of a dataset that says which run loaded what: one row per load job that succeeded. */
export const LOADS_TABLE = {
  name: '_loads',
  partitionBy: PARTITION_COLUMN,
  clusterBy: ['table_name'],
  needsFilter: false,
  description: 'One row per load of a partition; the newest of a table and date says which run its rows are from.',
  columns: [
    { name: 'job_id', type: 'STRING', description: 'Id of the load job.' },
    { name: 'table_name', type: 'STRING', description: 'Table that was loaded.' },
    { name: PARTITION_COLUMN, type: 'DATE', description: 'Partition that was loaded.' },
    { name: 'run_id', type: 'STRING', description: 'Run that started the job.' },
    { name: 'loaded_at', type: 'TIMESTAMP', description: 'When the job ended, UTC.' },
    { name: 'row_count', type: 'INT64', description: 'Rows of the partition after it.' },
    { name: 'totals', type: 'STRING', description: 'Exact sums of its columns, as JSON.' },
  ] satisfies readonly BigqueryColumn[],
} as const
