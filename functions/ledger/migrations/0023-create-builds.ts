import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { type Column, createTable } from './0001-create-tables.ts'

const BUILDS: readonly Column[] = [
  ['model', 'text'],
  ['fingerprint', 'text'],
  ['window_id', 'text'],
  ['wanted', 'text'],
  ['built', 'text'],
  ['epoch', 'bigint'],
  ['attempt', 'integer'],
  ['state', 'text'],
  ['verdict', 'text'],
  ['reason_code', 'text', 'null'],
  ['reason_message', 'text', 'null'],
  ['rows', 'bigint'],
  ['bytes', 'bigint', 'null'],
  ['staged_rows', 'bigint', 'null'],
  ['staged_bytes', 'bigint', 'null'],
  ['missing', 'text'],
  ['checks', 'text'],
  ['updated_at', 'bigint'],
  ['version', 'bigint'],
]

const VERSIONS: readonly Column[] = [
  ['model', 'text'],
  ['fingerprint', 'text'],
  ['table_fingerprint', 'text'],
  ['definition', 'text'],
  ['accepts', 'text'],
  ['created_at', 'bigint'],
]

const RELEASES: readonly Column[] = [
  ['environment', 'text'],
  ['number', 'integer'],
  ['versions', 'text'],
  ['made_by', 'text'],
  ['at', 'bigint'],
]

/** Remembers builds of models, versions of models and releases of them, and which builds wait to be sent. */
export async function createBuilds(transaction: Database, dialect: LedgerDialect): Promise<void> {
  const tables = [
    ['builds', BUILDS, ['window_id', 'model', 'fingerprint']],
    ['model_versions', VERSIONS, ['model', 'fingerprint']],
    ['model_releases', RELEASES, ['environment', 'number']],
  ] as const
  for (const [name, columns, primaryKey] of tables)
    await createTable(transaction, { name, table: { columns, primaryKey: [...primaryKey], words: {} }, dialect })
  await sql`create index builds_open on builds (state, updated_at) where state <> 'idle'`.execute(transaction)
  await sql`create index builds_by_model on builds (model, fingerprint, window_id)`.execute(transaction)
  const isWaiting = sql`kind = 'build' and state = 'pending' and sent_at is null`
  await sql`create index messages_waiting_builds on messages (window_id, id) where ${isWaiting}`.execute(transaction)
}
