import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { type Column, createTable } from './0001-create-tables.ts'

const OPEN_INGESTS: readonly Column[] = [
  ['message_id', 'text'],
  ['pipeline', 'text'],
  ['window_id', 'text'],
]

/** Tells when a message was sent, which loads wait to be sent, and the windows whose loads wait. */
export async function addSentAt(transaction: Database, dialect: LedgerDialect): Promise<void> {
  await transaction.schema.alterTable('messages').addColumn('sent_at', 'bigint').execute()
  await transaction.schema.alterTable('messages').addColumn('window_id', dialect.text).execute()
  // Sending a load changed its row and made it due at that instant; one whose row never changed was not sent.
  await sql`
    update messages set sent_at = case when kind = 'load' then not_before else created_at end
    where kind <> 'load' or version > 1
  `.execute(transaction)
  const primaryKey = ['message_id', 'window_id']
  await createTable(transaction, {
    name: 'open_ingests',
    table: { columns: OPEN_INGESTS, primaryKey, words: {} },
    dialect,
  })
  await fillOpenIngests(transaction)
  await fillWindows(transaction)
  await sql`create index open_ingests_by_window on open_ingests (pipeline, window_id)`.execute(transaction)
  const isOpen = sql`kind = 'load' and state = 'pending'`
  await sql`create index messages_open_loads on messages (pipeline, window_id, work, sent_at) where ${isOpen}`.execute(
    transaction,
  )
  await sql`
    create index messages_waiting on messages (pipeline, created_at) where ${isOpen} and sent_at is null
  `.execute(transaction)
}

async function fillOpenIngests(transaction: Database): Promise<void> {
  const { rows } = await sql<{ id: string; pipeline: string; work: string }>`
    select id, pipeline, work from messages where kind = 'ingest' and state = 'pending' and attempts = 0
  `.execute(transaction)
  for (const { id, pipeline, work } of rows) {
    const { windows }: { windows: readonly string[] } = JSON.parse(work)
    for (const window of new Set(windows))
      await transaction.insertInto('open_ingests').values({ message_id: id, pipeline, window_id: window }).execute()
  }
}

async function fillWindows(transaction: Database): Promise<void> {
  const { rows } = await sql<{ id: string; work: string }>`
    select id, work from messages where kind = 'load' and state = 'pending'
  `.execute(transaction)
  for (const { id, work } of rows) {
    const { window }: { window: string } = JSON.parse(work)
    await sql`update messages set window_id = ${window} where id = ${id}`.execute(transaction)
  }
}
