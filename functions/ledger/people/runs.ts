import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { localDate } from '../../lib/business-date.ts'
import type { Backfill, BackfillState, Run, RunSlice, RunState, RunStep, Usage } from '../../pipeline/entities.ts'
import type { Listed, Part, RunListFilter, SlicePlace, TimePlace, UsageOfDay } from '../../pipeline/people/reads.ts'
import { toBackfill } from '../backfills.ts'
import { all, among, is } from '../filter.ts'
import { toRunSlice } from '../run-slices.ts'
import { toRun } from '../runs.ts'
import type { Database } from '../schema.ts'
import { newestFirst, sizeOf, toPart } from './parts.ts'
import { placeOf } from './slices.ts'
import { inWindowOrder } from './window-order.ts'

/** Runs, the newest first. Of several states or triggers each is read by itself: an index has the runs of one of them in order. */
export async function listRunPage(
  db: Database,
  filter: RunListFilter & Part<TimePlace>,
): Promise<Listed<Run, TimePlace>> {
  const { states, triggers, limit } = filter
  const each = [...new Set(states ?? [undefined])].flatMap((state) =>
    [...new Set(triggers ?? [undefined])].map((trigger) => ({ state, trigger })),
  )
  const parts = await Promise.all(each.map((one) => listRunsIn(db, filter, one)))
  const found = parts.flatMap(({ rows }) => rows).toSorted(newer)
  const rows = found.slice(0, sizeOf({ limit }))
  const last = rows.at(-1)
  const isWhole = found.length === rows.length && parts.every(({ next }) => next === null)
  return { rows, next: isWhole || last === undefined ? null : { at: last.createdAt, id: last.id } }
}

function listRunsIn(
  db: Database,
  filter: RunListFilter & Part<TimePlace>,
  { state, trigger }: { readonly state: RunState | undefined; readonly trigger: Run['trigger'] | undefined },
): Promise<Listed<Run, TimePlace>> {
  const query = db
    .selectFrom('runs')
    .selectAll()
    .where(
      all(
        is('pipeline', filter.pipeline),
        is('state', state),
        is('trigger', trigger),
        is('backfill_id', filter.backfillId),
      ),
    )
  return newestFirst(query, { ...filter, time: 'created_at', from: toRun, range: filter })
}

function newer(a: Run, b: Run): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)
}

/** Backfills, the newest first. */
export function listBackfillPage(
  db: Database,
  filter: Part<TimePlace> & { readonly pipeline?: string; readonly states?: readonly BackfillState[] },
): Promise<Listed<Backfill, TimePlace>> {
  const asked = all(is('pipeline', filter.pipeline), among('state', filter.states))
  const query = db.selectFrom('backfills').selectAll().where(asked)
  return newestFirst(query, { ...filter, time: 'created_at', from: toBackfill })
}

type RunSliceFilter = Part<SlicePlace> & {
  readonly runId: string
  readonly outcomes?: readonly RunSlice['outcome'][]
  readonly shards?: readonly string[]
}

/** Slices that a run found changed, in the order of window, shard, stream. */
export async function listRunSlicePage(db: Database, filter: RunSliceFilter): Promise<Listed<RunSlice, SlicePlace>> {
  const { runId, outcomes, shards, limit } = filter
  const run = await db.selectFrom('runs').select('pipeline').where('id', '=', runId).executeTakeFirst()
  if (!run) return { rows: [], next: null }
  // The key of the table begins with run and pipeline.
  const isOfRun = all(is('run_id', runId), is('pipeline', run.pipeline))
  const query = db
    .selectFrom('run_slices')
    .selectAll()
    .where(all(isOfRun, among('outcome', outcomes), among('shard', shards)))
  const order = { table: 'run_slices', ties: ['shard', 'stream'], first: 'oldest' } as const
  const rows = await inWindowOrder(query, { ...filter, ...order, pipeline: run.pipeline }, db)
  return toPart(rows, { limit, from: toRunSlice, placeOf })
}

/** Steps of a run by name. */
export async function listRunSteps(db: Database, runId: string): Promise<readonly RunStep[]> {
  const rows = await db.selectFrom('run_steps').selectAll().where('run_id', '=', runId).orderBy('step').execute()
  return rows.map(({ run_id, ...row }) => ({ runId: run_id, ...row }))
}

/** Usage of a run, by kind. */
export async function listRunUsage(db: Database, runId: string): Promise<readonly Usage[]> {
  const rows = await db.selectFrom('usage').selectAll().where('run_id', '=', runId).orderBy('kind').execute()
  return rows.map(({ run_id, kind, amount, cost_micros }) => ({ runId: run_id, kind, amount, costMicros: cost_micros }))
}

interface UsageRange {
  readonly from: number
  readonly to: number
  readonly pipeline?: string
}

const DAY = 86_400_000

/** Usage of the runs of a range, by day in UTC and kind. */
export async function listUsage(db: Database, { from, to, pipeline }: UsageRange): Promise<readonly UsageOfDay[]> {
  const day = sql`usage.at / ${sql.lit(DAY)}`
  const isOwn: RawBuilder<SqlBool> = all(is('pipeline', pipeline))
  const { rows } = await sql<Record<'day' | 'amount' | 'cost' | 'runs', number | string> & { readonly kind: string }>`
    select ${day} as day, usage.kind as kind, sum(usage.amount) as amount, sum(usage.cost_micros) as cost, count(*) as runs
    from usage where usage.at >= ${from} and usage.at < ${to} and ${isOwn} group by ${day}, usage.kind order by 1, 2
  `.execute(db)
  return rows.map(({ day: days, kind, amount, cost, runs }) => ({
    date: localDate(Number(days) * DAY, 'UTC'),
    ...{ kind, amount: Number(amount), costMicros: cost === null ? null : Number(cost), runs: Number(runs) },
  }))
}
