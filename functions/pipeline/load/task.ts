import type { Table } from '../destination.ts'
import type { Manifest, ManifestEntry, Partition, PendingPartition, QuarantinedPartition, Slice } from '../entities.ts'
import type { PartitionKey } from '../manifest.ts'
import type { Ports } from '../ports.ts'
import type { FollowUps } from './follow-ups.ts'

/** The partition that a worker is to load, and how. */
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
  /** Messages to record with the load; those of `follow-ups.ts` unless told. */
  readonly followUps?: FollowUps
}

/**
 * Makes parts again. `same`: under the names they had. `moved`: the contract has changed since, so slices now name other parts.
 * @throws {DaybreakError} when a part cannot be made, e.g. OBJECT_MISSING for a raw file that is gone as well.
 */
type Remake = (damaged: readonly ManifestEntry[]) => Promise<'same' | 'moved'>

/** What became of a partition. `pending`: its job still runs, and whoever comes next sees it through. */
export type Loaded =
  | { readonly outcome: 'loaded' | 'unchanged'; readonly partition: Partition }
  | { readonly outcome: 'pending'; readonly partition: PendingPartition | QuarantinedPartition }
  | { readonly outcome: 'quarantined'; readonly partition: QuarantinedPartition }

/** The ports that a load touches. */
export type LoadPorts = Pick<Ports, 'ledger' | 'objects' | 'destination' | 'clock' | 'log'> & {
  readonly queue: Pick<Ports['queue'], 'publish'>
}

/** How often one piece of work replaced an epoch that somebody else had used, and made parts again. Both have an end. */
export interface Tries {
  stale: number
  remade: number
}

/** What a worker brings to a pending partition. */
export interface Helping {
  readonly task: LoadTask
  readonly ports: LoadPorts
  readonly tries: Tries
}

/** A pending row, and the manifest that its job loads. */
export interface Pending {
  readonly partition: PendingPartition
  readonly manifest: Manifest
}

/** One look at everything that decides what a partition should hold. */
export interface Seen {
  readonly partition: Partition
  /** Read after the row, never before: a manifest made of older slices than the wanted one's then finds its number taken. */
  readonly slices: readonly Slice[]
  /** The wanted manifest; null when none is, or when its object is gone or is no manifest. */
  readonly manifest: Manifest | null
}

/** A row, and the manifest that it wants. */
export interface Wanted {
  readonly partition: Partition
  readonly manifest: Manifest
}
