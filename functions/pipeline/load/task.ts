import type { DaybreakError, ErrorCode } from '../../errors.ts'
import type { PartitionContent, Table } from '../destination.ts'
import type {
  IdlePartition,
  Instant,
  Manifest,
  ManifestEntry,
  Message,
  Partition,
  PendingPartition,
  QuarantinedPartition,
  Reason,
  Slice,
} from '../entities.ts'
import type { PartitionKey } from '../manifest.ts'
import type { Ports } from '../ports.ts'

/**
 * Pure: messages that go on record in the transaction in which a partition becomes loaded, so that neither is there without the
 * other. The pending row is that of the job.
 */
type FollowUps = (loaded: IdlePartition, pending: PendingPartition) => readonly Message[]

/** The same for a load that failed for good. */
export type FailureFollowUps = (failed: QuarantinedPartition, pending: PendingPartition) => readonly Message[]

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
  /** Messages to record with the load, none unless told: the builds of the window, where a project has models (`buildAfter()` of work/build.ts). */
  readonly followUps?: FollowUps
  /** Messages to record with a failure for good. None unless told. */
  readonly failureFollowUps?: FailureFollowUps
}

/**
 * Makes parts again. `same`: under the names they had. `moved`: the contract has changed since, so slices now name other parts.
 * @throws {DaybreakError} when a part cannot be made, e.g. OBJECT_MISSING for a raw file that is gone as well.
 */
type Remake = (damaged: readonly ManifestEntry[]) => Promise<'same' | 'moved'>

/** Answer about a partition. `pending`: its job still runs, and the next delivery brings it to its end. */
export type Loaded =
  | { readonly outcome: 'loaded' | 'unchanged'; readonly partition: Partition }
  | { readonly outcome: 'pending'; readonly partition: PendingPartition | QuarantinedPartition }
  | { readonly outcome: 'quarantined'; readonly partition: QuarantinedPartition }

/** The ports that a load touches. */
export type LoadPorts = Pick<Ports, 'ledger' | 'objects' | 'destination' | 'clock' | 'log'> & {
  readonly queue: Pick<Ports['queue'], 'publish'>
}

/** How often one piece of work replaced an epoch whose job id was used, and made parts again. Both have an end. */
export interface Tries {
  stale: number
  remade: number
}

// A used job that did not make the table equal its manifest was replaced twice by then, each time under a new epoch.
/** Most replacements of an epoch by one piece of work. */
export const MOST_STALE = 3

/** Task, ports and counters of a worker that works on a pending partition. */
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

/** Job that ended, the table after it, and when the work on it began. */
interface Ended {
  /** False when an earlier worker had started it. */
  readonly created: boolean
  readonly content: PartitionContent
  readonly manifest: Manifest
  readonly started: Instant
}

/** How the job of a pending partition went on. */
export type JobResult =
  | (Ended & { readonly is: 'ended' })
  | {
      readonly is: 'failed'
      readonly permanent: boolean
      readonly code?: ErrorCode
      readonly message: string
      readonly manifest: Manifest
    }
  | { readonly is: 'running' }
  /** Its manifest is gone or names parts that have successors, and no job of it runs. */
  | { readonly is: 'obsolete' }
  /** Its id is used for something else. */
  | { readonly is: 'taken'; readonly manifest: Manifest }
  /** Another attempt would only meet the failure again. */
  | { readonly is: 'refused'; readonly failure: DaybreakError }

/** The same, once the table was compared with the manifest. */
export type Verified =
  | Exclude<JobResult, { readonly is: 'ended' }>
  | (Ended & { readonly is: 'loaded' })
  | (Ended & { readonly is: 'unequal'; readonly difference: string })

/** The next move of a pending row, after its job. */
export type Move =
  | {
      readonly move: 'load'
      readonly content: PartitionContent
      readonly manifest: Manifest
      readonly started: Instant
    }
  /** The same epoch under another job id. */
  | { readonly move: 'reattempt'; readonly manifest: Manifest }
  /** The next epoch for the same manifest. */
  | { readonly move: 'replace'; readonly manifest: Manifest }
  /** No epoch: the next look wants another manifest. */
  | { readonly move: 'release' }
  /** No success. `content` is set when the table holds what no manifest lists. */
  | { readonly move: 'quarantine'; readonly reason: Reason; readonly content?: PartitionContent }
  /** None yet: the job still runs. */
  | { readonly move: 'wait' }

/** Memory of one worker between two looks at a partition. */
export interface Progress {
  /** True once a job of this worker, or one that it waited for, was brought to its end. */
  hasLoaded: boolean
  /** The manifest that was last wanted. */
  verified: number
  /** Ids of the messages that waited when the last job was begun. */
  known: readonly string[]
}
