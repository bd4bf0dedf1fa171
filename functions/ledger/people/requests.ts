import type { Instant } from '../../pipeline/entities.ts'
import type { RequestState } from '../../pipeline/people/reads.ts'
import type { RequestKey, StoredAnswer } from '../../pipeline/people/records.ts'
import { jsonOf } from '../damaged.ts'
import type { Database } from '../schema.ts'

interface Begun extends RequestKey {
  readonly hash: string
  readonly at: Instant
}

/** Begins a request under its key, unless one was begun before: then says what became of that one. */
export async function beginRequest(db: Database, { principal, key, hash, at }: Begun): Promise<RequestState> {
  const { numInsertedOrUpdatedRows: added } = await db
    .insertInto('idempotency')
    .values({ principal, key, hash, answer: null, at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (added === 1n) return { state: 'new' }
  const query = db.selectFrom('idempotency').selectAll().where('principal', '=', principal).where('key', '=', key)
  const row = await query.executeTakeFirst()
  // Dropped in between: the request that dropped it did nothing.
  if (!row) return await beginRequest(db, { principal, key, hash, at })
  const stored = { table: 'idempotency', key: ['principal', 'key'], row, isSecret: true }
  const answer = jsonOf<StoredAnswer>(stored, 'answer')
  return answer === null ? { state: 'running', hash: row.hash } : { state: 'answered', hash: row.hash, answer }
}

/** Keeps the answer of a request. */
export async function answerRequest(
  db: Database,
  { principal, key, answer }: RequestKey & { readonly answer: StoredAnswer },
): Promise<void> {
  const change = db.updateTable('idempotency').set({ answer: JSON.stringify(answer) })
  await change.where('principal', '=', principal).where('key', '=', key).execute()
}

/** Forgets a request without an answer. */
export async function dropRequest(db: Database, { principal, key }: RequestKey): Promise<void> {
  const removal = db.deleteFrom('idempotency').where('principal', '=', principal).where('key', '=', key)
  await removal.where('answer', 'is', null).execute()
}
