import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Says which process works on a request under a key and until when, so that another one takes it over when that process died. */
export async function leaseRequests(transaction: Database, { text }: LedgerDialect): Promise<void> {
  await sql`alter table idempotency add column write_id ${text}`.execute(transaction)
  await sql`alter table idempotency add column holder ${text}`.execute(transaction)
  await sql`alter table idempotency add column owner ${text}`.execute(transaction)
  await sql`alter table idempotency add column leased_until bigint`.execute(transaction)
}
