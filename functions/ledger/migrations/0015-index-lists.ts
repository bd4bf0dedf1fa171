import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../schema.ts'

/** Indexes by name: table, columns, and the rows that are in it. */
const INDEXES: Readonly<
  Record<string, readonly [table: string, columns: readonly string[], rows?: RawBuilder<unknown>]>
> = {
  slices_matrix: ['slices', ['pipeline', 'window_id', 'shard', 'stream', 'state']],
  slices_by_shard: ['slices', ['pipeline', 'shard', 'window_id', 'stream', 'state']],
  slices_open: [
    'slices',
    ['pipeline', 'window_id', 'shard', 'stream', 'state'],
    sql`state in ('expected', 'seen', 'landed', 'staged', 'held', 'quarantined', 'missing')`,
  ],
  slices_rejects: ['slices', ['pipeline', 'window_id', 'shard', 'stream', 'rejects_rows'], sql`rejects_rows > 0`],
  run_slices_by_slice: ['run_slices', ['pipeline', 'window_id', 'shard', 'stream', 'at']],
  checks_not_passed: ['checks', ['pipeline', 'window_id', 'shard', 'stream', 'position'], sql`state <> 'pass'`],
  checks_not_passed_by_name: [
    'checks',
    ['pipeline', 'name', 'window_id', 'shard', 'stream', 'position'],
    sql`state <> 'pass'`,
  ],
  runs_by_pipeline: ['runs', ['pipeline', 'created_at', 'id']],
  audit_by_actor: ['audit', ['actor', 'at', 'id']],
  audit_by_action: ['audit', ['action', 'at', 'id']],
  audit_by_subject: ['audit', ['subject', 'at', 'id']],
}

/** Makes the indexes that lists and screens read by, so that none of them reads a whole table. */
export async function indexLists(transaction: Database): Promise<void> {
  for (const [name, [table, columns, rows]] of Object.entries(INDEXES)) {
    const names = sql.join(columns.map((column) => sql.ref(column)))
    const where = rows ? sql` where ${rows}` : sql``
    await sql`create index ${sql.ref(name)} on ${sql.table(table)} (${names})${where}`.execute(transaction)
  }
}
