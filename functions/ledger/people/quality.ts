import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { SliceKey } from '../../pipeline/entities.ts'
import type {
  CheckDay,
  CheckFailure,
  CheckGroup,
  CheckListFilter,
  CheckPlace,
  Listed,
  Part,
  RejectGroup,
  ShardBytes,
  StreamDay,
  WindowRange,
} from '../../pipeline/people/reads.ts'
import { toStoredCheck } from '../checks.ts'
import { all, among, between, is } from '../filter.ts'
import type { Database } from '../schema.ts'
import { sizeOf, toPart } from './parts.ts'
import { placeOf } from './slices.ts'

// Written out, not bound: SQLite finds a partial index only by a condition it can read.
const HAS_REJECTS = sql<SqlBool>`rejects_rows > 0`
const NOT_PASSED = sql<SqlBool>`state <> 'pass'`

const REJECT_KEYS = { stream: 'stream', shard: 'shard', window: 'window_id' } as const

type Numbers<Name extends string> = Readonly<Record<Name, number | string>>

/** Rejected rows of a range by stream, shard or window, the most first. */
export async function groupRejects(
  db: Database,
  range: WindowRange & { readonly by: keyof typeof REJECT_KEYS },
): Promise<readonly RejectGroup[]> {
  const key = sql.ref(REJECT_KEYS[range.by])
  const { rows } = await sql<Numbers<'rows' | 'slices'> & Readonly<Record<'key' | 'first' | 'last', string>>>`
    select ${key} as key, sum(rejects_rows) as rows, count(*) as slices, min(window_id) as first, max(window_id) as last
    from slices where ${keysOf(range)} and ${HAS_REJECTS} group by ${key} order by 2 desc, 1
  `.execute(db)
  return rows.map((row) => ({ ...row, rows: Number(row.rows), slices: Number(row.slices) }))
}

/** Checks that slices of a range did not pass, the most slices first. */
export async function groupChecks(db: Database, range: WindowRange): Promise<readonly CheckGroup[]> {
  const names = sql`stream, name, rule, state, effect`
  const { rows } = await sql<
    Numbers<'slices' | 'failed' | 'tested'> & Omit<CheckGroup, 'slices' | 'failed' | 'tested'>
  >`
    select stream, name as "check", rule, state, effect, count(*) as slices, sum(failed) as failed, sum(tested) as tested,
      min(window_id) as first, max(window_id) as last
    from checks where ${keysOf(range)} and ${NOT_PASSED} group by ${names} order by 6 desc, ${names}
  `.execute(db)
  return rows.map((row) => ({
    ...row,
    ...{ slices: Number(row.slices), failed: Number(row.failed), tested: Number(row.tested) },
  }))
}

/** Checks of a stream that slices did not pass, by window, check. */
export async function listCheckDays(
  db: Database,
  range: WindowRange & { readonly stream: string },
): Promise<readonly CheckDay[]> {
  const names = sql`window_id, name, rule`
  const { rows } = await sql<Numbers<'slices' | 'failed'> & Pick<CheckDay, 'window' | 'check' | 'rule'>>`
    select window_id as "window", name as "check", rule, count(*) as slices, sum(failed) as failed
    from checks where ${keysOf(range)} and ${is('stream', range.stream)} and ${NOT_PASSED} group by ${names} order by ${names}
  `.execute(db)
  return rows.map((row) => ({ ...row, slices: Number(row.slices), failed: Number(row.failed) }))
}

/** Bytes of the files of one window, by shard. */
export async function listShardBytes(
  db: Database,
  { pipeline, window }: Pick<SliceKey, 'pipeline' | 'window'>,
): Promise<readonly ShardBytes[]> {
  const { rows } = await sql<Numbers<'bytes'> & Pick<ShardBytes, 'shard'>>`
    select shard, sum(raw_bytes) as bytes from slices
    where pipeline = ${pipeline} and window_id = ${window} and raw_bytes > 0 group by shard order by shard
  `.execute(db)
  return rows.map(({ shard, bytes }) => ({ shard, bytes: Number(bytes) }))
}

/** Results of checks that did not pass, the newest window first. */
export async function listCheckPage(
  db: Database,
  filter: CheckListFilter & Part<CheckPlace>,
): Promise<Listed<CheckFailure, CheckPlace>> {
  const { after } = filter
  const isBefore = after
    ? sql<SqlBool>`
        (window_id, shard, stream, position) < (${after.window}, ${after.shard}, ${after.stream}, ${after.position})
      `
    : null
  const rows = await db
    .selectFrom('checks')
    .selectAll()
    .where(
      all(
        keysOf(filter),
        NOT_PASSED,
        is('name', filter.check),
        among('stream', filter.streams),
        among('state', filter.states),
        isBefore,
      ),
    )
    .orderBy('window_id', 'desc')
    .orderBy('shard', 'desc')
    .orderBy('stream', 'desc')
    .orderBy('position', 'desc')
    .limit(sizeOf(filter) + 1)
    .execute()
  return toPart(rows, {
    limit: filter.limit,
    from: (row) => ({ ...toStoredCheck(row), position: row.position }),
    placeOf: (row) => ({ ...placeOf(row), position: row.position }),
  })
}

/** Rows in the tables and rejected rows, by window, stream. */
export async function listStreamDays(db: Database, range: Omit<WindowRange, 'shards'>): Promise<readonly StreamDay[]> {
  const partitions = await db
    .selectFrom('partitions')
    .select(['window_id', 'stream', 'rows'])
    .where(keysOf(range))
    .orderBy('window_id')
    .orderBy('stream')
    .execute()
  const { rows } = await sql<Numbers<'rejects'> & Readonly<Record<'window_id' | 'stream', string>>>`
    select window_id, stream, sum(rejects_rows) as rejects from slices where ${keysOf(range)} and ${HAS_REJECTS}
    group by window_id, stream
  `.execute(db)
  const rejects = new Map(rows.map((row) => [`${row.window_id} ${row.stream}`, Number(row.rejects)]))
  return partitions.map(({ window_id, stream, rows: loaded }) => ({
    ...{ window: window_id, stream, rows: loaded, rejects: rejects.get(`${window_id} ${stream}`) ?? 0 },
  }))
}

function keysOf(range: WindowRange): RawBuilder<SqlBool> {
  return all(is('pipeline', range.pipeline), between('window_id', range), among('shard', range.shards))
}
