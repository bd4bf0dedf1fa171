import { sql } from 'kysely'
import type { Database } from '../../functions/ledger/schema.ts'
import type { Delivery } from '../../functions/pipeline/entities.ts'

/** Extent of a generated ledger: every stream of each shard in each window. */
export interface Extent {
  readonly shards: number
  readonly windows: number
  /** Default: `STREAMS`. */
  readonly streams?: readonly string[]
}

export const STREAMS = ['checks', 'cash', 'items', 'orders', 'payments', 'times', 'voids']
const FIRST = Date.UTC(2026, 0, 1)
const DAY = 86_400_000

const RAW = { object: `raw/${'a'.repeat(64)}`, sha256: 'a'.repeat(64), bytes: 41_204 }
const PART = { object: `parts/toast/${'b'.repeat(64)}.parquet`, rows: 100, bytes: 9_000, sha256: 'b'.repeat(64) }
const DELIVERY: Delivery = {
  ...{ raw: RAW, contract: 'c'.repeat(64), engine: '1', part: PART, rejects: { ...PART, rows: 0 }, stagedAt: FIRST },
  counts: { lines: 101, records: 101, blankLines: 0, accepted: 100, rejected: 0 },
  totals: { amount: '4123.55', tax: '361.20', tip: '511.03' },
}

/** The window of a number. */
export function windowAt(number: number): string {
  return new Date(FIRST + number * DAY).toISOString().slice(0, 10)
}

/** The shard of a number. */
export function shardAt(number: number): string {
  return String(100_000 + number)
}

/**
 * Fills a ledger by SQL that both databases know: every 97th slice is not finished, every 50th has rejects, every check of a
 * 100th fails. Rows are as wide as those of a night.
 */
export async function fillLedger(db: Database, { shards, windows, streams = STREAMS }: Extent): Promise<void> {
  const slices = shards * windows * streams.length
  await sql`create table numbers (n bigint not null)`.execute(db)
  await sql`
    insert into numbers with recursive counted (n) as (select 0 union all select n + 1 from counted where n < ${sql.lit(slices - 1)})
    select n from counted
  `.execute(db)
  await sql`create table days (n bigint primary key, window_id text not null)`.execute(db)
  for (let n = 0; n < windows; n++) await sql`insert into days values (${n}, ${windowAt(n)})`.execute(db)
  await sql`create table names (n bigint primary key, stream text not null)`.execute(db)
  for (const [n, stream] of streams.entries()) await sql`insert into names values (${n}, ${stream})`.execute(db)
  const own = sql`
    numbers join days on days.n = numbers.n / ${sql.lit(shards * streams.length)}
    join names on names.n = numbers.n % ${sql.lit(streams.length)}
  `
  const shard = sql`cast(100000 + (numbers.n / ${sql.lit(streams.length)}) % ${sql.lit(shards)} as text)`
  const key = sql`'toast', days.window_id, ${shard}, names.stream`
  const wide = sql.lit(JSON.stringify(DELIVERY))
  await sql`
    insert into slices (pipeline, window_id, shard, stream, state, reason_code, reason_message, updated_at, run_id, version)
    select ${key}, 'missing', 'INCOMPLETE', 'it was not delivered', numbers.n, 'run-' || (numbers.n / 1000), 1 from ${own} where numbers.n % 97 = 0
  `.execute(db)
  await sql`
    insert into slices (pipeline, window_id, shard, stream, state, raw_object, raw_sha256, raw_bytes, delivery, rejects_object,
      rejects_rows, rejects_bytes, updated_at, run_id, version)
    select ${key}, 'loaded', 'raw', 'sha', 1, ${wide}, 'rejects', case when numbers.n % 50 = 0 then 3 else 0 end, 1, numbers.n,
      'run-' || (numbers.n / 1000), 1 from ${own} where numbers.n % 97 <> 0
  `.execute(db)
  await sql`
    insert into run_slices (run_id, pipeline, window_id, shard, stream, outcome, milliseconds, at)
    select 'run-' || (numbers.n / 1000), ${key}, 'staged', 5, numbers.n from ${own}
  `.execute(db)
  await sql`
    insert into checks (pipeline, window_id, shard, stream, position, name, rule, state, effect, tested, failed, message, at)
    select ${key}, 0, 'sums', null, case when numbers.n % 100 = 0 then 'fail' else 'pass' end, 'dispute', 10, 1, 'text', 1
    from ${own}
  `.execute(db)
  await sql`
    insert into deliveries (pipeline, window_id, shard, stream, raw_object, raw_sha256, raw_bytes, state, at)
    select ${key}, 'raw', 'sha' || numbers.n, 1, 'staged', 1 from ${own}
  `.execute(db)
  await sql`
    insert into partitions (pipeline, window_id, stream, wanted, loaded, loading, epoch, attempt, state, rows, totals, updated_at,
      version)
    select case when n = 0 then 'toast' else 'other-' || n end, window_id, stream, 1, 1, 0, 1, 1, 'idle', 100, '{}', 1, 1
    from (select window_id from days) as windows cross join (select stream from names) as streams cross join (select n from numbers where n < 40) as pipelines
  `.execute(db)
  const some = sql`numbers where n < 20000`
  await sql`
    insert into windows (pipeline, stream, window_id, mode, state, at)
    select 'other-' || (n % 40), 'orders', 'w' || n, 'files', 'loaded', ${sql.lit(FIRST)} + n * 900000 from ${some}
  `.execute(db)
  await sql`
    insert into runs (id, pipeline, trigger, state, scope, slices, rows, rejected, bytes, created_at, lease_until, version)
    select 'run-' || n, 'toast', case when n % 500 = 0 then 'cli' else 'schedule' end,
      case when n % 1000 = 0 then 'failed' else 'succeeded' end, '{}', 1, 1, 0, 0, ${sql.lit(FIRST)} + n * 900000, 1, 1
    from ${some}
  `.execute(db)
  await sql`
    insert into usage (run_id, kind, amount, cost_micros, at, pipeline)
    select 'run-' || n, 'bytes_billed', 10, 1, ${sql.lit(FIRST)} + n * 900000, 'toast' from ${some}
  `.execute(db)
  await sql`
    insert into run_steps (run_id, step, milliseconds, count) select 'run-' || n, 'load', 10, 1 from ${some}
  `.execute(db)
  await sql`
    insert into audit (id, at, actor, action, subject, details)
    select 'a' || n, n, 'person-' || (n % 50), 'act-' || (n % 40), 'subject-' || (n % 3000), 'text' from ${some}
  `.execute(db)
  await sql`
    insert into changes (at, topics) select n, '["run/1"]' from ${some} order by n
  `.execute(db)
  await sql`
    insert into notifications (id, root, channel, person, kind, step, state, attempts, due, body, created_at, updated_at)
    select 'n' || n, 'root-' || (n % 4000), 'ops', '', 'opened', n, case when n % 900 = 0 then 'due' else 'sent' end, 1, n, '{}',
      n, n from ${some}
  `.execute(db)
  const resolved = sql`case when n % 100 = 0 then 'open' else 'resolved' end`
  await sql`
    insert into incidents (id, key, kind, pipeline, shard, state, severity, reason_code, reason_message, opened_at, updated_at,
      occurrences, parent_id)
    select 'i' || n, 'missing/toast/' || n, 'missing', 'toast', cast(100000 + n % ${sql.lit(shards)} as text), ${resolved}, 'error',
      'INCOMPLETE', 'text', n, n, 1, case when n % 10 = 0 then null else 'i' || (n - n % 10) end from ${some}
  `.execute(db)
  await sql`
    insert into incident_subjects (key, subject, at) select 'missing/toast/' || n, 'window', n from ${some}
  `.execute(db)
  await sql`
    insert into incident_events (id, incident_id, at, actor, kind, text)
    select 'e' || n, 'i' || n, n, 'ana', 'note', 'text' from ${some}
  `.execute(db)
  await sql`
    insert into backfills (id, pipeline, state, from_window, to_window, shards, streams, from_archive, force, next_window, run_ids,
      created_at, updated_at, version)
    select 'b' || n, 'toast', 'succeeded', '2026-01-01', '2026-01-31', '[]', '[]', 0, 0, '2026-02-01', '[]', n, n, 1 from ${some}
  `.execute(db)
  for (const table of ['numbers', 'days', 'names']) await sql`drop table ${sql.table(table)}`.execute(db)
}
