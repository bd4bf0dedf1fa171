import { DaybreakError } from '../../errors.ts'
import { tableFor } from '../definition.ts'
import type { BusinessDate, CheckResult, Run, RunSlice, ShardTotals, Slice, SliceKey } from '../entities.ts'
import type { Ledger } from '../ports.ts'
import { isTables } from '../tables/tools.ts'
import type { Worker } from '../work/worker.ts'
import { reconciliationSheet, type SheetRow } from './sheet.ts'

/** A run as one row. Instants are ISO text, and the time it took is in seconds. */
export interface RunRow {
  readonly id: string
  readonly pipeline: string
  readonly trigger: Run['trigger']
  readonly state: Run['state']
  readonly slices: number
  readonly rows: number
  readonly rejected: number
  readonly seconds: number | null
  readonly started: string | null
  readonly code: string | null
  readonly reason: string | null
}

/** Pure: a run as one row, for lists. */
export function runRow(run: Run): RunRow {
  const { id, pipeline, trigger, state, reason, counts, createdAt, startedAt, finishedAt } = run
  return {
    id,
    pipeline,
    trigger,
    state,
    slices: counts.slices,
    rows: counts.rows,
    rejected: counts.rejected,
    seconds: finishedAt === null ? null : Math.round((finishedAt - (startedAt ?? createdAt)) / 100) / 10,
    started: startedAt === null ? null : new Date(startedAt).toISOString(),
    code: reason?.code ?? null,
    reason: reason?.message ?? null,
  }
}

/** Outcome of one slice in a run, as one row. */
export interface RunSliceRow {
  readonly shard: string
  readonly window: BusinessDate
  readonly stream: string
  readonly outcome: RunSlice['outcome']
  readonly accepted: number | null
  readonly rejected: number | null
  readonly milliseconds: number
  readonly code: string | null
  readonly reason: string | null
}

/** Pure: the outcome of one slice as one row. */
export function runSliceRow({ shard, window, stream, outcome, counts, reason, milliseconds }: RunSlice): RunSliceRow {
  return {
    shard,
    window,
    stream,
    outcome,
    accepted: counts?.accepted ?? null,
    rejected: counts?.rejected ?? null,
    milliseconds,
    code: reason?.code ?? null,
    reason: reason?.message ?? null,
  }
}

const FINE: readonly RunSlice['outcome'][] = ['staged', 'unchanged', 'resumed']

/** Pure: slices that a person has to look at. One that is not due yet is none, unless something else lies in its place. */
export function problemsOf(slices: readonly RunSlice[]): readonly RunSlice[] {
  return slices.filter(({ outcome, reason }) => !FINE.includes(outcome) || (outcome === 'unchanged' && reason !== null))
}

/** Finds a run by its id, or the newest one as `last`. @throws {DaybreakError} NOT_FOUND. */
export async function findRun(id: string, ledger: Pick<Ledger, 'run' | 'runs'>): Promise<Run> {
  const run = id === 'last' ? (await ledger.runs({ limit: 1 }))[0] : await ledger.run(id)
  if (!run && id === 'last')
    throw new DaybreakError('NOT_FOUND', 'no run was made yet', { details: { next: 'daybreak import FOLDER' } })
  if (!run)
    throw new DaybreakError('NOT_FOUND', `there is no run ${JSON.stringify(id)}`, {
      details: { next: 'daybreak runs list' },
    })
  return run
}

/** Shards, windows and streams of a run's slices, each once. */
function extentOf(slices: readonly RunSlice[]) {
  return {
    windows: [...new Set(slices.map(({ window }) => window))],
    shards: [...new Set(slices.map(({ shard }) => shard))],
    streams: [...new Set(slices.map(({ stream }) => stream))],
  }
}

/** The sheet of everything the run looked at, against what the tables hold now. */
export async function sheetOf(
  run: Run,
  runSlices: readonly RunSlice[],
  { definitions, ports: { ledger, destination } }: Pick<Worker, 'definitions'> & SheetPorts,
): Promise<readonly SheetRow[]> {
  const definition = definitions.get(run.pipeline)
  if (!definition || runSlices.length === 0) return []
  const slices = await ledger.slices({ pipeline: run.pipeline, ...extentOf(runSlices) })
  if (isTables(definition)) return tableSheet(slices)
  const tables = new Map<string, readonly ShardTotals[] | null>()
  for (const { stream, window } of slices) {
    const key = `${stream}/${window}`
    if (!tables.has(key))
      tables.set(key, await destination(run.pipeline).shardTotals(tableFor(definition, stream), window))
  }
  return reconciliationSheet(slices, tables)
}

/** Sheet of a pipeline of tables. Its raw rows have no header, and rows of its tables do not say their shard: they are not counted. */
function tableSheet(slices: readonly Slice[]): readonly SheetRow[] {
  const uncounted = new Map(slices.map(({ stream, window }) => [`${stream}/${window}`, null]))
  return reconciliationSheet(slices, uncounted, { headers: 0 })
}

interface SheetPorts {
  readonly ports: Pick<Worker['ports'], 'ledger' | 'destination'>
}

/** Result of one check over the days of a run. */
export type CheckRow = Pick<
  CheckResult & SliceKey,
  'shard' | 'window' | 'stream' | 'check' | 'rule' | 'state' | 'effect' | 'tested' | 'failed' | 'message'
>

/** Results of the checks over the days that a run looked at. */
export async function checksOf(
  run: Run,
  runSlices: readonly RunSlice[],
  ledger: Pick<Ledger, 'checks'>,
): Promise<readonly CheckRow[]> {
  const { windows, shards } = extentOf(runSlices)
  if (windows.length === 0) return []
  const checks = await ledger.checks({ pipeline: run.pipeline, windows, shards })
  return checks.map(({ shard, window, stream, check, rule, state, effect, tested, failed, message }) => ({
    shard,
    window,
    stream,
    check,
    rule,
    state,
    effect,
    tested,
    failed,
    message,
  }))
}

/** Slices that an earlier run staged and this one only publishes. They count in the run that staged them. */
export interface Resumed {
  readonly slices: number
  readonly rows: number
  /** Ids of the runs that staged them; none when the ledger no longer knows. */
  readonly runs: readonly string[]
}

/** Slices that a run publishes for earlier ones. */
export async function resumedOf(runSlices: readonly RunSlice[], ledger: Pick<Ledger, 'deliveries'>): Promise<Resumed> {
  const resumed = runSlices.filter(({ outcome }) => outcome === 'resumed')
  if (resumed.length === 0) return { slices: 0, rows: 0, runs: [] }
  const rows = resumed.reduce((sum, { counts }) => sum + (counts?.accepted ?? 0), 0)
  const keys = new Set(resumed.map(keyOf))
  const { shards, windows } = extentOf(resumed)
  const staged = await ledger.deliveries({ shards, windows, states: ['staged'] })
  const runs = new Set(staged.filter((one) => keys.has(keyOf(one))).flatMap(({ runId }) => runId ?? []))
  return { slices: resumed.length, rows, runs: [...runs] }
}

const keyOf = ({ pipeline, shard, window, stream }: SliceKey): string => `${pipeline}/${shard}/${window}/${stream}`
