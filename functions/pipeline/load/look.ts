import type { IdlePartition, Instant, Partition, Slice, Work } from '../entities.ts'
import { findManifest, isAdded, listsSlices, type PartitionKey } from '../manifest.ts'
import type { Ports } from '../ports.ts'
import type { LoadPorts, LoadTask, Progress, Seen } from './task.ts'

/** Reads everything that decides what a partition should hold: its row, then its slices, then the manifest that it wants. */
export async function lookAtPartition(key: PartitionKey, ports: LoadPorts): Promise<Seen> {
  const { pipeline, stream, window } = key
  const row = await ports.ledger.partition(pipeline, stream, window)
  const partition = row ?? newPartition({ pipeline, stream, window }, ports.clock.now())
  const slices = await readSlices(key, ports)
  const manifest = partition.wanted === 0 ? null : await findManifest(key, partition.wanted, ports)
  return { partition, slices, manifest }
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

/** The slices whose parts, rejects or profiles the partition holds. */
export async function readSlices(
  { pipeline, stream, window }: PartitionKey,
  { ledger }: Pick<LoadPorts, 'ledger'>,
): Promise<readonly Slice[]> {
  return await ledger.slices({ pipeline, windows: [window], ...(!isAdded(stream) && { streams: [stream] }) })
}

/** True while a job of the partition that a `load` is about still runs. */
export async function isLoading(
  work: Work,
  { ledger, destination }: Pick<Ports, 'ledger' | 'destination'>,
): Promise<boolean> {
  if (work.kind !== 'load') return false
  const partition: Partition | null = await ledger.partition(work.pipeline, work.stream, work.window)
  if (partition?.state !== 'pending') return false
  return await destination(work.pipeline).isRunning(partition.jobId)
}

/**
 * True when this worker may leave a table that it has just made equal to a manifest, though the slices say something newer:
 * a message was recorded since its epoch was published. The worker of that message finds the row as it has been since, so it
 * loads what is stale here. The worker of an earlier message may not, because it may have looked already.
 */
export async function mayLeave(
  { partition, slices, manifest }: Seen,
  { hasLoaded, verified, known }: Progress,
  task: LoadTask,
): Promise<boolean> {
  if (!hasLoaded || partition.loaded !== verified) return false
  if (task.waiting === undefined || manifest === null) return false
  if (partition.state !== 'idle' || partition.loaded !== partition.wanted) return false
  if (listsSlices(manifest, slices)) return false
  return (await task.waiting()).some((id) => !known.includes(id))
}
