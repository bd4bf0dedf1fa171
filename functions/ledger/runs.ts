import { isDeepStrictEqual } from 'node:util'
import { DaybreakError } from '../errors.ts'
import { type Run, type RunState, TERMINAL_RUN_STATES } from '../pipeline/entities.ts'
import type { Page } from '../pipeline/ports.ts'
import { WAITED_KINDS } from '../pipeline/work/kinds.ts'
import { fromReason, toReason } from './columns.ts'
import { conflict } from './compare-and-set.ts'
import { neededJson } from './damaged.ts'
import { all, among, is, page } from './filter.ts'
import type { Database, RunRow } from './schema.ts'
import type { Writer } from './writer.ts'

/** Which runs to list; absent members match all. */
interface RunFilter extends Page {
  readonly pipeline?: string
  readonly states?: readonly RunState[]
  readonly backfillId?: string
}

/**
 * Writes a run whose version is still the stored one. A terminal state is written once: writing the same again does nothing,
 * anything else is refused. A run that no person stopped does not end while a message of it is pending: a worker that read that there was
 * none may have done so before a slower worker wrote what it found.
 * @throws {DaybreakError} LEDGER_CONFLICT.
 */
export async function putRun(writer: Writer, run: Run): Promise<void> {
  const { id, version } = run
  const row = toRow(run)
  const read = () => writer.db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst()
  const before = await read()
  if (before && hasEnded(before)) return refuseUnlessSame(before, row)
  const expected = { key: { id }, version }
  const written = await (version === 0 ? writer.insert('runs', row) : writer.update('runs', row, expected))
  if (written === 1n) return await refuseWhilePending(writer, row)
  // Where transactions do not wait for each other at their beginning, it may have ended since it was read.
  const now = await read()
  if (now && hasEnded(now)) return refuseUnlessSame(now, row)
  throw conflict({ table: 'runs', key: id, version }, now?.version ?? 0)
}

async function refuseWhilePending({ db }: Writer, { id, state }: RunRow): Promise<void> {
  if (!ENDED_BY_ITSELF.includes(state)) return
  const pending = await db
    .selectFrom('messages')
    .select('id')
    .where('run_id', '=', id)
    .where('state', '=', 'pending')
    .where('kind', 'in', WAITED_KINDS)
    .limit(1)
    .executeTakeFirst()
  if (!pending) return
  const message = `run ${id} cannot end as ${state} while its message ${pending.id} is pending; nothing was applied`
  throw new DaybreakError('LEDGER_CONFLICT', message, { details: { run: id, message: pending.id } })
}

const ENDED_BY_ITSELF: readonly RunState[] = TERMINAL_RUN_STATES.filter(
  (state) => state !== 'cancelled' && state !== 'timed_out',
)

function hasEnded({ state }: RunRow): boolean {
  return TERMINAL_RUN_STATES.includes(state)
}

function refuseUnlessSame(stored: RunRow, row: RunRow): void {
  if (isDeepStrictEqual(toRun(stored), toRun({ ...row, version: stored.version }))) return
  const key = `${stored.id}, which ended as ${stored.state}`
  throw conflict({ table: 'runs', key, version: row.version - 1 }, stored.version)
}

/** One run, or null. */
export async function readRun(db: Database, id: string): Promise<Run | null> {
  const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toRun(row) : null
}

/** Runs, the one that was added last first. */
export async function listRuns(db: Database, filter: RunFilter): Promise<readonly Run[]> {
  const query = db
    .selectFrom('runs')
    .selectAll()
    .where(all(is('pipeline', filter.pipeline), among('state', filter.states), is('backfill_id', filter.backfillId)))
    .orderBy('sequence', 'desc')
  return (await page(query, filter).execute()).map(toRun)
}

function toRow(run: Run): RunRow {
  return {
    id: run.id,
    pipeline: run.pipeline,
    trigger: run.trigger,
    state: run.state,
    scope: JSON.stringify(run.scope),
    ...toReason(run.reason),
    ...run.counts,
    bytes: 0,
    backfill_id: run.backfillId,
    created_at: run.createdAt,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    lease_until: run.leaseUntil,
    owner: run.owner,
    version: run.version + 1,
  }
}

/** The run of a row. */
export function toRun(row: RunRow): Run {
  return {
    id: row.id,
    pipeline: row.pipeline,
    trigger: row.trigger,
    state: row.state,
    scope: neededJson({ table: 'runs', key: ['id'], row }, 'scope'),
    reason: fromReason(row),
    counts: { slices: row.slices, rows: row.rows, rejected: row.rejected, unchanged: row.unchanged },
    backfillId: row.backfill_id,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    leaseUntil: row.lease_until,
    owner: row.owner,
    version: row.version,
  }
}
