import { sql } from 'kysely'
import type { Database } from '../schema.ts'

type Names = Readonly<Record<string, string>>

const KEY: Names = { location: 'shard', business_date: 'window_id' }
const COLUMNS: Readonly<Record<string, Names>> = {
  slices: KEY,
  deliveries: KEY,
  kept_files: KEY,
  run_slices: KEY,
  checks: KEY,
  constants: { location: 'shard' },
  partitions: { business_date: 'window_id' },
  backfills: { start_date: 'from_window', end_date: 'to_window', next_date: 'next_window', locations: 'shards' },
}

const MEMBERS: Names = {
  location: 'shard',
  locations: 'shards',
  date: 'window',
  dates: 'windows',
  days: 'perShard',
}

/**
 * Gives the columns and JSON members of slices names that hold for every pipeline: shard instead of location, window instead
 * of business date. Indexes follow their columns.
 */
export async function nameWindowsAndShards(transaction: Database): Promise<void> {
  for (const [table, names] of Object.entries(COLUMNS))
    for (const [before, after] of Object.entries(names))
      await sql`alter table ${sql.table(table)} rename column ${sql.ref(before)} to ${sql.ref(after)}`.execute(
        transaction,
      )
  await sortPendingWork(transaction)
  await transaction
    .updateTable('messages')
    .set({ work: reworded('work') })
    .where('state', '<>', 'pending')
    .execute()
  await transaction
    .updateTable('messages')
    .set({ unchanged: reworded('unchanged') })
    .where('unchanged', 'is not', null)
    .execute()
  await transaction
    .updateTable('runs')
    .set({ scope: reworded('scope') })
    .execute()
}

/** Replaces the names of members in JSON text. A quote within a value is escaped, so only a name matches. */
function reworded(column: 'work' | 'scope' | 'unchanged') {
  return Object.entries(MEMBERS).reduce(
    (text, [before, after]) => sql<string>`replace(${text}, ${`"${before}":`}, ${`"${after}":`})`,
    sql<string>`${sql.ref(column)}`,
  )
}

/** Open messages are compared by their text, so their members also take the order of their new names. */
async function sortPendingWork(transaction: Database): Promise<void> {
  const pending = await transaction
    .selectFrom('messages')
    .select(['id', 'work'])
    .where('state', '=', 'pending')
    .execute()
  for (const { id, work } of pending) {
    const members = Object.entries<unknown>(JSON.parse(work)).map(
      ([name, value]) => [MEMBERS[name] ?? name, value] as const,
    )
    const sorted = Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)))
    await transaction
      .updateTable('messages')
      .set({ work: JSON.stringify(sorted) })
      .where('id', '=', id)
      .execute()
  }
}
