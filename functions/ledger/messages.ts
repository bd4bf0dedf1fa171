import type { Message } from '../pipeline/model.ts'
import type { Page } from '../pipeline/ports.ts'
import { fromReason, toReason } from './columns.ts'
import { compareAndSet } from './compare-and-set.ts'
import { all, among, is, page } from './filter.ts'
import type { Database, MessageRow } from './schema.ts'
import type { Writer } from './writer.ts'

/** Which messages to list; absent members match all. */
export interface MessageFilter extends Page {
  readonly runId?: string
  readonly states?: readonly Message['state'][]
}

/** Writes a message whose version is still the stored one. @throws {DaybreakError} LEDGER_CONFLICT. */
export async function putMessage(writer: Writer, message: Message): Promise<void> {
  const row = toRow(message)
  const { id, version } = message
  await compareAndSet({
    table: 'messages',
    key: id,
    version,
    insert: () => writer.insert('messages', row),
    update: () => writer.update('messages', row, { key: { id }, version }),
    stored: () => writer.db.selectFrom('messages').select('version').where('id', '=', id).executeTakeFirst(),
  })
}

/** One message, or null. */
export async function readMessage(db: Database, id: string): Promise<Message | null> {
  const row = await db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? fromRow(row) : null
}

/** Messages, oldest first. */
export async function listMessages(db: Database, filter: MessageFilter): Promise<readonly Message[]> {
  const query = db
    .selectFrom('messages')
    .selectAll()
    .where(all(is('run_id', filter.runId), among('state', filter.states)))
    .orderBy('created_at')
    .orderBy('id')
  return (await page(query, filter).execute()).map(fromRow)
}

function toRow(message: Message): MessageRow {
  return {
    id: message.id,
    run_id: message.runId,
    kind: message.work.kind,
    pipeline: message.work.pipeline,
    work: JSON.stringify(message.work),
    state: message.state,
    attempts: message.attempts,
    not_before: message.notBefore,
    ...toReason(message.reason),
    created_at: message.createdAt,
    version: message.version + 1,
  }
}

function fromRow(row: MessageRow): Message {
  return {
    id: row.id,
    runId: row.run_id,
    work: JSON.parse(row.work),
    state: row.state,
    attempts: row.attempts,
    notBefore: row.not_before,
    reason: fromReason(row),
    createdAt: row.created_at,
    version: row.version,
  }
}
