import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { createIndexes, createTable, type Table } from './0001-create-tables.ts'

const KEPT_FILES: Table = {
  columns: [
    ['pipeline', 'text'],
    ['location', 'text'],
    ['business_date', 'text'],
    ['source_name', 'text'],
    ['source_path', 'text'],
    ['source_bytes', 'bigint'],
    ['source_modified_at', 'bigint'],
    ['raw_object', 'text', 'null'],
    ['raw_sha256', 'text', 'null'],
    ['raw_bytes', 'bigint', 'null'],
    ['sighting', 'text', 'null'],
    ['reason_code', 'text', 'null'],
    ['reason_message', 'text', 'null'],
    ['at', 'bigint'],
  ],
  primaryKey: ['pipeline', 'business_date', 'location', 'source_name'],
  words: {},
}

/** Adds what a slice remembers of a file that waits, and the files of a day's folder that no contract reads. */
export async function rememberFiles(transaction: Database, dialect: LedgerDialect): Promise<void> {
  await sql`alter table slices add column sighting text`.execute(transaction)
  await createTable(transaction, { name: 'kept_files', table: KEPT_FILES, dialect })
  await createIndexes(transaction, 'kept_files', KEPT_FILES)
}
