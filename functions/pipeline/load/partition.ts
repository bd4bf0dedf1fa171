import { toDaybreakError } from '../../errors.ts'
import { jobId } from '../../lib/job-id.ts'
import { applied } from '../apply.ts'
import type {
  IdlePartition,
  Instant,
  Manifest,
  Partition,
  PartitionBase,
  PendingPartition,
  Slice,
} from '../entities.ts'
import { contentHash, type PartitionKey } from '../manifest.ts'
import type { Change } from '../ports.ts'
import type { LoadPorts, LoadTask, Pending, Seen, Wanted } from './task.ts'

/** The row of a partition, or the one it begins with. */
export async function readPartition(
  { pipeline, stream, window }: PartitionKey,
  { ledger, clock }: LoadPorts,
): Promise<Partition> {
  return (await ledger.partition(pipeline, stream, window)) ?? newPartition({ pipeline, stream, window }, clock.now())
}

/**
 * A partition that was never loaded. Its epochs count from the seconds since 1970: a ledger that was lost knows no longer
 * which job ids the warehouse has seen, and an id that is used twice loads nothing the second time.
 */
export function newPartition(key: PartitionKey, now: Instant): IdlePartition {
  return {
    ...key,
    wanted: 0,
    loaded: 0,
    epoch: Math.floor(now / 1000),
    attempt: 0,
    state: 'idle',
    jobId: null,
    rows: 0,
    totals: {},
    updatedAt: now,
    version: 0,
  }
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

/** Gives an epoch up whose manifest cannot be loaded any more: the next look wants another one. */
export async function release(partition: PendingPartition, ports: LoadPorts): Promise<void> {
  await compareAndSet(toIdle(partition), ports)
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
export function withJob(
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

/** Changes the row, if it is still as it was read: the row as it is then, or null. */
export async function compareAndSet<Row extends Partition>(partition: Row, ports: LoadPorts): Promise<Row | null> {
  const changed = { ...partition, updatedAt: ports.clock.now() }
  const isApplied = await applied([{ change: 'partition', partition: changed }], ports.ledger)
  return isApplied ? { ...changed, version: changed.version + 1 } : null
}

/**
 * Says `loaded` of staged slices whose delivery the table holds already, as after a correction that was taken back. False
 * when something moved meanwhile. The row is set as well: what is said of the slices is true of this row alone.
 */
export async function markLoaded(partition: Partition, { slices, manifest }: Seen, ports: LoadPorts): Promise<boolean> {
  const now = ports.clock.now()
  const marks = manifest === null ? [] : loadedSlices(slices, manifest, now)
  if (marks.length === 0) return true
  return await applied([{ change: 'partition', partition: { ...partition, updatedAt: now } }, ...marks], ports.ledger)
}

/** The changes that say `loaded` of staged slices whose delivery is in a manifest. That of rejects lists none. */
export function loadedSlices(slices: readonly Slice[], { entries }: Manifest, now: Instant): readonly Change[] {
  // A part's name says all that is in it: pipeline, stream, date, location and bytes.
  const listed = new Set(entries.map(({ part }) => part.object))
  return slices
    .filter(({ state, delivery }) => state === 'staged' && delivery !== null && listed.has(delivery.part.object))
    .map((slice) => {
      const firstLoadedAt = slice.firstLoadedAt ?? now
      return { change: 'slice', slice: { ...slice, state: 'loaded', firstLoadedAt, updatedAt: now } }
    })
}
