import { DaybreakError } from '../../errors.ts'
import type { PendingPartition } from '../entities.ts'
import { buildManifest, listsSlices, manifestBytes, manifestName } from '../manifest.ts'
import { claim, markLoaded, staysQuarantined, wantNumber } from './row.ts'
import type { Loaded, LoadPorts, LoadTask, Progress, Seen, Wanted } from './task.ts'

/**
 * Finds the epoch to bring to its end: the one that is pending, or a new one. An answer when there is none to begin: the table
 * holds the wanted manifest, or a quarantined one has to wait. Null when another worker was faster.
 */
export async function beginEpoch(
  { partition, manifest }: Wanted,
  { seen, task, progress }: { readonly seen: Seen; readonly task: LoadTask; readonly progress: Readonly<Progress> },
  ports: LoadPorts,
): Promise<PendingPartition | Loaded | null> {
  if (partition.state === 'pending') return partition
  if (partition.state === 'idle' && partition.loaded === partition.wanted)
    return (await markLoaded(partition, seen, ports))
      ? { outcome: progress.hasLoaded ? 'loaded' : 'unchanged', partition }
      : null
  if (partition.state === 'quarantined') {
    if (!task.force && staysQuarantined(partition, ports.clock.now())) return { outcome: 'quarantined', partition }
    // It may have a job in flight, when the failure was in asking for it. No other job is started in addition to it.
    const isRunning = await ports.destination(partition.pipeline).isRunning(partition.jobId)
    if (isRunning) return { outcome: 'pending', partition }
  }
  return await claim({ partition, manifest }, task, ports)
}

/**
 * Publishes the state of the slices: the wanted manifest lists their parts. Null when another worker was faster, and the
 * partition is to be looked at again; else the row as it is now.
 */
export async function want(
  { partition, slices, manifest }: Seen,
  task: LoadTask,
  ports: LoadPorts,
): Promise<Wanted | null> {
  if (manifest !== null && listsSlices(manifest, slices)) return { partition, manifest }
  const next = buildManifest(task, slices, partition.wanted + 1)
  const name = manifestName(next, next.number)
  const isMine = await ports.objects.put(name, manifestBytes(next)).then(() => true, unlessTaken)
  // The worker that took the number may have died before it was wanted. Then it is wanted here, so that the next one is free.
  const moved = await wantNumber(partition, next.number, ports)
  return isMine && moved !== null ? { partition: moved, manifest: next } : null
}

/** Another worker put other content under the number. */
function unlessTaken(error: unknown): false {
  if (error instanceof DaybreakError && error.code === 'OBJECT_CONFLICT') return false
  throw error
}
