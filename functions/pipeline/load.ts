import { help } from './load-help.ts'
import { claim, markLoaded, readPartition } from './load-partition.ts'
import { isManifestOf, look, type Seen, want } from './load-want.ts'
import type { PartitionKey } from './manifest.ts'
import type { Partition, Work } from './model.ts'
import type { Ports, Table } from './ports.ts'

export interface LoadTask extends PartitionKey {
  readonly table: Table
  readonly runId: string
  /** Starts every job id, so that two environments never share one. */
  readonly environment: string
  /** Try a quarantined partition again, although its manifest is the one that failed. */
  readonly force?: boolean
  /** Milliseconds to wait for a job before the work is put back. */
  readonly budget?: number
  /** Ends the waiting as well. */
  readonly signal?: AbortSignal
  /**
   * Ids of messages that ask for this partition and whose handling has not begun. To one that was recorded while a job was under
   * way, what has changed meanwhile may be left; else a partition whose locations keep coming is loaded over and over.
   */
  readonly waiting?: () => Promise<readonly string[]>
}

/** What became of a partition. `pending`: its job still runs, and whoever comes next sees it through. */
export interface Loaded {
  readonly outcome: 'loaded' | 'unchanged' | 'pending' | 'quarantined'
  readonly partition: Partition
}

/** The ports that a load touches. */
export type LoadPorts = Pick<Ports, 'ledger' | 'objects' | 'warehouse' | 'clock' | 'log'>

/**
 * Makes one partition equal to the newest state of the ledger, exactly once in effect: with any number of workers, at any
 * interleaving, whatever dies where. The partition's row moves by compare-and-set alone, and nobody leaves before the row
 * and the slices, read in this order, agree: a worker whose slices were old by the time it wanted their manifest sees it
 * here, and so does whoever gets its message after its death. tests/unit/pipeline/load-protocol.ts explores all of it.
 */
export async function ensureLoaded(task: LoadTask, ports: LoadPorts): Promise<Loaded> {
  let outcome: 'loaded' | 'unchanged' = 'unchanged'
  let known: readonly string[] = []
  let verified = 0
  for (;;) {
    const seen = await look(await readPartition(task, ports), task, ports)
    const isMine = outcome === 'loaded' && seen.partition.loaded === verified
    if (isMine && (await mayLeave(seen, known, task))) return { outcome, partition: seen.partition }
    const partition = await want(seen, task, ports)
    if (partition === null) continue
    verified = partition.wanted
    if (partition.state === 'idle' && partition.loaded === partition.wanted) {
      if (await markLoaded(partition, seen, ports)) return { outcome, partition }
      continue
    }
    if (isHeld(partition) && !task.force) return { outcome: 'quarantined', partition }
    const pending = partition.state === 'pending' ? partition : await claim(partition, task, ports)
    if (pending === null) continue
    known = (await task.waiting?.()) ?? []
    const left = await help(pending, task, ports)
    if (left !== null) return left
    outcome = 'loaded'
  }
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

/** A manifest that failed is not tried again by itself; a newer one is. */
function isHeld({ state, loading, wanted }: Partition): boolean {
  return state === 'quarantined' && loading === wanted
}

/** True while a job of the partition that a `load` is about still runs. */
export async function isLoading(
  work: Work,
  { ledger, warehouse }: Pick<Ports, 'ledger' | 'warehouse'>,
): Promise<boolean> {
  if (work.kind !== 'load') return false
  const partition = await ledger.partition(work.pipeline, work.stream, work.date)
  if (partition?.state !== 'pending' || partition.jobId === null) return false
  return (await warehouse.loadStatus(partition.jobId))?.state === 'running'
}
