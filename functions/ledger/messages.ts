import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { DaybreakError } from '../errors.ts'
import { isDated } from '../lib/window-time.ts'
import type { BusinessDate, Message } from '../pipeline/entities.ts'
import type { MessageFilter, Page } from '../pipeline/ports.ts'
import { fromReason, toReason } from './columns.ts'
import { compareAndSet } from './compare-and-set.ts'
import { jsonOf, neededJson, undamaged } from './damaged.ts'
import { all, among, contains, equals, is, page } from './filter.ts'
import type { Database, MessageRow, OpenIngestRow } from './schema.ts'
import { byInstant } from './window-sort.ts'
import { readTimes } from './windows.ts'
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
  await noteOpenIngest(writer, message)
}

/** Keeps the windows of an `ingest` as long as loads wait for it. */
async function noteOpenIngest(writer: Writer, { id, work, state, attempts, version }: Message): Promise<void> {
  if (work.kind !== 'ingest') return
  if (state === 'pending' && attempts === 0) {
    await expectWindows(writer, work)
    const rows = [...new Set(work.windows)].map((window) => toOpenIngest(id, work.pipeline, window))
    return await writer.replaceAll('open_ingests', rows, ['message_id', 'window_id'])
  }
  if (version === 0) return
  await writer.run({
    name: 'delete open_ingests',
    build: () => sql`delete from open_ingests where message_id = ${value}`,
    parameters: [id],
  })
}

/**
 * A window that is no date has an instant, which everything that orders or compares windows needs. So its record is there before
 * its work is, from earlier or from the same transaction.
 */
async function expectWindows({ db }: Writer, { pipeline, windows }: Extract<Message['work'], { kind: 'ingest' }>) {
  const others = windows.filter((window) => !isDated(window))
  if (others.length === 0) return
  const times = await readTimes(db, { pipeline, windows: others })
  const unknown = others.find((window) => !times.has(window))
  if (unknown === undefined) return
  const message = `the window ${JSON.stringify(unknown)} of ${pipeline} is no date and has no record; nothing was applied`
  throw new DaybreakError('NOT_FOUND', message)
}

function toOpenIngest(id: string, pipeline: string, window: string): OpenIngestRow {
  return { message_id: id, pipeline, window_id: window }
}

/** Ends the other waiting loads of a partition, except the first of each other run, or the other waiting builds of a window. */
export async function foldMessages(writer: Writer, into: Pick<Message, 'id' | 'runId' | 'work'>): Promise<void> {
  const { id, runId, work } = into
  const { run } = writer
  if (work.kind === 'build')
    return void (await run({
      name: 'fold builds',
      build: () => sql`
        update messages set state = 'done', version = version + 1
        where ${IS_WAITING_BUILD} and pipeline = ${value} and window_id = ${value} and id <> ${value}
      `,
      parameters: [work.pipeline, work.window, id],
    }))
  if (work.kind !== 'load') return
  const waits = sql`${IS_WAITING} and pipeline = ${value} and window_id = ${value} and work = ${value}`
  const kept = sql`select min(id) from messages where ${waits} and run_id <> ${value} group by run_id`
  const place = [work.pipeline, work.window, textOf(work)]
  await run({
    name: 'fold messages',
    build: () => sql`
      update messages set state = 'done', version = version + 1 where ${waits} and id <> ${value} and id not in (${kept})
    `,
    parameters: [...place, id, ...place, runId],
  })
}

/** A load that was never sent. Written out, since only literals let a database use the indexes of such rows. */
export const IS_WAITING: RawBuilder<SqlBool> = sql`kind = 'load' and state = 'pending' and sent_at is null`

/** A build that was never sent. */
const IS_WAITING_BUILD: RawBuilder<SqlBool> = sql`kind = 'build' and state = 'pending' and sent_at is null`

/** Builds that wait, the oldest of each window, by the instant of the window, without damaged rows. */
export async function listWaitingBuilds(db: Database, windows?: readonly BusinessDate[]): Promise<readonly Message[]> {
  const oldest = sql<string>`(select min(id) from messages where ${all(IS_WAITING_BUILD, among('window_id', windows))} group by window_id)`
  const query = db.selectFrom('messages').selectAll().where(sql<SqlBool>`id in ${oldest}`).orderBy('window_id')
  const found = undamaged(await query.execute(), fromRow)
  const places = found.map((message) => ({ window: windowOf(message.work) ?? '', message }))
  return (await byInstant(places, {}, db)).map(({ message }) => message)
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
        filter.waiting ? all(IS_WAITING, is('window_id', windowOf(filter.work))) : null,
      ),
    )
    .orderBy('created_at')
    .orderBy('id')
  const rows = await page(query, filter).execute()
  return filter.undamaged ? undamaged(rows, fromRow) : rows.map(fromRow)
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
    window_id: windowOf(message.work) ?? null,
    work: textOf(message.work),
    state: message.state,
    attempts: message.attempts,
    not_before: message.notBefore,
    unchanged: message.unchanged.length === 0 ? null : JSON.stringify(message.unchanged),
    ...toReason(message.reason),
    created_at: message.createdAt,
    sent_at: message.sentAt,
    version: message.version + 1,
  }
}

/** Window of a load or build, which the indexes of those that wait begin with. */
function windowOf(work: Message['work'] | undefined): string | undefined {
  return work !== undefined && 'window' in work ? work.window : undefined
}

/** In one order of its members, so that equal works are equal texts. */
function textOf(work: Message['work']): string {
  return JSON.stringify(Object.fromEntries(Object.entries(work).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

function fromRow(row: MessageRow): Message {
  const stored = { table: 'messages', key: ['id'], row }
  return {
    id: row.id,
    runId: row.run_id,
    work: neededJson(stored, 'work'),
    state: row.state,
    attempts: row.attempts,
    notBefore: row.not_before,
    unchanged: jsonOf<Message['unchanged']>(stored, 'unchanged') ?? [],
    reason: fromReason(row),
    createdAt: row.created_at,
    sentAt: row.sent_at,
    version: row.version,
  }
}
