import { sql } from 'kysely'
import type { Database } from '../schema.ts'

/** Indexes by name. */
const INDEXES: Readonly<Record<string, string>> = {
  slices_waived: `slices (pipeline, window_id, shard, stream) where state = 'waived'`,
  partitions_open: `partitions (pipeline, window_id, stream) where state <> 'idle'`,
  runs_by_trigger: 'runs (trigger, created_at, id)',
}

/** Makes indexes of what a ledger has few of: a list of them would read all others until its page is full. */
export async function indexRareRows(transaction: Database): Promise<void> {
  for (const [name, rows] of Object.entries(INDEXES))
    await sql`create index ${sql.ref(name)} on ${sql.raw(rows)}`.execute(transaction)
}
