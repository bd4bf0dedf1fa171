import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { type Column, createIndexes, createTable, type Table } from './0001-create-tables.ts'

const PLACE: readonly Column[] = [
  ['root', 'text'],
  ['channel', 'text'],
  ['person', 'text'],
  ['kind', 'text'],
  ['step', 'bigint'],
]

const TABLES: Readonly<Record<string, Table>> = {
  incident_events: {
    columns: [
      ['id', 'text'],
      ['incident_id', 'text'],
      ['at', 'bigint'],
      ['actor', 'text'],
      ['kind', 'text'],
      ['text', 'text'],
    ],
    primaryKey: ['id'],
    words: {},
    indexes: { incident_events_by_incident: ['incident_id', 'at', 'id'] },
  },
  notifications: {
    columns: [
      ['id', 'text'],
      ...PLACE,
      ['state', 'text'],
      ['attempts', 'bigint'],
      ['due', 'bigint'],
      ['body', 'text'],
      ['receipt', 'text', 'null'],
      ['problem', 'text', 'null'],
      ['created_at', 'bigint'],
      ['updated_at', 'bigint'],
    ],
    primaryKey: ['id'],
    words: {},
    indexes: {
      notifications_by_root: ['root', 'created_at', 'id'],
      notifications_by_state: ['state', 'created_at', 'id'],
      notifications_by_time: ['created_at', 'id'],
    },
  },
}

/** Creates the outbox of notifications, the timeline of incidents, and the place of an incident below a root. */
export async function createNotifications(transaction: Database, dialect: LedgerDialect): Promise<void> {
  for (const [name, table] of Object.entries(TABLES)) {
    await createTable(transaction, { name, table, dialect })
    await createIndexes(transaction, name, table)
  }
  const place = sql.join(PLACE.map(([column]) => sql.ref(column)))
  await sql`create unique index notifications_once on notifications (${place})`.execute(transaction)
  await sql`create index notifications_to_send on notifications (due, id) where state in ('due', 'sending')`.execute(
    transaction,
  )
  for (const name of ['parent_id', 'assignee'])
    await transaction.schema.alterTable('incidents').addColumn(name, dialect.text).execute()
  await transaction.schema.alterTable('incidents').addColumn('acked_until', 'bigint').execute()
  await sql`create index incidents_by_parent on incidents (parent_id, opened_at, id)`.execute(transaction)
}
