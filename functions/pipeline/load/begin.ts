import type { PendingPartition } from '../entities.ts'
import { staysQuarantined } from './retry.ts'
import { claim, markLoaded } from './row.ts'
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
