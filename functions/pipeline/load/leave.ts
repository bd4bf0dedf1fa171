import { listsSlices } from '../manifest.ts'
import type { LoadTask, Progress, Seen } from './task.ts'

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
