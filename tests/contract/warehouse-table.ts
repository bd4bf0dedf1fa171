import type { Table } from '../../functions/pipeline/destination.ts'

/** Columns of the parts that the warehouse suite loads. */
export const COLUMNS = {
  location_id: 'VARCHAR',
  business_date: 'DATE',
  order_id: 'VARCHAR',
  amount: 'DECIMAL(18,2)',
  tip: 'DECIMAL(38,9)',
  _raw_sha256: 'VARCHAR',
} as const

/** The table they become. */
export const TABLE: Table = {
  schema: 'toast',
  name: 'order_details',
  description: "One row per order, as the location's server closed it.",
  columns: [
    { name: 'location_id', type: 'string', description: 'What location_id is.' },
    { name: 'business_date', type: 'date', description: 'What business_date is.' },
    { name: 'order_id', type: 'string', description: 'What order_id is.' },
    { name: 'amount', type: 'numeric', scale: 2, description: 'What amount is.' },
    { name: 'tip', type: 'numeric', scale: 9, description: 'What tip is.' },
    { name: '_raw_sha256', type: 'string', description: 'What _raw_sha256 is.' },
    { name: '_run_id', type: 'string', description: 'Run.' },
    { name: '_loaded_at', type: 'timestamp', description: 'When.' },
  ],
  clusterBy: ['location_id'],
  totals: ['amount', 'tip'],
  rawColumn: '_raw_sha256',
  shardColumn: 'location_id',
  partitionColumn: 'business_date',
}
