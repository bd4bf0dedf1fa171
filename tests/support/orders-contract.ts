/** A contract as it stands in YAML, without its columns. Spread it into one with the columns that a test is about. */
export const ORDERS_CONTRACT = {
  version: 1,
  stream: 'orders',
  description: 'Orders.',
  file: 'Orders.csv',
  key: ['location_id', 'order_id'],
  table: { partition_by: 'business_date', cluster_by: ['order_id'] },
}

/** The column of its key that comes from the file. */
export const ORDER_ID = { name: 'order_id', from: 'Order Id', type: 'string', required: true, description: 'Id.' }
