import type { Table } from '../../functions/pipeline/ports.ts'

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
    ...Object.entries(COLUMNS).map(([name, type]) => ({ name, type, description: `What ${name} is.` })),
    { name: '_run_id', type: 'VARCHAR', description: 'Run.' },
    { name: '_loaded_at', type: 'TIMESTAMP WITH TIME ZONE', description: 'When.' },
  ],
  clusterBy: ['location_id'],
  totals: ['amount', 'tip'],
  rawColumn: '_raw_sha256',
}
