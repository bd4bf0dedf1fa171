import { DaybreakError } from '../../errors.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import type { PeopleChange } from '../../pipeline/people/changes.ts'
import type { RequestState } from '../../pipeline/people/reads.ts'
import type { RequestAttempt, RequestKey, StoredAnswer } from '../../pipeline/people/records.ts'
import type { Processes } from '../../pipeline/ports.ts'
import { jsonOf } from '../damaged.ts'
import type { Database } from '../schema.ts'
import type { Writer } from '../writer.ts'
import type { RequestRow } from './schema.ts'

type Answering = Extract<PeopleChange, { change: 'request_answered' }>
type Held = RequestKey & Pick<RequestAttempt, 'holder'>

/** Begins a request under its key, unless it was begun before: then says what became of it, or takes it over. */
export async function beginRequest(
  db: Database,
  attempt: RequestAttempt,
  processes: Pick<Processes, 'isGone'> | null = null,
): Promise<RequestState> {
  const { principal, key, hash, at, writeId, holder, owner, leasedUntil } = attempt
  const own = { holder, owner, leased_until: leasedUntil }
  const { numInsertedOrUpdatedRows: added } = await db
    .insertInto('idempotency')
    .values({ principal, key, hash, answer: null, at, write_id: writeId, ...own })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (added === 1n) return { state: 'begun', writeId, at, isRepeated: false }
  const query = db.selectFrom('idempotency').selectAll().where('principal', '=', principal).where('key', '=', key)
  const row = await query.executeTakeFirst()
  // Dropped in between: the request that dropped it did nothing.
  if (!row) return await beginRequest(db, attempt, processes)
  const stored = { table: 'idempotency', key: ['principal', 'key'], row, isSecret: true }
  const answer = jsonOf<StoredAnswer>(stored, 'answer')
  if (answer !== null) return { state: 'answered', hash: row.hash, answer }
  if (row.hash !== hash || !isOver(row, attempt, processes)) return { state: 'running', hash: row.hash }
  const { numUpdatedRows } = await db
    .updateTable('idempotency')
    .set({ ...own, write_id: row.write_id ?? writeId })
    .where('principal', '=', principal)
    .where('key', '=', key)
    .where('answer', 'is', null)
    .where('holder', row.holder === null ? 'is' : '=', row.holder)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return { state: 'running', hash: row.hash }
  return { state: 'begun', writeId: row.write_id ?? writeId, at: row.at, isRepeated: true }
}

/** True when no attempt works on the request any more. */
function isOver(
  { at: begunAt, holder, owner, leased_until: leasedUntil }: RequestRow,
  { at, leasedUntil: ownEnd }: RequestAttempt,
  processes: Pick<Processes, 'isGone'> | null,
): boolean {
  const lease = ownEnd - at
  // A row of an earlier release has no lease; its process had as long as a process of this one.
  const end = leasedUntil ?? begunAt + lease
  const isReleased = holder === null && leasedUntil !== null
  const isGone = owner !== null && processes?.isGone(owner) === true
  return isReleased || isGone || end <= at || isFromTheFuture(end - lease, at)
}

/** Keeps the answer of a request for copies of it. @throws {DaybreakError} LEDGER_CONFLICT when another attempt took it over. */
export async function answerRequest(
  { db }: Pick<Writer, 'db'>,
  { principal, key, holder, answer }: Omit<Answering, 'change'>,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('idempotency')
    .set({ answer: JSON.stringify(answer) })
    .where('principal', '=', principal)
    .where('key', '=', key)
    .where('holder', '=', holder)
    .executeTakeFirst()
  if (numUpdatedRows === 1n) return
  throw new DaybreakError(
    'LEDGER_CONFLICT',
    'this attempt took longer than its lease, and another one works on the request; nothing was applied',
  )
}

/** Lets another attempt begin at once, under the same id. */
export async function releaseRequest(db: Database, { principal, key, holder }: Held): Promise<void> {
  const change = db.updateTable('idempotency').set({ holder: null, owner: null, leased_until: 0 })
  const own = change.where('principal', '=', principal).where('key', '=', key).where('holder', '=', holder)
  await own.where('answer', 'is', null).execute()
}

/** Forgets a request without an answer. */
export async function dropRequest(db: Database, { principal, key, holder }: Held): Promise<void> {
  const removal = db.deleteFrom('idempotency').where('principal', '=', principal).where('key', '=', key)
  await removal.where('holder', '=', holder).where('answer', 'is', null).execute()
}
