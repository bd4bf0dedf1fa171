import type { DaybreakError } from '../../errors.ts'
import { applied } from '../apply.ts'
import type { LoadStatus, PartitionContent } from '../destination.ts'
import type {
  IdlePartition,
  IncidentCause,
  Instant,
  PartitionBase,
  PendingPartition,
  QuarantinedPartition,
  Reason,
} from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change } from '../ports.ts'
import { followUps } from './follow-ups.ts'
import { baseOf, compareAndSet, loadedSlices, reclaim, toIdle, withJob } from './partition.ts'
import type { Helping, Loaded, LoadTask, Pending } from './task.ts'
import { readManifest, readSlices } from './want.ts'

// A failure of the warehouse's own needs a new job id. After the third the sweep goes on, with longer pauses.
const ATTEMPTS = 3
// Before the next attempt, four times as long before the last: what is wrong with the warehouse takes a while to pass.
const PAUSE = 1_000
const MOST_STALE = 3

/** The partition equals its manifest, and its slices say so, in one transaction; unless something moved meanwhile. */
export async function settleLoaded(
  { partition, manifest }: Pending,
  { rows, totals }: PartitionContent,
  { task, ports, started }: Helping & { readonly started: Instant },
): Promise<void> {
  const now = ports.clock.now()
  const loaded: IdlePartition = { ...toIdle(partition), loaded: partition.loading, rows, totals, updatedAt: now }
  const slices = loadedSlices(await readSlices(task, ports), manifest, now)
  const resolved = { change: 'incident_resolved', key: causeOf(partition).key, at: now } as const
  const next = (task.followUps ?? followUps)(loaded)
  const recorded = next.map((message) => ({ change: 'message', message }) as const)
  const used = useOf({ manifest, rows }, task, now - started)
  const changes = [{ change: 'partition', partition: loaded }, ...slices, resolved, ...recorded, ...used] as const
  if (!(await applied(changes, ports.ledger))) return
  if (next.length > 0) await ports.queue.publish(next)
  tell({ partition, manifest }, started, { task, ports })
}

/** Time, rows and bytes of a load, for the run that asked for it. */
function useOf(
  { manifest: { entries }, rows }: Pick<Pending, 'manifest'> & Pick<PartitionContent, 'rows'>,
  { runId }: LoadTask,
  milliseconds: number,
): readonly Change[] {
  const bytes = entries.reduce((sum, { part }) => sum + part.bytes, 0)
  const amounts = { bytes_loaded: bytes, rows }
  return [
    { change: 'run_step', step: { runId, step: 'load', milliseconds: Math.max(0, milliseconds), count: 1 } },
    ...Object.entries(amounts).map(
      ([kind, amount]): Change => ({ change: 'usage', usage: { runId, kind, amount, costMicros: null } }),
    ),
  ]
}

/** What follows from a failed job: another attempt under another id, or the end of the epoch. */
export async function nextAttempt(
  { permanent, code, message: cause }: Extract<LoadStatus, { state: 'failed' }>,
  { partition, manifest }: Pending,
  helping: Helping,
): Promise<Loaded | null> {
  const { task, ports } = helping
  if (!permanent && partition.attempt < ATTEMPTS) {
    await compareAndSet(withJob({ ...partition, attempt: partition.attempt + 1 }, manifest, task), ports)
    await ports.clock.sleep(PAUSE * 4 ** (partition.attempt - 1))
    return null
  }
  const message = `job ${partition.jobId} could not load ${task.stream} of ${task.window}: ${cause}`
  return await quarantine(
    partition,
    { code: code ?? (permanent ? 'LOAD_REJECTED' : 'WAREHOUSE_FAILED'), message },
    helping,
  )
}

/**
 * Moves the row after a failure that another delivery of the message would only meet again. An id that is used for something
 * else is left to whom it belongs, and the next epoch has another. Anything else is an incident, and tried again by the sweep.
 */
export async function abandon(
  partition: PendingPartition,
  { code, message }: DaybreakError,
  helping: Helping,
): Promise<Loaded | null> {
  const { task, ports, tries } = helping
  if (code === 'JOB_CONFLICT' && tries.stale < MOST_STALE) {
    if (await ports.destination(partition.pipeline).isRunning(partition.jobId)) return { outcome: 'pending', partition }
    tries.stale++
    await reclaim({ partition, manifest: await readManifest(task, partition.loading, ports) }, task, ports)
    return null
  }
  const text = `job ${partition.jobId} could not load ${task.stream} of ${task.window}: ${message}`
  return await quarantine(partition, { code, message: text }, helping)
}

/** Ends the epoch without a success. The number stays in `loading`: this manifest is not tried again at once. */
export async function quarantine(
  partition: PendingPartition,
  reason: Reason,
  { task, ports }: Helping,
): Promise<Loaded | null> {
  const at = ports.clock.now()
  const { loading, jobId } = partition
  const quarantined: QuarantinedPartition = {
    ...baseOf(partition),
    ...{ state: 'quarantined', loading, jobId, reason, updatedAt: at },
  }
  const cause = causeOf(partition)
  const opened = { change: 'incident_opened', ...cause, severity: 'error', reason, runId: task.runId, at } as const
  if (!(await applied([{ change: 'partition', partition: quarantined }, opened], ports.ledger))) return null
  const { pipeline, stream, window, runId } = task
  ports.log({ severity: 'WARNING', ...reason, step: 'load', pipeline, stream, window: window, runId })
  return { outcome: 'quarantined', partition: { ...quarantined, version: partition.version + 1 } }
}

function causeOf({ pipeline, stream, window }: PartitionBase): IncidentCause {
  return incidentCause.load(pipeline, stream, window)
}

function tell(
  { partition, manifest }: Pending,
  started: Instant,
  { task, ports: { log, clock } }: Pick<Helping, 'ports'> & { readonly task: LoadTask },
): void {
  const { number, rows, entries } = manifest
  const { pipeline, stream, window, runId } = task
  log({
    severity: 'INFO',
    message: `Loaded ${stream} of ${window}: ${rows} rows from ${entries.length} parts`,
    step: 'load',
    pipeline,
    stream,
    window: window,
    runId,
    milliseconds: clock.now() - started,
    counts: { rows, parts: entries.length, manifest: number, epoch: partition.epoch, attempt: partition.attempt },
  })
}
