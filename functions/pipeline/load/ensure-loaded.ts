import type { QuarantinedPartition, Work } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { help } from './help.ts'
import { claim, markLoaded, readPartition } from './partition.ts'
import { staysQuarantined } from './retry.ts'
import type { Loaded, LoadPorts, LoadTask, Seen, Tries } from './task.ts'
import { isManifestOf, look, want } from './want.ts'

/**
 * Makes one partition equal to the newest state of the ledger, exactly once in effect: with any number of workers, at any
 * interleaving, whatever dies where. The partition's row moves by compare-and-set alone, and nobody leaves before the row
 * and the slices, read in this order, agree: a worker whose slices were old by the time it wanted their manifest sees it
 * here, and so does whoever gets its message after its death. tests/unit/pipeline/load-protocol.ts explores all of it.
 */
export async function ensureLoaded(task: LoadTask, ports: LoadPorts): Promise<Loaded> {
  const tries: Tries = { stale: 0, remade: 0 }
  let outcome: 'loaded' | 'unchanged' = 'unchanged'
  let known: readonly string[] = []
  let verified = 0
  for (;;) {
    const seen = await look(await readPartition(task, ports), task, ports)
    const isMine = outcome === 'loaded' && seen.partition.loaded === verified
    if (isMine && (await mayLeave(seen, known, task))) return { outcome, partition: seen.partition }
    const wanted = await want(seen, task, ports)
    if (wanted === null) continue
    const { partition } = wanted
    verified = partition.wanted
    if (partition.state === 'idle' && partition.loaded === partition.wanted) {
      if (await markLoaded(partition, seen, ports)) return { outcome, partition }
      continue
    }
    if (partition.state === 'quarantined') {
      if (!task.force && staysQuarantined(partition, ports.clock.now())) return { outcome: 'quarantined', partition }
      if (await mayStillWrite(partition, ports)) return { outcome: 'pending', partition }
    }
    const pending = partition.state === 'pending' ? partition : await claim(wanted, task, ports)
    if (pending === null) continue
    known = (await task.waiting?.()) ?? []
    const left = await help(pending, { task, ports, tries })
    if (left !== null) return left
    outcome = 'loaded'
  }
}

/** A quarantined row may have a job in flight, when the failure was in asking for it. No other job is started beside it. */
async function mayStillWrite({ pipeline, jobId }: QuarantinedPartition, { destination }: LoadPorts): Promise<boolean> {
  return await destination(pipeline).isRunning(jobId)
}

/**
 * For a table that equals a manifest of slices which were read after the work began: true when it is no longer what the slices
 * say, and a message was recorded since its epoch was published. Whoever handles that one finds the row as it has been since, so
 * it sees to what is stale here: which a message from before may not, because its worker may have looked already and only not
 * said so yet.
 */
async function mayLeave(
  { partition, slices, manifest }: Seen,
  known: readonly string[],
  task: LoadTask,
): Promise<boolean> {
  if (task.waiting === undefined || manifest === null) return false
  if (partition.state !== 'idle' || partition.loaded !== partition.wanted) return false
  if (isManifestOf(manifest, slices, task)) return false
  return (await task.waiting()).some((id) => !known.includes(id))
}

/** True while a job of the partition that a `load` is about still runs. */
export async function isLoading(
  work: Work,
  { ledger, destination }: Pick<Ports, 'ledger' | 'destination'>,
): Promise<boolean> {
  if (work.kind !== 'load') return false
  const partition = await ledger.partition(work.pipeline, work.stream, work.window)
  if (partition?.state !== 'pending') return false
  return await destination(work.pipeline).isRunning(partition.jobId)
}
