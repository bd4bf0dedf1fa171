import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Locations that `daybreak import` brought in without an entry in config/locations.yaml: their zone and closeout hour. */
export async function createImportedLocations(transaction: Database, { text }: LedgerDialect): Promise<void> {
  await transaction.schema
    .createTable('imported_locations')
    .addColumn('pipeline', text, (column) => column.notNull())
    .addColumn('location', text, (column) => column.notNull())
    .addColumn('time_zone', text, (column) => column.notNull())
    .addColumn('closeout_hour', 'integer', (column) => column.notNull())
    .addColumn('imported_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('imported_locations_key', ['pipeline', 'location'])
    .execute()
}
