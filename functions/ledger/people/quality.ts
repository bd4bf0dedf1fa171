import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { byTime, DATES_ONLY } from '../../lib/window-time.ts'
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
import { all, among, IS_DAY, IS_NO_DAY, is, rangeMatches } from '../filter.ts'
import type { Database } from '../schema.ts'
import { hasOthers, readTimes } from '../windows.ts'
import { toPart } from './parts.ts'
import { placeOf } from './slices.ts'
import { inWindowOrder } from './window-order.ts'

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
  const groups = await foldWindows(db, range, {
    async read(isAsked, by) {
      const { rows } = await sql<Numbers<'rows' | 'slices'> & Spanned & Readonly<Record<'key', string>>>`
        select ${key} as key, sum(rejects_rows) as rows, count(*) as slices, min(window_id) as first, max(window_id) as last
        from slices where ${isAsked} and ${HAS_REJECTS} group by ${sql.join([key, ...by])}
      `.execute(db)
      return rows.map((row) => ({ ...row, rows: Number(row.rows), slices: Number(row.slices) }))
    },
    keyOf: (group) => group.key,
    add: (a, b) => ({ ...a, rows: a.rows + b.rows, slices: a.slices + b.slices }),
  })
  return groups.toSorted((a, b) => b.rows - a.rows || byText(a.key, b.key))
}

/** Checks that slices of a range did not pass, the most slices first. */
export async function groupChecks(db: Database, range: WindowRange): Promise<readonly CheckGroup[]> {
  const names = sql`stream, name, rule, state, effect`
  type Found = Numbers<'slices' | 'failed' | 'tested'> & Omit<CheckGroup, 'slices' | 'failed' | 'tested'>
  const namesOf = ({ stream, check, rule, state, effect }: CheckGroup) => [stream, check, rule ?? '', state, effect]
  const groups = await foldWindows(db, range, {
    async read(isAsked, by) {
      const { rows } = await sql<Found>`
        select stream, name as "check", rule, state, effect, count(*) as slices, sum(failed) as failed, sum(tested) as tested,
          min(window_id) as first, max(window_id) as last
        from checks where ${isAsked} and ${NOT_PASSED} group by ${sql.join([names, ...by])}
      `.execute(db)
      return rows.map((row) => ({
        ...row,
        ...{ slices: Number(row.slices), failed: Number(row.failed), tested: Number(row.tested) },
      }))
    },
    keyOf: (group) => JSON.stringify(namesOf(group)),
    add: (a, b) => ({ ...a, slices: a.slices + b.slices, failed: a.failed + b.failed, tested: a.tested + b.tested }),
  })
  return groups.toSorted((a, b) => b.slices - a.slices || byTexts(namesOf(a), namesOf(b)))
}

interface Spanned {
  readonly first: string
  readonly last: string
}

interface Folding<Group> {
  /** Groups of the rows that are asked for; `by` divides each further. */
  read(isAsked: RawBuilder<SqlBool>, by: readonly RawBuilder<unknown>[]): Promise<readonly Group[]>
  keyOf(group: Group): string
  /** The first group with the counts of both. */
  add(a: Group, b: Group): Group
}

/**
 * Groups of a range with their first and last windows. The database compares dates as text; windows that are no dates are
 * grouped one by one, and compared by their instants here.
 */
async function foldWindows<Group extends Spanned>(
  db: Database,
  range: WindowRange,
  { read, keyOf, add }: Folding<Group>,
): Promise<readonly Group[]> {
  if (!(await hasOthers(db, range))) return await read(rangeMatches(range, false), [])
  const asked = rangeMatches(range, true)
  const [days, others, times] = await Promise.all([
    read(all(asked, IS_DAY), []),
    read(all(asked, IS_NO_DAY), [sql.ref('window_id')]),
    readTimes(db, range),
  ])
  const order = byTime(times)
  const byKey = Map.groupBy([...days, ...others], keyOf)
  return [...byKey.values()].flatMap(([group, ...more]) => {
    if (!group) return []
    const windows = [group, ...more].flatMap(({ first, last }) => [first, last]).toSorted(order)
    const whole = more.reduce(add, group)
    return [{ ...whole, first: windows[0] ?? group.first, last: windows.at(-1) ?? group.last }]
  })
}

/** Checks of a stream that slices did not pass, by window, check. */
export async function listCheckDays(
  db: Database,
  range: WindowRange & { readonly stream: string },
): Promise<readonly CheckDay[]> {
  const names = sql`window_id, name, rule`
  const withOthers = await hasOthers(db, range)
  const { rows } = await sql<Numbers<'slices' | 'failed'> & Pick<CheckDay, 'window' | 'check' | 'rule'>>`
    select window_id as "window", name as "check", rule, count(*) as slices, sum(failed) as failed
    from checks where ${rangeMatches(range, withOthers)} and ${is('stream', range.stream)} and ${NOT_PASSED} group by ${names} order by ${names}
  `.execute(db)
  const order = byTime(withOthers ? await readTimes(db, range) : DATES_ONLY)
  return rows
    .map((row) => ({ ...row, slices: Number(row.slices), failed: Number(row.failed) }))
    .toSorted((a, b) => order(a.window, b.window))
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
  const query = db
    .selectFrom('checks')
    .selectAll()
    .where(
      all(
        is('pipeline', filter.pipeline),
        among('shard', filter.shards),
        NOT_PASSED,
        is('name', filter.check),
        among('stream', filter.streams),
        among('state', filter.states),
      ),
    )
  const order = { table: 'checks', ties: ['shard', 'stream', 'position'], first: 'newest' } as const
  const rows = await inWindowOrder(query, { ...filter, ...order }, db)
  return toPart(rows, {
    limit: filter.limit,
    from: (row) => ({ ...toStoredCheck(row), position: row.position }),
    placeOf: (row) => ({ ...placeOf(row), position: row.position }),
  })
}

/** Rows in the tables and rejected rows, by window, stream. */
export async function listStreamDays(db: Database, range: Omit<WindowRange, 'shards'>): Promise<readonly StreamDay[]> {
  const withOthers = await hasOthers(db, range)
  const partitions = await db
    .selectFrom('partitions')
    .select(['window_id', 'stream', 'rows'])
    .where(rangeMatches(range, withOthers))
    .orderBy('window_id')
    .orderBy('stream')
    .execute()
  const { rows } = await sql<Numbers<'rejects'> & Readonly<Record<'window_id' | 'stream', string>>>`
    select window_id, stream, sum(rejects_rows) as rejects from slices where ${rangeMatches(range, withOthers)} and ${HAS_REJECTS}
    group by window_id, stream
  `.execute(db)
  const rejects = new Map(rows.map((row) => [`${row.window_id} ${row.stream}`, Number(row.rejects)]))
  const order = byTime(withOthers ? await readTimes(db, range) : DATES_ONLY)
  return partitions
    .map(({ window_id, stream, rows: loaded }) => ({
      ...{ window: window_id, stream, rows: loaded, rejects: rejects.get(`${window_id} ${stream}`) ?? 0 },
    }))
    .toSorted((a, b) => order(a.window, b.window))
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function byTexts(a: readonly string[], b: readonly string[]): number {
  return a.map((text, at) => byText(text, b[at] ?? '')).find((order) => order !== 0) ?? 0
}
