import { sql } from 'kysely'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'

/** A column: its type, and whether it may be null. */
export type Column = readonly [name: string, type: 'text' | 'bigint' | 'integer', rule?: 'null']

const KEY: readonly Column[] = [
  ['pipeline', 'text'],
  ['stream', 'text'],
  ['location', 'text'],
  ['business_date', 'text'],
]
const REASON: readonly Column[] = [
  ['reason_code', 'text', 'null'],
  ['reason_message', 'text', 'null'],
]
const SOURCE: readonly Column[] = [
  ['source_path', 'text', 'null'],
  ['source_name', 'text', 'null'],
  ['source_bytes', 'bigint', 'null'],
  ['source_modified_at', 'bigint', 'null'],
]
const COUNTS: readonly Column[] = [
  ['lines', 'bigint', 'null'],
  ['records', 'bigint', 'null'],
  ['blank_lines', 'bigint', 'null'],
  ['accepted', 'bigint', 'null'],
  ['rejected', 'bigint', 'null'],
]
// The order in which slices are listed: their index is the one for most filters, too.
const SLICE_KEY = ['pipeline', 'business_date', 'location', 'stream']
const RUN_STATES = ['queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'timed_out', 'skipped']

/** A table as the first schema makes it. */
export interface Table {
  readonly columns: readonly Column[]
  readonly primaryKey: readonly string[]
  /** Columns that hold one of a few words. */
  readonly words: Readonly<Record<string, readonly string[]>>
  readonly indexes?: Readonly<Record<string, readonly string[]>>
}

// No foreign keys: a ledger rebuilt from object storage has slices and partitions whose runs are forgotten.
/** Tables of the first schema, by name. */
export const TABLES: Readonly<Record<string, Table>> = {
  slices: {
    columns: [
      ...KEY,
      ['state', 'text'],
      ...REASON,
      ...SOURCE,
      ['raw_object', 'text', 'null'],
      ['raw_sha256', 'text', 'null'],
      ['raw_bytes', 'bigint', 'null'],
      ['delivery', 'text', 'null'],
      ['rejects_object', 'text', 'null'],
      ['rejects_rows', 'bigint', 'null'],
      ['rejects_bytes', 'bigint', 'null'],
      ['first_seen_at', 'bigint', 'null'],
      ['looked_at', 'bigint', 'null'],
      ['updated_at', 'bigint'],
      ['run_id', 'text', 'null'],
      ['version', 'bigint'],
    ],
    primaryKey: SLICE_KEY,
    words: {
      state: ['expected', 'seen', 'landed', 'staged', 'loaded', 'quarantined', 'missing', 'waived', 'superseded'],
    },
  },
  deliveries: {
    columns: [
      ...KEY,
      ['raw_object', 'text'],
      ['raw_sha256', 'text'],
      ['raw_bytes', 'bigint'],
      ['state', 'text'],
      ['contract', 'text', 'null'],
      ['engine', 'text', 'null'],
      ...COUNTS,
      ['totals', 'text', 'null'],
      ...REASON,
      ...SOURCE,
      ['run_id', 'text', 'null'],
      ['at', 'bigint'],
    ],
    primaryKey: [...SLICE_KEY, 'raw_sha256'],
    words: { state: ['staged', 'quarantined', 'superseded'] },
  },
  partitions: {
    columns: [
      ['pipeline', 'text'],
      ['stream', 'text'],
      ['business_date', 'text'],
      ['wanted', 'bigint'],
      ['loaded', 'bigint'],
      ['loading', 'bigint'],
      ['epoch', 'bigint'],
      ['attempt', 'bigint'],
      ['state', 'text'],
      ['job_id', 'text', 'null'],
      ...REASON,
      ['rows', 'bigint'],
      ['totals', 'text'],
      ['updated_at', 'bigint'],
      ['version', 'bigint'],
    ],
    primaryKey: ['pipeline', 'business_date', 'stream'],
    words: { state: ['idle', 'pending', 'quarantined'] },
  },
  runs: {
    columns: [
      ['id', 'text'],
      ['pipeline', 'text'],
      ['trigger', 'text'],
      ['state', 'text'],
      ['scope', 'text'],
      ...REASON,
      ['slices', 'bigint'],
      ['rows', 'bigint'],
      ['rejected', 'bigint'],
      ['bytes', 'bigint'],
      ['backfill_id', 'text', 'null'],
      ['created_at', 'bigint'],
      ['started_at', 'bigint', 'null'],
      ['finished_at', 'bigint', 'null'],
      ['lease_until', 'bigint'],
      ['version', 'bigint'],
    ],
    primaryKey: ['id'],
    words: { state: RUN_STATES, trigger: ['schedule', 'file', 'http', 'cli', 'backfill', 'import'] },
    indexes: {
      runs_by_time: ['created_at', 'id'],
      runs_by_state: ['state', 'created_at'],
      runs_by_backfill: ['backfill_id', 'created_at'],
    },
  },
  run_slices: {
    columns: [['run_id', 'text'], ...KEY, ['outcome', 'text'], ...REASON, ...COUNTS, ['milliseconds', 'bigint']],
    primaryKey: ['run_id', ...SLICE_KEY],
    words: { outcome: ['staged', 'unchanged', 'seen', 'quarantined', 'missing', 'failed'] },
  },
  messages: {
    columns: [
      ['id', 'text'],
      ['run_id', 'text'],
      ['kind', 'text'],
      ['pipeline', 'text'],
      ['work', 'text'],
      ['state', 'text'],
      ['attempts', 'bigint'],
      ['not_before', 'bigint'],
      ...REASON,
      ['created_at', 'bigint'],
      ['version', 'bigint'],
    ],
    primaryKey: ['id'],
    words: { state: ['pending', 'done', 'dead'], kind: ['tick', 'ingest', 'load'] },
    indexes: {
      messages_by_state: ['state', 'created_at', 'id'],
      messages_by_run: ['run_id', 'state', 'created_at', 'id'],
    },
  },
  checks: {
    columns: [
      ...KEY,
      ['position', 'integer'],
      ['name', 'text'],
      ['rule', 'text', 'null'],
      ['state', 'text'],
      ['effect', 'text'],
      ['tested', 'bigint'],
      ['failed', 'bigint'],
      ['message', 'text'],
      ['at', 'bigint'],
    ],
    primaryKey: [...SLICE_KEY, 'position'],
    words: { state: ['pass', 'warn', 'fail', 'error'], effect: ['warn', 'quarantine', 'block'] },
  },
  incidents: {
    columns: [
      ['id', 'text'],
      ['key', 'text'],
      ['state', 'text'],
      ['severity', 'text'],
      ['reason_code', 'text'],
      ['reason_message', 'text'],
      ['run_id', 'text', 'null'],
      ['opened_at', 'bigint'],
      ['updated_at', 'bigint'],
      ['resolved_at', 'bigint', 'null'],
      ['snoozed_until', 'bigint', 'null'],
      ['occurrences', 'bigint'],
    ],
    primaryKey: ['id'],
    words: { state: ['open', 'acknowledged', 'snoozed', 'resolved'], severity: ['warning', 'error'] },
    indexes: {
      incidents_by_time: ['opened_at', 'id'],
      incidents_by_state: ['state', 'opened_at', 'id'],
      incidents_by_key: ['key', 'opened_at'],
    },
  },
  backfills: {
    columns: [
      ['id', 'text'],
      ['pipeline', 'text'],
      ['state', 'text'],
      ['start_date', 'text'],
      ['end_date', 'text'],
      ['locations', 'text'],
      ['streams', 'text'],
      ['from_archive', 'integer'],
      ['force', 'integer'],
      ['next_date', 'text'],
      ['run_ids', 'text'],
      ...REASON,
      ['created_at', 'bigint'],
      ['updated_at', 'bigint'],
      ['version', 'bigint'],
    ],
    primaryKey: ['id'],
    words: { state: [...RUN_STATES, 'paused'] },
    indexes: { backfills_by_time: ['created_at', 'id'] },
  },
  audit: {
    columns: [
      ['id', 'text'],
      ['at', 'bigint'],
      ['actor', 'text'],
      ['action', 'text'],
      ['subject', 'text'],
      ['details', 'text'],
    ],
    primaryKey: ['id'],
    words: {},
    indexes: { audit_by_time: ['at', 'id'] },
  },
}

/** The first schema: every table of the ledger. */
export async function createTables(transaction: Database, dialect: LedgerDialect): Promise<void> {
  for (const [name, table] of Object.entries(TABLES)) {
    await createTable(transaction, { name, table, dialect })
    await createIndexes(transaction, name, table)
  }
  await createOpenIncidentsIndex(transaction)
}

/** Makes the indexes that the definition of a table lists. */
export async function createIndexes(transaction: Database, name: string, { indexes = {} }: Table): Promise<void> {
  for (const [index, columns] of Object.entries(indexes)) {
    await transaction.schema
      .createIndex(index)
      .on(name)
      .columns([...columns])
      .execute()
  }
}

/** The index that allows one unresolved incident per key. */
export async function createOpenIncidentsIndex(transaction: Database): Promise<void> {
  await sql`create unique index incidents_open on incidents (key) where state <> 'resolved'`.execute(transaction)
}

/** Makes a table with its words and primary key, without its indexes. */
export async function createTable(
  transaction: Database,
  { name, table, dialect }: { name: string; table: Table; dialect: LedgerDialect },
): Promise<void> {
  const columns = table.columns.map(([column, type, rule]) => {
    const sqlType = type === 'text' ? dialect.text : sql.raw(type)
    return sql`${sql.ref(column)} ${sqlType}${rule === 'null' ? sql`` : sql` not null`}`
  })
  const words = Object.entries(table.words).map(([column, allowed]) => {
    return sql`check (${sql.ref(column)} in (${sql.join(allowed.map((word) => sql.lit(word)))}))`
  })
  const primaryKey = sql`primary key (${sql.join(table.primaryKey.map((column) => sql.ref(column)))})`
  await sql`create table ${sql.table(name)} (${sql.join([...columns, ...words, primaryKey])})`.execute(transaction)
}
