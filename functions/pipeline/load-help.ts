import { reconcile } from '../checks/reconcile.ts'
import { DaybreakError } from '../errors.ts'
import type { Loaded, LoadPorts, LoadTask } from './load.ts'
import { compareAndSet, jobIdOf, loadedSlices } from './load-partition.ts'
import { readManifest, readSlices } from './load-want.ts'
import type { Manifest, Partition, Reason } from './model.ts'
import type { LoadStatus } from './ports.ts'
import { applied } from './record.ts'

// A failure of the warehouse's own needs a new job id; a third one is no accident.
const ATTEMPTS = 3
// Before the next attempt, four times as long before the last: what is wrong with the warehouse takes a while to pass.
const PAUSE = 1_000
const DEFAULT_BUDGET = 120_000
const POLL = 500

/**
 * Brings a pending job to its end, whoever began it. Null when the partition is to be looked at again, which is also the
 * end of a success; else what there is to say.
 */
export async function help(partition: Partition, task: LoadTask, ports: LoadPorts): Promise<Loaded | null> {
  const started = ports.clock.now()
  const manifest = await readManifest(task, partition.loading, ports)
  const status = await runJob({ partition, manifest }, task, ports)
  if (status === null || status.state === 'running') return { outcome: 'pending', partition }
  if (status.state === 'failed') return await settleFailed(status, { partition, task }, ports)
  const wrong = reconcile(manifest, status, task.table.totals)
  if (wrong !== null) {
    // The table holds what no manifest lists, so it equals none.
    const damaged = { ...partition, loaded: 0, rows: status.rows, totals: status.totals }
    const message = `${task.stream} of ${task.date}, manifest ${manifest.number}: ${wrong}`
    return await quarantine(damaged, { code: 'NOT_RECONCILED', message }, { task, ports })
  }
  if (await settleLoaded({ partition, manifest, status }, task, ports)) {
    tell({ partition, manifest, started }, task, ports)
  }
  return null
}

interface Job {
  readonly partition: Partition
  readonly manifest: Manifest
}

/** Starts the job, unless somebody has, and waits for its end until the time is up. */
async function runJob({ partition, manifest }: Job, task: LoadTask, ports: LoadPorts): Promise<LoadStatus | null> {
  const { objects, warehouse, clock } = ports
  const id = jobIdOf(partition, task)
  const deadline = clock.now() + (task.budget ?? DEFAULT_BUDGET)
  const misfit = await warehouse.ensureTable(task.table).then(() => null, toMisfit)
  if (misfit !== null) return { state: 'failed', permanent: true, message: misfit.message }
  const entries = manifest.entries.map((entry) => ({
    ...entry,
    part: { ...entry.part, object: objects.uri(entry.part.object) },
  }))
  await warehouse.startLoad({ id, table: task.table, date: task.date, entries, runId: task.runId })
  for (;;) {
    const status = await warehouse.loadStatus(id)
    if (status?.state !== 'running' || clock.now() >= deadline || task.signal?.aborted) return status
    await clock.sleep(POLL, task.signal)
  }
}

/** A table that cannot become what the contract says fails the load for good; another failure may pass. */
function toMisfit(error: unknown): DaybreakError {
  if (error instanceof DaybreakError && error.code === 'LOAD_REJECTED') return error
  throw error
}

/** The partition equals its manifest, and its slices say so, in one transaction. False when something moved meanwhile. */
async function settleLoaded(
  { partition, manifest, status }: Job & { readonly status: Extract<LoadStatus, { state: 'done' }> },
  task: LoadTask,
  ports: LoadPorts,
): Promise<boolean> {
  const now = ports.clock.now()
  const loaded: Partition = {
    ...partition,
    state: 'idle',
    loaded: partition.loading,
    loading: 0,
    reason: null,
    rows: status.rows,
    totals: status.totals,
    updatedAt: now,
  }
  const slices = loadedSlices(await readSlices(task, ports), manifest, now)
  const resolved = { change: 'incident_resolved', key: incidentKeyOf(partition), at: now } as const
  return await applied([{ change: 'partition', partition: loaded }, ...slices, resolved], ports.ledger)
}

async function settleFailed(
  { permanent, code, message: cause }: Extract<LoadStatus, { state: 'failed' }>,
  { partition, task }: { readonly partition: Partition; readonly task: LoadTask },
  ports: LoadPorts,
): Promise<Loaded | null> {
  if (!permanent && partition.attempt < ATTEMPTS) {
    const next = { ...partition, attempt: partition.attempt + 1 }
    await compareAndSet({ ...next, jobId: jobIdOf(next, task) }, ports)
    await ports.clock.sleep(PAUSE * 4 ** (partition.attempt - 1))
    return null
  }
  const message = `job ${jobIdOf(partition, task)} could not load ${task.stream} of ${task.date}: ${cause}`
  const reason: Reason = { code: code ?? (permanent ? 'LOAD_REJECTED' : 'WAREHOUSE_FAILED'), message }
  return await quarantine(partition, reason, { task, ports })
}

/** Ends the epoch without a success. The number stays in `loading`: this manifest is not tried again by itself. */
async function quarantine(
  partition: Partition,
  reason: Reason,
  { task, ports }: { readonly task: LoadTask; readonly ports: LoadPorts },
): Promise<Loaded | null> {
  const at = ports.clock.now()
  const quarantined: Partition = { ...partition, state: 'quarantined', reason, updatedAt: at }
  const key = incidentKeyOf(partition)
  const opened = { change: 'incident_opened', key, severity: 'error', reason, runId: task.runId, at } as const
  if (!(await applied([{ change: 'partition', partition: quarantined }, opened], ports.ledger))) return null
  const { pipeline, stream, date, runId } = task
  ports.log({ severity: 'WARNING', ...reason, step: 'load', pipeline, stream, date, runId })
  return { outcome: 'quarantined', partition: { ...quarantined, version: partition.version + 1 } }
}

/** Key of the incident that a partition which cannot be loaded opens. */
export function incidentKeyOf({ pipeline, stream, date }: Pick<Partition, 'pipeline' | 'stream' | 'date'>): string {
  return `load/${pipeline}/${stream}/${date}`
}

function tell(
  { partition, manifest, started }: Job & { readonly started: number },
  { pipeline, stream, date, runId }: LoadTask,
  { log, clock }: LoadPorts,
): void {
  const { number, rows, entries } = manifest
  log({
    severity: 'INFO',
    message: `Loaded ${stream} of ${date}: ${rows} rows from ${entries.length} parts`,
    step: 'load',
    pipeline,
    stream,
    date,
    runId,
    milliseconds: clock.now() - started,
    counts: { rows, parts: entries.length, manifest: number, epoch: partition.epoch, attempt: partition.attempt },
  })
}
