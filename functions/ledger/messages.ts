import { sql } from 'kysely'
import type { Message } from '../pipeline/entities.ts'
import type { MessageFilter, Page } from '../pipeline/ports.ts'
import { fromReason, toReason } from './columns.ts'
import { compareAndSet } from './compare-and-set.ts'
import { all, among, contains, equals, is, page } from './filter.ts'
import type { Database, MessageRow } from './schema.ts'
import { value, type Writer } from './writer.ts'

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

/** Ends the other open messages of a run that ask for the same and were never changed. */
export async function foldMessages(
  { run }: Writer,
  { id, runId, work }: Pick<Message, 'id' | 'runId' | 'work'>,
): Promise<void> {
  const isOther = sql`run_id = ${value} and work = ${value} and id <> ${value}`
  await run({
    name: 'fold messages',
    build: () =>
      sql`update messages set state = 'done', version = 2 where ${isOther} and state = 'pending' and version = 1`,
    parameters: [runId, textOf(work), id],
  })
}

/** One message, or null. */
export async function readMessage(db: Database, id: string): Promise<Message | null> {
  const row = await db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? fromRow(row) : null
}

/** Messages, oldest first. */
export async function listMessages(db: Database, filter: MessageFilter & Page): Promise<readonly Message[]> {
  const query = db
    .selectFrom('messages')
    .selectAll()
    .where(
      all(
        is('run_id', filter.runId),
        among('state', filter.states),
        is('pipeline', filter.pipeline),
        is('kind', filter.kind),
        among('kind', filter.kinds),
        is('work', filter.work && textOf(filter.work)),
        contains('work', filter.window && JSON.stringify(filter.window)),
        equals('attempts', filter.untried ? 0 : undefined),
      ),
    )
    .orderBy('created_at')
    .orderBy('id')
  return (await page(query, filter).execute()).map(fromRow)
}

/** Messages of a run that count looks which found nothing new. */
export async function unchangedOf(db: Database, runId: string): Promise<readonly Message[]> {
  const query = db.selectFrom('messages').selectAll().where('run_id', '=', runId).where('unchanged', 'is not', null)
  return (await query.execute()).map(fromRow)
}

function toRow(message: Message): MessageRow {
  return {
    id: message.id,
    run_id: message.runId,
    kind: message.work.kind,
    pipeline: message.work.pipeline,
    work: textOf(message.work),
    state: message.state,
    attempts: message.attempts,
    not_before: message.notBefore,
    unchanged: message.unchanged.length === 0 ? null : JSON.stringify(message.unchanged),
    ...toReason(message.reason),
    created_at: message.createdAt,
    version: message.version + 1,
  }
}

/** In one order of its members, so that equal works are equal texts. */
function textOf(work: Message['work']): string {
  return JSON.stringify(Object.fromEntries(Object.entries(work).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

function fromRow(row: MessageRow): Message {
  return {
    id: row.id,
    runId: row.run_id,
    work: JSON.parse(row.work),
    state: row.state,
    attempts: row.attempts,
    notBefore: row.not_before,
    unchanged: row.unchanged === null ? [] : JSON.parse(row.unchanged),
    reason: fromReason(row),
    createdAt: row.created_at,
    version: row.version,
  }
}
