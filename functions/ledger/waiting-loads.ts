import { sql } from 'kysely'
import type { BusinessDate, WaitingLoad } from '../pipeline/entities.ts'
import type { WaitingFilter } from '../pipeline/ports.ts'
import { neededJson, undamaged } from './damaged.ts'
import { all, is } from './filter.ts'
import { IS_WAITING } from './messages.ts'
import type { Database } from './schema.ts'
import { byInstant } from './window-sort.ts'

/** Partitions with loads that wait, by window, stream, without damaged rows. Windows are in the order of their instants. */
export async function listWaitingLoads(db: Database, filter: WaitingFilter): Promise<readonly WaitingLoad[]> {
  const { pipeline, window, recordedBy } = filter
  const isSent = sql`sent.kind = 'load' and sent.state = 'pending' and sent.sent_at is not null`
  const sameWork = sql`sent.pipeline = messages.pipeline and sent.window_id = messages.window_id and sent.work = messages.work`
  const sentAt = sql<number | null>`(select max(sent.sent_at) from messages as sent where ${sameWork} and ${isSent})`
  const recorded = recordedBy === undefined ? null : sql<boolean>`created_at <= ${recordedBy}`
  const rows = await db
    .selectFrom('messages')
    .select(['work', sql<string>`min(id)`.as('next'), sql<number>`min(created_at)`.as('since'), sentAt.as('sent_at')])
    .where(all(IS_WAITING, is('pipeline', pipeline), is('window_id', window), recorded))
    .groupBy(['pipeline', 'window_id', 'work'])
    .execute()
  const waiting = undamaged(rows, toWaiting).toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
  const places = waiting.map((load) => ({ pipeline: load.work.pipeline, window: load.work.window, load }))
  return (await byInstant(places, {}, db)).map(({ load }) => load)
}

/** True while an `ingest` of the window is pending and untried. */
export async function isAwaited(db: Database, pipeline: string, window: BusinessDate): Promise<boolean> {
  // A release that does not know the table may have ended the message. Asked by its key alone, or a database may prefer to look
  // through all that is pending.
  const isOpen = sql`case when state = 'pending' and attempts = 0 then 1 else 0 end`
  const found = await db
    .selectFrom('open_ingests')
    .select('message_id')
    .where('pipeline', '=', pipeline)
    .where('window_id', '=', window)
    .where(sql<boolean>`(select ${isOpen} from messages where id = open_ingests.message_id) = 1`)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** True while a load of the window is pending. */
export async function isLoading(db: Database, pipeline: string, window: BusinessDate): Promise<boolean> {
  const found = await db
    .selectFrom('messages')
    .select('id')
    .where(sql<boolean>`kind = 'load' and state = 'pending'`)
    .where('pipeline', '=', pipeline)
    .where('window_id', '=', window)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

interface Row {
  readonly work: string
  readonly next: string
  readonly since: number
  readonly sent_at: number | null
}

function toWaiting({ work, next, since, sent_at: sentAt }: Row): WaitingLoad {
  return { work: neededJson({ table: 'messages', key: ['id'], row: { id: next, work } }, 'work'), next, since, sentAt }
}

function placeOf({ work }: WaitingLoad): string {
  return `${work.window}/${work.stream}`
}
