import { DaybreakError } from '../../errors.ts'
import { buildManifest, listsSlices, manifestBytes, manifestName } from '../manifest.ts'
import { wantNumber } from './row.ts'
import type { LoadPorts, LoadTask, Seen, Wanted } from './task.ts'

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
