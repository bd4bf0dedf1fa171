import { sql } from 'kysely'
import { DaybreakError } from '../../errors.ts'
import type { Instant } from '../../pipeline/entities.ts'
import type { NewNotification, PeopleChange } from '../../pipeline/people/changes.ts'
import type { Listed, Part, TimePlace } from '../../pipeline/people/reads.ts'
import type { Notification } from '../../pipeline/people/records.ts'
import { checkWords } from '../check-words.ts'
import { neededJson } from '../damaged.ts'
import type { LedgerDialect } from '../dialect.ts'
import { all, among, is } from '../filter.ts'
import type { Database } from '../schema.ts'
import type { Writer } from '../writer.ts'
import { newestFirst } from './parts.ts'
import type { NotificationRow } from './schema.ts'

type Settled = Extract<PeopleChange, { change: 'notification_settled' }>

/** Adds a notification; nothing if one of the same root, channel, person, kind and step is there. */
export async function addNotification(writer: Writer, { createdAt, body, ...own }: NewNotification): Promise<void> {
  const { id, root, channel, person, kind, step, due } = own
  const row: NotificationRow = {
    ...{ id, root, channel, person, kind, step, state: 'due', attempts: 0, due, body: JSON.stringify(body) },
    ...{ receipt: null, problem: null, created_at: createdAt, updated_at: createdAt },
  }
  await writer.insert('notifications', row)
}

/** Ends a delivery. @throws {DaybreakError} NOT_FOUND. */
export async function settleNotification({ db }: Writer, settled: Settled): Promise<void> {
  const { id, state, due, receipt, problem, at } = settled
  const change = {
    ...{ state, updated_at: at, problem: problem ?? null },
    ...(due !== undefined && { due }),
    ...(receipt !== undefined && { receipt }),
  }
  checkWords('notifications', change)
  const { numUpdatedRows } = await db.updateTable('notifications').set(change).where('id', '=', id).executeTakeFirst()
  if (numUpdatedRows === 1n) return
  throw new DaybreakError('NOT_FOUND', `no notification has the id ${JSON.stringify(id)}; nothing was applied`)
}

interface Claim {
  readonly now: Instant
  readonly until: Instant
  readonly limit: number
}

/** Takes notifications that are due, oldest first, and those whose delivery was given up by a process that ended. */
export async function claimNotifications(
  db: Database,
  { lockFree }: LedgerDialect,
  { now, until, limit }: Claim,
): Promise<readonly Notification[]> {
  // The states are written out, since only literals let a database use the index of such rows.
  const some = sql`
    select id from notifications where state in ('due', 'sending') and due <= ${now} order by due, id limit ${limit}
  `
  const { rows } = await sql<NotificationRow>`
    update notifications set state = 'sending', attempts = attempts + 1, due = ${until}, updated_at = ${now}
    where id in (${some} ${lockFree}) returning *
  `.execute(db)
  return rows.toSorted((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1)).map(fromRow)
}

/** Notifications of a root or in some states, the newest first. */
export function listNotifications(
  db: Database,
  filter: Part<TimePlace> & { readonly root?: string; readonly states?: readonly Notification['state'][] },
): Promise<Listed<Notification, TimePlace>> {
  const query = db
    .selectFrom('notifications')
    .selectAll()
    .where(all(is('root', filter.root), among('state', filter.states)))
  return newestFirst(query, { ...filter, time: 'created_at', from: fromRow })
}

function fromRow(stored: NotificationRow): Notification {
  const { created_at, updated_at, ...row } = stored
  const body: Notification['body'] = neededJson({ table: 'notifications', key: ['id'], row: stored }, 'body')
  return { ...row, body, createdAt: created_at, updatedAt: updated_at }
}
