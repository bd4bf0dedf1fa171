import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** Indexes by name, in addition to those of the lists. */
const INDEXES: Readonly<Record<string, string>> = {
  usage_by_time: 'usage (at, pipeline, kind)',
  incidents_members: 'incidents (shard, parent_id) where parent_id is not null',
  incidents_unresolved: `incidents (parent_id, opened_at, id) where state <> 'resolved'`,
  runs_in_state: 'runs (pipeline, state, created_at, id)',
}

/** Gives usage the time and the pipeline of its run, so that a month is read by an index; and lists by state an index each. */
export async function placeUsage(transaction: Database, { text }: LedgerDialect): Promise<void> {
  await sql`alter table usage add column at bigint not null default 0`.execute(transaction)
  await sql`alter table usage add column pipeline ${text} not null default ''`.execute(transaction)
  await sql`
    update usage set at = runs.created_at, pipeline = runs.pipeline from runs where runs.id = usage.run_id
  `.execute(transaction)
  for (const [name, rows] of Object.entries(INDEXES))
    await sql`create index ${sql.ref(name)} on ${sql.raw(rows)}`.execute(transaction)
}
