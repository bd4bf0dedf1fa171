import { type ErrorCode, toDaybreakError } from '../../errors.ts'
import { jobId } from '../../lib/job-id.ts'
import { applied } from '../apply.ts'
import type { PartitionContent } from '../destination.ts'
import type {
  IdlePartition,
  Instant,
  Manifest,
  Message,
  Partition,
  PartitionBase,
  PendingPartition,
  QuarantinedPartition,
  Reason,
  Slice,
} from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import { contentHash } from '../manifest.ts'
import type { Change } from '../ports.ts'
import type { FailureFollowUps, LoadPorts, LoadTask, Pending, Seen, Wanted } from './task.ts'

/** Records that the row wants a manifest. Null when another worker was faster. */
export async function wantNumber(partition: Partition, number: number, ports: LoadPorts): Promise<Partition | null> {
  return await compareAndSet({ ...partition, wanted: number }, ports)
}

/**
 * Publishes the next epoch: from now on its job may commit. Only a row without a job in flight is claimed, so at most one
 * job of a partition can. The epoch is larger than any that the warehouse has seen: a ledger that was put back to an earlier
 * state has forgotten some. Null when another worker was faster.
 */
export async function claim(
  { partition, manifest }: Wanted,
  task: LoadTask,
  ports: LoadPorts,
): Promise<PendingPartition | null> {
  const again = partition.state === 'quarantined' && partition.loading === partition.wanted && !task.force
  const claimed = {
    ...baseOf(partition),
    epoch: Math.max(partition.epoch, await epochInWarehouse(task, ports)) + 1,
    attempt: again ? partition.attempt + 1 : 1,
    loading: partition.wanted,
  }
  return await compareAndSet(withJob(claimed, manifest, task), ports)
}

/** Replaces an epoch whose job has ended, and did not make the table what its manifest lists, by the next one. */
export async function reclaim(
  { partition, manifest }: Pending,
  task: LoadTask,
  ports: LoadPorts,
): Promise<PendingPartition | null> {
  const epoch = Math.max(partition.epoch, await epochInWarehouse(task, ports)) + 1
  return await compareAndSet(withJob({ ...partition, epoch, attempt: 1 }, manifest, task), ports)
}

/** Starts the next attempt of an epoch, under another job id. */
export async function reattempt(
  { partition, manifest }: Pending,
  task: LoadTask,
  ports: LoadPorts,
): Promise<PendingPartition | null> {
  return await compareAndSet(withJob({ ...partition, attempt: partition.attempt + 1 }, manifest, task), ports)
}

/** Gives an epoch up whose manifest cannot be loaded any more: the next look wants another one. */
export async function release(partition: PendingPartition, ports: LoadPorts): Promise<void> {
  await compareAndSet(toIdle(partition), ports)
}

/**
 * Says `loaded` of staged slices whose delivery the table holds already, as after a correction that was taken back. False
 * when something moved meanwhile. The row is set as well: what is said of the slices is true of this row alone.
 */
export async function markLoaded(partition: Partition, { slices, manifest }: Seen, ports: LoadPorts): Promise<boolean> {
  const now = ports.clock.now()
  const marks = manifest === null ? [] : loadedSlices(slices, manifest, now)
  if (marks.length === 0) return true
  return (await compareAndSet(partition, ports, marks)) !== null
}

/** The content of a table that equals its manifest, and what follows from it. */
interface Equal {
  readonly content: PartitionContent
  /** Read after the job ended. */
  readonly slices: readonly Slice[]
  /** Messages to record with the row. */
  readonly next: (loaded: IdlePartition, pending: PendingPartition) => readonly Message[]
  /** Changes that say what the load used. */
  readonly used: readonly Change[]
}

/**
 * A partition becomes loaded here: its row equals the manifest, its slices say so, and the messages that follow are on record,
 * in one transaction. Gives those messages; null when the row or a slice moved meanwhile.
 */
export async function becomeLoaded(
  { partition, manifest }: Pending,
  { content: { rows, totals }, slices, next, used }: Equal,
  ports: LoadPorts,
): Promise<readonly Message[] | null> {
  const now = ports.clock.now()
  const loaded: IdlePartition = { ...toIdle(partition), loaded: partition.loading, rows, totals, updatedAt: now }
  const resolved = { change: 'incident_resolved', key: causeOf(partition).key, at: now } as const
  const messages = next(loaded, partition)
  const recorded = messages.map((message) => ({ change: 'message', message }) as const)
  const { pipeline, stream, window } = partition
  const load = { pipeline, stream, window, number: partition.loading, at: now }
  const history = { change: 'partition_loaded', load } as const
  const more = [...loadedSlices(slices, manifest, now), history, resolved, ...recorded, ...used]
  return (await compareAndSet(loaded, ports, more)) ? messages : null
}

/** Why a load failed for good, and what follows from it. */
interface Failed {
  readonly reason: Reason
  readonly runId: string
  readonly next: FailureFollowUps | undefined
}

/**
 * Ends the epoch without a success, and opens the incident. The number stays in `loading`: this manifest is not tried again at
 * once. Null when the row moved meanwhile.
 */
export async function quarantine(
  partition: PendingPartition,
  { reason, runId, next }: Failed,
  ports: LoadPorts,
): Promise<QuarantinedPartition | null> {
  const at = ports.clock.now()
  const { loading, jobId: job } = partition
  const quarantined: QuarantinedPartition = {
    ...baseOf(partition),
    ...{ state: 'quarantined', loading, jobId: job, reason, updatedAt: at },
  }
  const opened = { change: 'incident_opened', ...causeOf(partition), severity: 'error', reason, runId, at } as const
  const messages = next?.(quarantined, partition) ?? []
  const recorded = messages.map((message) => ({ change: 'message', message }) as const)
  const row = await compareAndSet(quarantined, ports, [opened, ...recorded])
  if (row !== null && messages.length > 0) await ports.queue.publish(messages)
  return row
}

/** The row without its epoch's job: the next look may claim it. */
export function toIdle(partition: Exclude<Partition, IdlePartition>): IdlePartition {
  return { ...baseOf(partition), state: 'idle', jobId: partition.jobId }
}

/** The members that every state has. */
export function baseOf(partition: PartitionBase): PartitionBase {
  const { pipeline, stream, window, wanted, loaded, epoch, attempt, rows, totals, updatedAt, version } = partition
  return { pipeline, stream, window, wanted, loaded, epoch, attempt, rows, totals, updatedAt, version }
}

/** The pending row with the id of the job that its epoch, attempt and content call for. */
function withJob(
  partition: PartitionBase & Pick<PendingPartition, 'loading'>,
  manifest: Manifest,
  { environment, ...task }: LoadTask,
): PendingPartition {
  const { pipeline, stream, window } = task
  const { epoch, attempt } = partition
  const content = contentHash(manifest)
  return {
    ...partition,
    state: 'pending',
    jobId: jobId({ environment, pipeline, stream, window, epoch, attempt, content }),
  }
}

/** Largest epoch that the warehouse knows. One that cannot say is no reason not to load: ids also differ in their content. */
async function epochInWarehouse({ table, pipeline, stream, window }: LoadTask, ports: LoadPorts): Promise<number> {
  try {
    const [known] = await ports.destination(pipeline).survey([table], [window])
    return known?.epoch ?? 0
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    ports.log({
      severity: 'WARNING',
      code,
      message: `The epochs of the warehouse are not known: ${message}`,
      pipeline,
      stream,
      window: window,
    })
    return 0
  }
}

/** Changes the row, and more in the same transaction, if it is still as it was read: the row as it is then, or null. */
async function compareAndSet<Row extends Partition>(
  partition: Row,
  ports: LoadPorts,
  more: readonly Change[] = [],
): Promise<Row | null> {
  const changed = { ...partition, updatedAt: ports.clock.now() }
  const isApplied = await applied([{ change: 'partition', partition: changed }, ...more], ports.ledger)
  return isApplied ? { ...changed, version: changed.version + 1 } : null
}

/** The changes that say `loaded` of staged slices whose delivery is in a manifest. That of rejects lists none. */
function loadedSlices(slices: readonly Slice[], { entries }: Manifest, now: Instant): readonly Change[] {
  // A part's name says all that is in it: pipeline, stream, date, location and bytes.
  const listed = new Set(entries.map(({ part }) => part.object))
  return slices.flatMap((slice): readonly Change[] => {
    if (slice.state !== 'staged' || !listed.has(slice.delivery.part.object)) return []
    const firstLoadedAt = slice.firstLoadedAt ?? now
    return [{ change: 'slice', slice: { ...slice, state: 'loaded', firstLoadedAt, updatedAt: now } }]
  })
}

function causeOf({ pipeline, stream, window }: PartitionBase): ReturnType<typeof incidentCause.load> {
  return incidentCause.load(pipeline, stream, window)
}

// Another attempt meets the same data and the same table: only a newer manifest, --force or --reload helps.
const LASTING: readonly ErrorCode[] = ['LOAD_REJECTED', 'NOT_RECONCILED']

const FIRST_PAUSE = 60_000
const LONGEST_PAUSE = 6 * 3_600_000
// The attempts of the first minute, which are made one after the other.
const QUICK_ATTEMPTS = 3

/** True while a failed manifest is not to be tried again: for good, or until its pause is over. A newer one is. */
export function staysQuarantined(partition: QuarantinedPartition, now: Instant): boolean {
  return partition.loading === partition.wanted && !isDue(partition, now)
}

/** True for a quarantined partition that the sweep tries again now. Its incident stays open until an attempt succeeds. */
export function isDue(partition: QuarantinedPartition, now: Instant): boolean {
  const { reason, updatedAt } = partition
  if (LASTING.includes(reason.code)) return false
  // A time that is yet to come was written by a clock that was wrong.
  return now >= retryAt(partition) || updatedAt > now
}

/** When the next attempt of a failed manifest is due: after a minute, then four times as long each time, at most six hours. */
function retryAt({ updatedAt, attempt }: PartitionBase): Instant {
  return updatedAt + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 4 ** Math.max(0, attempt - QUICK_ATTEMPTS))
}
