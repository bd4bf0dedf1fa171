import type { ErrorCode } from '../errors.ts'
import type { Unit } from '../lib/window-unit.ts'
import type { EndedWork } from '../models/lineage/openlineage.ts'
import type { Word } from './words.ts'
import { waitsInLedger } from './work/kinds.ts'

/** A civil day of a location, `YYYY-MM-DD`. It is the folder's name, never computed from rows. */
export type BusinessDate = string
/** An instant: milliseconds since 1970-01-01T00:00Z. */
export type Instant = number

/** One share of the windows of a pipeline, e.g. a restaurant. */
export interface Shard {
  /** Export id of a restaurant: the name of its folder on the server. */
  readonly id: string
  readonly name: string
  /** IANA time zone, e.g. `America/New_York`. */
  readonly timeZone: string
  /** Hour of the local day at which the business date ends, 0-11. Null for a shard that is no restaurant. */
  readonly closeoutHour: number | null
}

/** One restaurant. */
export interface Location extends Shard {
  /** Toast's default is 4. */
  readonly closeoutHour: number
}

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json }

/** Names one slice. */
export interface SliceKey {
  readonly pipeline: string
  readonly stream: string
  readonly shard: string
  readonly window: BusinessDate
}

/** A window whose name is no date: what it reads, and the instant that stands for it. A date needs no record. */
export interface WindowRecord {
  readonly pipeline: string
  readonly stream: string
  /** Begins with a letter. */
  readonly window: string
  readonly mode: Word<'windows', 'mode'>
  /** Range of the cursor, the end not included; null where the mode has none. */
  readonly low: string | null
  readonly high: string | null
  /** Rows and sums at the source, if it was asked. */
  readonly sourceTotals: Totals | null
  readonly state: Word<'windows', 'state'>
  readonly at: Instant
}

/** State of a slice. */
export type SliceState = Word<'slices', 'state'>

/** Why something is as it is: a code of the error table and a sentence that quotes the facts. */
export interface Reason {
  readonly code: ErrorCode
  readonly message: string
}

/** A file as it was listed at the source. */
export interface SourceFile {
  /** Absolute path at the source, with `/`. */
  readonly path: string
  readonly name: string
  readonly bytes: number
  readonly modifiedAt: Instant
  /** Why the source would not describe the file: it cannot be read then, and size and time say nothing. Not stored. */
  readonly refusal?: string
}

/** A file that waits to be read, as our looks found it. All instants are of our own clock, except `modifiedAt`. */
export interface Sighting {
  readonly bytes: number
  readonly modifiedAt: Instant
  /** The first look that found exactly this size and time. */
  readonly since: Instant
  /** The first look that found anything new under this name. */
  readonly waitingSince: Instant
}

/** Raw bytes in object storage. */
export interface RawObject {
  readonly object: string
  readonly sha256: string
  readonly bytes: number
}

/** A Parquet file in object storage. */
export interface PartObject {
  readonly object: string
  readonly rows: number
  readonly bytes: number
  /** Hash of its bytes, compared before a load. Parts of a release that stored none lack it. */
  readonly sha256?: string
}

/** Exact sums of the numeric columns of a part: column to decimal text. */
export type Totals = Readonly<Record<string, string>>

/** Content of a table for one location on one business date, counted in the warehouse. */
export interface ShardTotals {
  readonly shard: string
  readonly rows: number
  readonly totals: Totals
}

/** Counts of one transform. `records = header + accepted + rejected` holds, or the slice is not staged. */
export interface Counts {
  /** Physical lines of the file. */
  readonly lines: number
  /** Records including the header; blank lines are not records. */
  readonly records: number
  readonly blankLines: number
  readonly accepted: number
  readonly rejected: number
}

/** The accepted rows of one raw object under one contract version: what a manifest lists. */
export interface Delivery {
  readonly raw: RawObject
  /** Hash of contract, time zone and privacy key: all other inputs that decide the content of the part. */
  readonly contract: string
  readonly engine: string
  readonly part: PartObject
  readonly rejects: PartObject
  /** Profiles of the columns of the part; absent where the pipeline makes none, and in a delivery of an earlier release. */
  readonly profiles?: PartObject
  readonly counts: Counts
  readonly totals: Totals
  readonly stagedAt: Instant
  /** Set when it is published although a check or the reject budget held it back. */
  readonly override?: Override
}

/** Why a version is published that was held back: forced, released by a person, or delivered a second time. */
export interface Override {
  readonly how: 'forced' | 'released' | 'confirmed'
  /** Reason that held it back. */
  readonly reason: Reason
}

/** One stream x location x business date: one delivery that we expect, and its state. */
export type Slice = UnarchivedSlice | ArchivedSlice

/** No file of the slice is in the archive. */
export type UnarchivedSlice = ExpectedSlice | UnreadSlice

/** The newest file of the slice is in the archive. */
type ArchivedSlice = LandedSlice | HeldBackSlice | StagedSlice

/** Members of a slice in any state. */
interface SliceBase extends SliceKey {
  /** The file as it was last listed; null as long as it never was. */
  readonly source: SourceFile | null
  /** Rejects of the newest transform; those of the delivery, unless a newer file was held back. */
  readonly rejects: PartObject | null
  readonly firstSeenAt: Instant | null
  /** When its file is late; null where no source is configured, and for a slice of a release that did not record it. */
  readonly dueAt: Instant | null
  /** When the table first had its rows; null before, and for a slice of a release that did not record it. */
  readonly firstLoadedAt: Instant | null
  /** A file that was listed and is not read yet; null when none waits. */
  readonly sighting: Sighting | null
  /** When its folder was last listed, found or not. */
  readonly lookedAt: Instant | null
  readonly updatedAt: Instant
  readonly runId: string | null
  /** Grows with every change; 0 before the first. */
  readonly version: number
}

interface Unarchived extends SliceBase {
  readonly raw: null
  readonly delivery: null
}

interface Archived extends SliceBase {
  /** The newest raw object, whether or not it became a part. */
  readonly raw: RawObject
}

/** Its file is not late yet, or none is expected. */
export interface ExpectedSlice extends Unarchived {
  readonly state: 'expected' | 'waived'
  /** Names an entry of the folder that looks like the file; null when there is none. */
  readonly reason: Reason | null
}

/** Its file waits to be read, is missing, or was refused before its first byte. */
interface UnreadSlice extends Unarchived {
  readonly state: 'seen' | 'missing' | 'quarantined'
  readonly reason: Reason
}

/** The newest file is to be transformed, now or again. */
interface LandedSlice extends Archived {
  readonly state: 'landed'
  /** The earlier file that the table shows. */
  readonly delivery: Delivery | null
  /** Failure that the next look may overcome. */
  readonly reason: Reason | null
}

/** The newest file is kept out of the table; what the table shows stays as it is. */
export interface HeldBackSlice extends Archived {
  readonly state: 'held' | 'quarantined'
  /** The earlier file that the table shows. */
  readonly delivery: Delivery | null
  readonly reason: Reason
}

/** The newest file became a part. */
interface StagedSlice extends Archived {
  readonly state: 'staged' | 'loaded'
  /** Content of the table, now or after the next load. */
  readonly delivery: Delivery
  /** Set when the file was read before it stood still, or when a newer one waits. */
  readonly reason: Reason | null
}

/** Members of a slice that may not fit its state, as a row or a file has them. */
export interface SliceMembers extends SliceBase {
  readonly state: SliceState
  readonly reason: Reason | null
  readonly raw: RawObject | null
  readonly delivery: Delivery | null
}

/** Member of a slice that does not fit its state. */
export interface Misfit {
  readonly misfit: 'raw' | 'delivery' | 'reason' | 'state'
  /** Member that the state asks for. */
  readonly expected: string
}

/** Pure: the slice with these members, or the first of them that does not fit its state. */
export function asSlice(members: SliceMembers): Slice | Misfit {
  const { state, raw, delivery, reason } = members
  if (raw !== null) return asArchived({ ...members, raw })
  if (delivery !== null) return { misfit: 'delivery', expected: 'none without a raw object' }
  if (state === 'expected' || state === 'waived') return { ...members, state, raw, delivery }
  if (state !== 'seen' && state !== 'missing' && state !== 'quarantined')
    return { misfit: 'raw', expected: `a raw object in the state ${state}` }
  return reason === null ? withoutReason(state) : { ...members, state, raw, delivery, reason }
}

function asArchived(members: SliceMembers & Archived): ArchivedSlice | Misfit {
  const { state, delivery, reason } = members
  if (state === 'landed') return { ...members, state }
  if (state === 'staged' || state === 'loaded') {
    if (delivery !== null) return { ...members, state, delivery }
    return { misfit: 'delivery', expected: `a delivery in the state ${state}` }
  }
  if (state !== 'held' && state !== 'quarantined')
    return { misfit: 'state', expected: 'the state of a slice with a raw object' }
  return reason === null ? withoutReason(state) : { ...members, state, reason }
}

function withoutReason(state: SliceState): Misfit {
  return { misfit: 'reason', expected: `a reason in the state ${state}` }
}

/** Members of a slice that a plan needs: thousands of them, every quarter of an hour. */
export type SliceLook = SliceKey & Pick<Slice, 'state' | 'lookedAt'>

/** True for a slice whose newest file has rejected rows, or was quarantined. */
export function hasRejects({ rejects, state }: Pick<Slice, 'rejects' | 'state'>): boolean {
  return (rejects?.rows ?? 0) > 0 || state === 'quarantined'
}

/** One entry per raw object that ever became, or should have become, the content of a slice. */
export interface DeliveryRecord extends SliceKey {
  readonly raw: RawObject
  readonly state: Word<'deliveries', 'state'>
  readonly contract: string | null
  readonly engine: string | null
  readonly counts: Counts | null
  readonly totals: Totals | null
  readonly reason: Reason | null
  readonly source: SourceFile | null
  readonly runId: string | null
  readonly at: Instant
}

/** A regular file in the folder of a day that no contract of its location reads. It is archived all the same. */
export interface KeptFile {
  readonly pipeline: string
  readonly shard: string
  readonly window: BusinessDate
  /** As it was last listed. */
  readonly source: SourceFile
  /** Null as long as it waits, or when it was not taken: `reason` says why. */
  readonly raw: RawObject | null
  readonly sighting: Sighting | null
  readonly reason: Reason | null
  readonly at: Instant
}

/** Stream x business date in the warehouse, all locations: the ledger's side of the load protocol. */
export type Partition = IdlePartition | PendingPartition | QuarantinedPartition

/** Members of a partition in any state. */
export interface PartitionBase {
  readonly pipeline: string
  readonly stream: string
  readonly window: BusinessDate
  /** Number of the newest manifest; 0 when none was written yet. */
  readonly wanted: number
  /** Number of the manifest the table equals; 0 when it was never loaded. */
  readonly loaded: number
  readonly epoch: number
  readonly attempt: number
  readonly rows: number
  readonly totals: Totals
  readonly updatedAt: Instant
  readonly version: number
}

/** The load of a manifest: from this instant its table equalled it. */
export interface LoadRecord {
  readonly pipeline: string
  readonly stream: string
  readonly window: BusinessDate
  /** Number of the manifest. */
  readonly number: number
  readonly at: Instant
}

/** No job may write to the table. */
export interface IdlePartition extends PartitionBase {
  readonly state: 'idle'
  /** Id of the last job; null before the first. */
  readonly jobId: string | null
}

/** A job of the epoch may write to the table. */
export interface PendingPartition extends PartitionBase {
  readonly state: 'pending'
  /** Number of the manifest that the job loads. */
  readonly loading: number
  readonly jobId: string
}

/** The epoch ended without a success. */
export interface QuarantinedPartition extends PartitionBase {
  readonly state: 'quarantined'
  /** Number of the manifest that could not be loaded. */
  readonly loading: number
  /** Id of the last job. It may still run, when the failure was in asking for its status. */
  readonly jobId: string
  readonly reason: Reason
}

/** One partition of one version of a model: the ledger's side of the build protocol. */
export type Build = IdleBuild | PendingBuild | HeldBuild

/** Names the partition of a build. */
export interface BuildKey {
  readonly model: string
  /** First digits of the fingerprint of the model's version; its table carries them in its name. */
  readonly fingerprint: string
  /** Date of the partition; `all` for a model that is one table. */
  readonly window: string
}

/** Members of a build in any state. */
export interface BuildBase extends BuildKey {
  /** Name of what the partition should hold, as the last epoch found it: a hash of version, inputs and complete locations. */
  readonly wanted: string
  /** Name of what the table holds; empty before the first publication. */
  readonly built: string
  readonly epoch: number
  readonly attempt: number
  /** Rows of the table's partition. */
  readonly rows: number
  /** Bytes that the last epoch was billed for; null where the warehouse bills none. */
  readonly bytes: number | null
  /** Locations that are left out, because slices that the model needs are not loaded. */
  readonly missing: readonly string[]
  /** Results of the checks of the last epoch that came to a verdict. */
  readonly checks: readonly BuildCheck[]
  readonly updatedAt: Instant
  readonly version: number
}

/** One version of a model: what its table was made by. Kept after its source changed, as long as a release names it. */
export interface ModelVersion {
  readonly model: string
  readonly fingerprint: string
  /** The compiled model, as JSON. */
  readonly definition: Json
  /** Fingerprints of earlier versions whose partitions count as built: the version added columns to their table, and no more. */
  readonly accepts: readonly string[]
  /** Fingerprint in the name of the table. */
  readonly table: string
  readonly createdAt: Instant
}

/** The versions that the views of an environment show. A new release takes the place of the one before. */
export interface ModelRelease {
  /** Dataset of the views, e.g. `models`. */
  readonly environment: string
  /** 1, 2, 3...: the largest one counts. */
  readonly number: number
  /** Fingerprints by model. */
  readonly versions: Readonly<Record<string, string>>
  readonly by: string
  readonly at: Instant
}

/** Result of one check over the staging table of a build. */
export interface BuildCheck {
  readonly name: string
  readonly effect: Word<'builds', 'effect'>
  /** Rows that offend. */
  readonly failed: number
}

/** No job may write to the table. */
export interface IdleBuild extends BuildBase {
  readonly state: 'idle'
}

/** Jobs of the epoch may run. Only one whose verdict is `pass` may write to the table. */
export interface PendingBuild extends BuildBase {
  readonly state: 'pending'
  /** `none` until the checks are done. Written once per epoch. */
  readonly verdict: Word<'builds', 'verdict'>
  /** Rows and bytes of the staging table; of no meaning before the verdict. */
  readonly staged: { readonly rows: number; readonly bytes: number | null }
}

/** The epoch ended without a publication: the table holds what it held before. */
export interface HeldBuild extends BuildBase {
  readonly state: 'held'
  readonly reason: Reason
}

/** One line of a manifest. */
export interface ManifestEntry {
  readonly shard: string
  /** Stream the part belongs to; differs from the manifest's only for `rejects`. */
  readonly stream: string
  readonly part: PartObject
  readonly rawSha256: string
  readonly totals: Totals
}

/** The parts that make up one partition. Immutable, numbered from 1. */
export interface Manifest {
  readonly version: 1
  readonly pipeline: string
  readonly stream: string
  readonly window: BusinessDate
  readonly number: number
  readonly entries: readonly ManifestEntry[]
  /** Slices that contribute nothing, and why: `missing` and `quarantined` are not the same as zero rows. */
  readonly absent: readonly { readonly shard: string; readonly stream: string; readonly state: SliceState }[]
  readonly rows: number
  readonly totals: Totals
}

/** State of a run. */
export type RunState = Word<'runs', 'state'>

/** States that a run does not leave. */
export const TERMINAL_RUN_STATES: readonly RunState[] = [
  'succeeded',
  'partial',
  'failed',
  'cancelled',
  'timed_out',
  'skipped',
]

/** A location that was imported without an entry in config/locations.yaml. */
export interface ImportedLocation {
  readonly pipeline: string
  readonly id: string
  /** IANA name. */
  readonly timeZone: string
  readonly closeoutHour: number
  readonly at: Instant
}

/** Part of a pipeline that a run looks at, and how. An absent member narrows nothing. */
export interface RunScope {
  readonly windows?: readonly BusinessDate[]
  /** Takes the place of `dates` where locations differ: an import looks at the folders it was given, and no other. */
  readonly perShard?: readonly { readonly shard: string; readonly windows: readonly BusinessDate[] }[]
  readonly shards?: readonly string[]
  readonly streams?: readonly string[]
  /** Take the bytes from the raw archive instead of the source. */
  readonly fromArchive?: boolean
  /** Only slices that have rejected rows, or whose file was quarantined. */
  readonly rejectedOnly?: boolean
  /** Load what a check or the reject budget would hold back, and transform again what is unchanged. */
  readonly force?: boolean
  /** Load the partitions of the scope again, although their manifests are loaded. `force` does so as well. */
  readonly reload?: boolean
  /** SHA-256 of held raw objects that a person released. */
  readonly release?: readonly string[]
  /** Person or program that asked, for the audit of what is forced or released. */
  readonly by?: string
}

/** One pass over a part of a pipeline. */
export interface Run {
  readonly id: string
  readonly pipeline: string
  readonly trigger: Word<'runs', 'trigger'>
  readonly state: RunState
  readonly scope: RunScope
  readonly reason: Reason | null
  readonly counts: RunCounts
  readonly backfillId: string | null
  readonly createdAt: Instant
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
  /** A run that is not terminal by then is taken over by the sweep. */
  readonly leaseUntil: Instant
  /** Process of this machine that works on it, as `Processes` writes it; null where the queue is a service. */
  readonly owner: string | null
  readonly version: number
}

/** Sums over the slices that a run looked at. */
export interface RunCounts {
  readonly slices: number
  readonly rows: number
  readonly rejected: number
  /** Slices of which nothing was new. */
  readonly unchanged: number
}

/** A slice a run looked at, and what became of it. `resumed`: staged by an earlier run, published by this one. */
export interface RunSlice extends SliceKey {
  readonly runId: string
  readonly outcome: Word<'run_slices', 'outcome'>
  readonly reason: Reason | null
  readonly counts: Counts | null
  readonly milliseconds: number
}

/** Time that a run spent in a step, summed over its slices. */
export interface RunStep {
  readonly runId: string
  readonly step: string
  readonly milliseconds: number
  /** How often the step was taken. */
  readonly count: number
}

/** Usage of a run that may cost money. */
export interface Usage {
  readonly runId: string
  /** E.g. `bytes_billed`. */
  readonly kind: string
  readonly amount: number
  /** Millionths of a unit of the currency that prices are in; null where no price is known. */
  readonly costMicros: number | null
}

/** Result of a check, in one word. */
export type CheckState = Word<'checks', 'state'>

/** Effect of a failed check, weakest first: record, dispute the day, reject the row, hold the version, refuse the file. */
export type CheckEffect = Word<'checks', 'effect'>

/** The result of one check over one slice. */
export interface CheckResult {
  readonly check: string
  readonly rule: string | null
  readonly state: CheckState
  readonly effect: CheckEffect
  /** Rows or keys looked at, and how many of them failed. */
  readonly tested: number
  readonly failed: number
  /** One sentence with the numbers, never a row's content. */
  readonly message: string
}

/** Values of a column that files of a location had, as a check with `constant` knows them. */
export interface KnownConstant extends Omit<SliceKey, 'window'> {
  readonly column: string
  readonly value: string
}

/** State of an incident. */
export type IncidentState = Word<'incidents', 'state'>

/** The slice, shard or pipeline that an incident is about. A member is null where it does not apply. */
export interface IncidentPlace {
  /** The first word of its key, e.g. `missing`. */
  readonly kind: string
  readonly pipeline: string | null
  readonly stream: string | null
  readonly shard: string | null
  readonly window: BusinessDate | null
}

/** A place, and the key that is made of it. Unresolved incidents have different keys. */
export interface IncidentCause extends IncidentPlace {
  /** Place and cause, e.g. `missing/toast/185129`. */
  readonly key: string
}

/** One open problem with one cause, however many slices it hits. */
export interface Incident extends IncidentCause {
  readonly id: string
  readonly state: IncidentState
  readonly severity: Word<'incidents', 'severity'>
  readonly reason: Reason
  readonly runId: string | null
  readonly openedAt: Instant
  readonly updatedAt: Instant
  readonly resolvedAt: Instant | null
  readonly snoozedUntil: Instant | null
  /** How often it was reported while open. */
  readonly occurrences: number
  /** Subjects that the cause hits now, such as business dates: how many, and the first few. */
  readonly subjects: { readonly count: number; readonly first: readonly string[] }
}

/** A receiver of run events, by its key in `lineage` of an environment. */
export type LineageTarget = 'http' | 'google'

/** Work that a message asks for. */
export type Work =
  | { readonly kind: 'tick'; readonly pipeline: string }
  | {
      readonly kind: 'ingest'
      readonly pipeline: string
      readonly shard: string
      readonly windows: readonly BusinessDate[]
      /** The table whose windows these are; absent where a shard has all streams. */
      readonly stream?: string
      /** The second look of a run at files that the first one found new. */
      readonly again?: true
    }
  | { readonly kind: 'load'; readonly pipeline: string; readonly stream: string; readonly window: BusinessDate }
  /** All partitions of models that depend on the window. `pipeline` is always `models`. */
  | { readonly kind: 'build'; readonly pipeline: string; readonly window: BusinessDate }
  /** A pass of the watch. `pipeline` is always `watch`. */
  | { readonly kind: 'notify'; readonly pipeline: string }
  /** Run events of a load or build that is over, as it was then: a later load leaves no trace of it. */
  | { readonly kind: 'lineage'; readonly pipeline: string; readonly to: LineageTarget; readonly ended: EndedWork }

/** Looks that found nothing new: one at each of these streams, on each of these dates. */
export interface UnchangedLooks {
  readonly windows: readonly BusinessDate[]
  readonly streams: readonly string[]
}

/** A message: names only ids. It is a row of the ledger (the outbox) before it is anywhere else. */
export interface Message {
  readonly id: string
  /** Null for work of a kind that no run waits for. */
  readonly runId: string | null
  readonly work: Work
  readonly state: Word<'messages', 'state'>
  /** Failed deliveries so far. */
  readonly attempts: number
  readonly notBefore: Instant
  /** Slices that an `ingest` found unchanged; empty for other kinds of work. */
  readonly unchanged: readonly UnchangedLooks[]
  readonly reason: Reason | null
  readonly createdAt: Instant
  /** When it was marked as sent, which is before its publication. Null for a load or build that waits in the ledger. */
  readonly sentAt: Instant | null
  readonly version: number
}

/** True for a load or build that waits in the ledger to be sent. */
export function isWaiting({ work, state, sentAt }: Pick<Message, 'work' | 'state' | 'sentAt'>): boolean {
  return waitsInLedger(work) && state === 'pending' && sentAt === null
}

/** A partition with loads that wait in the ledger. */
export interface WaitingLoad {
  readonly work: Extract<Work, { readonly kind: 'load' }>
  /** Id of one of them. */
  readonly next: string
  /** When the oldest was recorded. */
  readonly since: Instant
  /** When the newest pending load of the partition that does not wait was sent; null when there is none. */
  readonly sentAt: Instant | null
}

/** State of a backfill. */
export type BackfillState = Word<'backfills', 'state'>

/** A range of business dates to bring in, a few at a time. */
export interface Backfill {
  readonly id: string
  readonly pipeline: string
  readonly state: BackfillState
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly shards: readonly string[]
  readonly streams: readonly string[]
  readonly fromArchive: boolean
  readonly force: boolean
  readonly reload: boolean
  /** Length of its windows. */
  readonly unit: Unit
  /** Windows that are done: those before it. */
  readonly next: BusinessDate
  readonly runIds: readonly string[]
  readonly reason: Reason | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly version: number
}

/** A fact that the ledger remembers about what surrounds it. */
export interface Mark {
  readonly name: string
  readonly value: string
  readonly at: Instant
}

/** Record of an action by a person or a program. */
export interface AuditEntry {
  readonly at: Instant
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly details: string
  /** Role that allowed it; absent for a program of this project. */
  readonly role?: string
  readonly requestId?: string
  /** The subject before and after; absent where an action changes none. */
  readonly before?: Json
  readonly after?: Json
}
