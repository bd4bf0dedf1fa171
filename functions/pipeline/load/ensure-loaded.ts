import type { ManifestEntry, Partition, Work } from '../entities.ts'
import type { PartitionKey } from '../manifest.ts'
import type { Ports, Table } from '../ports.ts'
import { help, type Tries } from './help.ts'
import { claim, markLoaded, readPartition } from './partition.ts'
import { isHeld } from './retry.ts'
import { isManifestOf, look, type Seen, want } from './want.ts'

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
  /** Makes parts again that are gone or damaged, from their raw files. Without it such a load fails. */
  readonly remake?: Remake
}

/**
 * Makes parts again. `same`: under the names they had. `moved`: the contract has changed since, so slices now name other parts.
 * @throws {DaybreakError} when a part cannot be made, e.g. OBJECT_MISSING for a raw file that is gone as well.
 */
export type Remake = (damaged: readonly ManifestEntry[]) => Promise<'same' | 'moved'>

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
    if (!task.force && isHeld(partition, ports.clock.now())) return { outcome: 'quarantined', partition }
    if (await mayStillWrite(partition, ports)) return { outcome: 'pending', partition }
    const pending = partition.state === 'pending' ? partition : await claim(wanted, task, ports)
    if (pending === null) continue
    known = (await task.waiting?.()) ?? []
    const left = await help(pending, { task, ports, tries })
    if (left !== null) return left
    outcome = 'loaded'
  }
}

/** A quarantined row may have a job in flight, when the failure was in asking for it. No other job is started beside it. */
async function mayStillWrite({ state, jobId }: Partition, { warehouse }: LoadPorts): Promise<boolean> {
  return state === 'quarantined' && jobId !== null && (await warehouse.isRunning(jobId))
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
  { ledger, warehouse }: Pick<Ports, 'ledger' | 'warehouse'>,
): Promise<boolean> {
  if (work.kind !== 'load') return false
  const partition = await ledger.partition(work.pipeline, work.stream, work.date)
  if (partition?.state !== 'pending' || partition.jobId === null) return false
  return await warehouse.isRunning(partition.jobId)
}
