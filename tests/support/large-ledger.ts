import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../functions/ledger/schema.ts'
import { addDays, instantOf } from '../../functions/lib/business-date.ts'
import type { Delivery } from '../../functions/pipeline/entities.ts'

/** Extent of a generated ledger: every stream of each shard in each window. */
export interface Extent {
  readonly shards: number
  readonly windows: number
  /** Default: `STREAMS`. */
  readonly streams?: readonly string[]
  /** Runs, incidents, notifications, messages, backfills and entries of the audit. Default: 20,000. */
  readonly records?: number
  /** The first window. Default: that of `windowAt(0)`. */
  readonly first?: string
}

/** Streams of a ledger that names none. */
export const STREAMS = ['checks', 'cash', 'items', 'orders', 'payments', 'times', 'voids']
/** Tables that have more than a few rows. */
export const LARGE = [
  ...['slices', 'run_slices', 'checks', 'deliveries', 'runs', 'messages', 'usage', 'backfills', 'windows'],
  ...['incidents', 'incident_subjects', 'incident_events', 'notifications'],
]
const FIRST = '2026-01-01'
const DAY = 86_400_000
const HOUR = DAY / 24
// The default number of records are this far apart; any other number fills the windows.
const STEP = HOUR / 4
// Records that are open or due are among so many of the newest.
const RECENT = 20_000

const RAW = { object: `raw/${'a'.repeat(64)}`, sha256: 'a'.repeat(64), bytes: 41_204 }
const PART = { object: `parts/toast/${'b'.repeat(64)}.parquet`, rows: 100, bytes: 9_000, sha256: 'b'.repeat(64) }
const DELIVERY: Delivery = {
  ...{
    raw: RAW,
    contract: 'c'.repeat(64),
    engine: '1',
    part: PART,
    rejects: { ...PART, rows: 0 },
    stagedAt: 1_767_225_600_000,
  },
  counts: { lines: 101, records: 101, blankLines: 0, accepted: 100, rejected: 0 },
  totals: { amount: '4123.55', tax: '361.20', tip: '511.03' },
}

/** The window of a number. */
export function windowAt(number: number): string {
  return addDays(FIRST, number)
}

/** The instant of a record's number in a ledger of the default extent. */
export function instantAt(number: number): number {
  return instantOf(FIRST, '00:00', 'UTC') + number * STEP
}

/** The shard of a number. */
export function shardAt(number: number): string {
  return String(100_000 + number)
}

/**
 * Fills a ledger by SQL that both databases know: every 97th slice is not finished, every 50th has rejects, every check of a
 * 100th fails. Rows are as wide as those of a night.
 */
export async function fillLedger(db: Database, extent: Extent): Promise<void> {
  const { shards, windows, streams = STREAMS, records = RECENT, first = FIRST } = extent
  await createNumbers(db, { ...extent, streams, records, first })
  await fillSlices(db, { shards, streams })
  await fillPartitions(db)
  const [start, step] = [
    instantOf(first, '00:00', 'UTC'),
    records === RECENT ? STEP : Math.floor((windows * DAY) / records),
  ]
  const at = sql`(${sql.lit(start)} + cast(n as bigint) * ${sql.lit(step)})`
  await fillRuns(db, { records, at })
  await fillIncidents(db, { records, at, shards })
  await fillDecisions(db, { records, at })
  for (const table of HELPERS) await sql`drop table ${sql.table(table)}`.execute(db)
}

const HELPERS = ['numbers', 'days', 'names']

/** Tables of the numbers of slices and records, of the windows and of the streams. */
async function createNumbers(
  db: Database,
  { shards, windows, streams, records, first }: Required<Extent>,
): Promise<void> {
  const most = Math.max(shards * windows * streams.length, records)
  await sql`create table numbers (n integer primary key)`.execute(db)
  await sql`
    insert into numbers with recursive counted (n) as (select 0 union all select n + 1 from counted where n < ${sql.lit(most - 1)})
    select n from counted
  `.execute(db)
  await sql`create table days (n bigint primary key, window_id text not null, at bigint not null)`.execute(db)
  for (let n = 0; n < windows; n++) {
    const window = addDays(first, n)
    await sql`insert into days values (${n}, ${window}, ${instantOf(window, '00:00', 'UTC')})`.execute(db)
  }
  await sql`create table names (n bigint primary key, stream text not null)`.execute(db)
  for (const [n, stream] of streams.entries()) await sql`insert into names values (${n}, ${stream})`.execute(db)
}

/** Rows of each slice: itself, its run, its version and its check. A file is seen five hours after its day, and loaded half an hour later. */
async function fillSlices(
  db: Database,
  { shards, streams }: { readonly shards: number; readonly streams: readonly string[] },
): Promise<void> {
  const own = sql`
    numbers join days on days.n = numbers.n / ${sql.lit(shards * streams.length)}
    join names on names.n = numbers.n % ${sql.lit(streams.length)}
  `
  const shard = sql`cast(100000 + (numbers.n / ${sql.lit(streams.length)}) % ${sql.lit(shards)} as text)`
  const key = sql`'toast', days.window_id, ${shard}, names.stream`
  const wide = sql.lit(JSON.stringify(DELIVERY))
  const seen = sql`days.at + ${sql.lit(DAY + 5 * HOUR)}`
  const loaded = sql`days.at + ${sql.lit(DAY + 5.5 * HOUR)}`
  await sql`
    insert into slices (pipeline, window_id, shard, stream, state, reason_code, reason_message, updated_at, run_id, version)
    select ${key}, 'missing', 'INCOMPLETE', 'it was not delivered', ${loaded}, 'run-' || (numbers.n / 1000), 1
    from ${own} where numbers.n % 97 = 0
  `.execute(db)
  await sql`
    insert into slices (pipeline, window_id, shard, stream, state, raw_object, raw_sha256, raw_bytes, delivery, rejects_object,
      rejects_rows, rejects_bytes, first_seen_at, first_loaded_at, updated_at, run_id, version)
    select ${key}, 'loaded', 'raw', 'sha', 1, ${wide}, 'rejects', case when numbers.n % 50 = 0 then 3 else 0 end, 1, ${seen},
      ${loaded}, ${loaded}, 'run-' || (numbers.n / 1000), 1 from ${own} where numbers.n % 97 <> 0
  `.execute(db)
  await sql`
    insert into run_slices (run_id, pipeline, window_id, shard, stream, outcome, milliseconds, at)
    select 'run-' || (numbers.n / 1000), ${key}, 'staged', 5, ${loaded} from ${own}
  `.execute(db)
  await sql`
    insert into checks (pipeline, window_id, shard, stream, position, name, rule, state, effect, tested, failed, message, at)
    select ${key}, 0, 'sums', null, case when numbers.n % 100 = 0 then 'fail' else 'pass' end, 'dispute', 10, 1, 'text', ${loaded}
    from ${own}
  `.execute(db)
  await sql`
    insert into deliveries (pipeline, window_id, shard, stream, raw_object, raw_sha256, raw_bytes, state, at)
    select ${key}, 'raw', 'sha' || numbers.n, 1, 'staged', ${loaded} from ${own}
  `.execute(db)
}

/** Partitions of this pipeline and of 39 others, and the loads of this one. */
async function fillPartitions(db: Database): Promise<void> {
  const loaded = sql`days.at + ${sql.lit(DAY + 6 * HOUR)}`
  await sql`
    insert into partitions (pipeline, window_id, stream, wanted, loaded, loading, epoch, attempt, state, rows, totals, updated_at,
      version)
    select case when pipelines.n = 0 then 'toast' else 'other-' || pipelines.n end, window_id, stream, 1, 1, 0, 1, 1, 'idle', 100,
      '{}', ${loaded}, 1
    from days cross join names cross join (select n from numbers where n < 40) as pipelines
  `.execute(db)
  await sql`
    insert into loads (pipeline, stream, window_id, number, at)
    select 'toast', stream, window_id, 1, ${loaded} from days cross join names
  `.execute(db)
}

interface Records {
  readonly records: number
  /** The instant of a row of `numbers`. */
  readonly at: RawBuilder<unknown>
}

async function fillRuns(db: Database, { records, at }: Records): Promise<void> {
  const some = sql`numbers where n < ${sql.lit(records)}`
  await sql`
    insert into windows (pipeline, stream, window_id, mode, state, at)
    select 'other-' || (n % 40), 'orders', 'w' || n, 'files', 'loaded', ${at} from ${some}
  `.execute(db)
  await sql`
    insert into runs (id, pipeline, trigger, state, scope, slices, rows, rejected, bytes, created_at, lease_until, version)
    select 'run-' || n, 'toast', case when n % 500 = 0 then 'cli' else 'schedule' end,
      case when n % 1000 = 0 then 'failed' else 'succeeded' end, '{}', 1, 1, 0, 0, ${at}, 1, 1
    from ${some}
  `.execute(db)
  await sql`
    insert into messages (id, run_id, kind, pipeline, work, state, attempts, not_before, created_at, sent_at, version)
    select 'm' || n, 'run-' || n, 'ingest', 'toast', '{"kind":"ingest","pipeline":"toast","shard":"1","windows":[]}', 'done', 1, ${at},
      ${at}, ${at}, 2 from ${some}
  `.execute(db)
  await sql`
    insert into kept_files (pipeline, shard, window_id, source_name, source_path, source_bytes, source_modified_at, at)
    select 'toast', cast(100000 + n % 200 as text), (select window_id from days where days.n = numbers.n % (select count(*) from days)), 'Other ' || n || '.csv', 'path', 10, ${at}, ${at} from ${some}
  `.execute(db)
  await sql`
    insert into usage (run_id, kind, amount, cost_micros, at, pipeline)
    select 'run-' || n, 'bytes_billed', 10, 1, ${at}, 'toast' from ${some}
  `.execute(db)
  await sql`
    insert into run_steps (run_id, step, milliseconds, count) select 'run-' || n, 'load', 10, 1 from ${some}
  `.execute(db)
  await sql`
    insert into backfills (id, pipeline, state, from_window, to_window, shards, streams, from_archive, force, next_window, run_ids,
      created_at, updated_at, version)
    select 'b' || n, 'toast', 'succeeded', '2026-01-01', '2026-01-31', '[]', '[]', 0, 0, '2026-02-01', '[]', ${at}, ${at}, 1 from ${some}
  `.execute(db)
}

async function fillIncidents(
  db: Database,
  { records, at, shards }: Records & { readonly shards: number },
): Promise<void> {
  const some = sql`numbers where n < ${sql.lit(records)}`
  const isRecent = sql`n >= ${sql.lit(records - RECENT)}`
  const isOpen = sql`n % 100 = 0 and ${isRecent}`
  await sql`
    insert into incidents (id, key, kind, pipeline, shard, state, severity, reason_code, reason_message, opened_at, updated_at,
      resolved_at, occurrences, parent_id)
    select 'i' || n, 'missing/toast/' || n, 'missing', 'toast', cast(100000 + n % ${sql.lit(shards)} as text),
      case when ${isOpen} then 'open' else 'resolved' end, 'error', 'INCOMPLETE', 'text', ${at}, ${at},
      case when ${isOpen} then null else ${at} end, 1, case when n % 10 = 0 then null else 'i' || (n - n % 10) end from ${some}
  `.execute(db)
  await sql`
    insert into incident_subjects (key, subject, at) select 'missing/toast/' || n, 'window', ${at} from ${some}
  `.execute(db)
  await sql`
    insert into incident_events (id, incident_id, at, actor, kind, text)
    select 'e' || n, 'i' || n, ${at}, 'ana', 'note', 'text' from ${some}
  `.execute(db)
  await sql`
    insert into notifications (id, root, channel, person, kind, step, state, attempts, due, body, created_at, updated_at)
    select 'n' || n, 'root-' || (n / 5), 'ops', '', 'opened', n, case when n % 900 = 0 and ${isRecent} then 'due' else 'sent' end, 1,
      ${at}, '{}', ${at}, ${at} from ${some}
  `.execute(db)
}

/** Decisions of people: the audit, sign-offs, and notices of changes. */
async function fillDecisions(db: Database, { records, at }: Records): Promise<void> {
  const some = sql`numbers where n < ${sql.lit(records)}`
  await sql`
    insert into audit (id, at, actor, action, subject, details)
    select 'a' || n, ${at}, 'person-' || (n % 50), 'act-' || (n % 40), 'subject-' || (n % 3000), 'text' from ${some}
  `.execute(db)
  await sql`
    insert into sign_offs (pipeline, window_id, shard, at, actor, note, totals)
    select 'toast', window_id, '', at, 'ana', '', '{}' from days
  `.execute(db)
  // Rows of the last day: older ones are deleted.
  await sql`
    insert into changes (at, topics) select ${at}, '["run/1"]' from numbers where n < ${sql.lit(RECENT)} order by n
  `.execute(db)
}
