import type {
  Backfill,
  BackfillState,
  BusinessDate,
  CheckEffect,
  CheckResult,
  CheckState,
  DeliveryRecord,
  IncidentState,
  Instant,
  KeptFile,
  Partition,
  Run,
  RunSlice,
  RunState,
  RunStep,
  Slice,
  SliceKey,
  SliceState,
  Usage,
  WindowRecord,
} from '../entities.ts'
import type { KeptFileFilter, Ledger, Processes } from '../ports.ts'
import type { PeopleChange } from './changes.ts'
import type {
  AuditRecord,
  ChangeNotice,
  IncidentEvent,
  IncidentView,
  Notification,
  RequestAttempt,
  RequestKey,
  Setting,
  SettingKind,
  ShiftOverride,
  SignOff,
  StoredAnswer,
  Token,
} from './records.ts'

/** Part of a list: at most `limit` rows after the place where the part before it ended. */
export interface Part<Place> {
  /** 1 to 500. */
  readonly limit: number
  /** `next` of the part before; absent or null for the first one. */
  readonly after?: Place | null
}

/** Rows, and the place where the next ones begin; null when these are the last. */
export interface Listed<Row, Place> {
  readonly rows: readonly Row[]
  readonly next: Place | null
}

/** Slices of a list that are counted; of a longer one only that it is longer is said. */
export const MOST_COUNTED = 10_000

/** Place in a list of slices. */
export type SlicePlace = Pick<SliceKey, 'window' | 'shard' | 'stream'>
/** Place in a list of files. */
export type FilePlace = Pick<SliceKey, 'window' | 'shard'> & { readonly name: string }
/** Place in a list by time. */
export interface TimePlace {
  readonly at: Instant
  readonly id: string
}

/** Windows of a pipeline, both included, and the shards that may be seen; absent for all. */
export interface WindowRange {
  readonly pipeline: string
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly shards?: readonly string[]
}

/** Instants, the first one included; absent for open ends. */
interface TimeRange {
  readonly from?: Instant
  readonly to?: Instant
}

/** States of slices as letters, see `CELLS`. */
export interface Matrix {
  /** Shards that have a slice in the range, sorted. */
  readonly shards: readonly string[]
  /** Windows that have a slice in the range, in order. */
  readonly windows: readonly MatrixWindow[]
}

/** One window of a matrix. */
interface MatrixWindow {
  readonly window: BusinessDate
  /** For each shard one letter per asked stream. */
  readonly cells: string
  /** For each shard: `c` complete, `i` incomplete, `d` disputed, `-` for one without a slice. */
  readonly verdicts: string
}

/** Letter of each state of a slice in a matrix; `~` is a loaded one with rejects, `-` a slice that does not exist. */
export const CELLS = {
  loaded: 'o',
  missing: '!',
  held: 'h',
  quarantined: 'q',
  expected: '.',
  seen: 's',
  landed: 'l',
  staged: 't',
  waived: 'w',
} as const satisfies Record<SliceState, string>

/** Which slices to list, in the order of window, shard, stream. */
export interface SliceListFilter {
  readonly pipeline: string
  readonly windows?: readonly BusinessDate[]
  readonly from?: BusinessDate
  readonly to?: BusinessDate
  readonly shards?: readonly string[]
  readonly streams?: readonly string[]
  readonly states?: readonly SliceState[]
  /** Only slices whose newest file had rows that were rejected. */
  readonly hasRejects?: boolean
  /** Default: `oldest`. */
  readonly first?: 'oldest' | 'newest'
}

/** Everything that is known of a slice. */
export interface SliceLife {
  readonly slice: Slice
  /** Every raw object that it ever had, the newest first. */
  readonly versions: readonly DeliveryRecord[]
  readonly checks: readonly (CheckResult & { readonly at: Instant })[]
  readonly partition: Partition | null
  /** Newest runs that found it changed. */
  readonly history: readonly SliceRun[]
  readonly signOff: SignOff | null
}

/** Outcome of a run for a slice. */
export interface SliceRun extends Pick<RunSlice, 'runId' | 'outcome' | 'reason' | 'counts' | 'milliseconds'> {
  readonly at: Instant
}

/** Which runs to list, the newest first. */
export interface RunListFilter extends TimeRange {
  readonly pipeline?: string
  readonly states?: readonly RunState[]
  readonly triggers?: readonly Run['trigger'][]
  readonly backfillId?: string
}

/** Use of a day in UTC, by kind. */
export interface UsageOfDay extends Omit<Usage, 'runId'> {
  readonly date: BusinessDate
  readonly runs: number
}

/** Which incidents to list, the newest first. */
export interface IncidentListFilter extends TimeRange {
  readonly states?: readonly IncidentState[]
  readonly severity?: IncidentView['severity']
  readonly pipeline?: string
  /** Those of this kind, and with `roots` those with a member of it. */
  readonly kind?: string
  /** Those about these shards, or with a member about one of them; one without a shard is about all of them. */
  readonly shards?: readonly string[]
  /** `roots` leaves out members of others, an id gives the members of that root. Default: `roots`. */
  readonly of?: 'roots' | 'all' | { readonly parentId: string }
}

/** Rejected rows of slices with something in common. */
export interface RejectGroup {
  /** Stream, shard or window, as was asked. */
  readonly key: string
  readonly rows: number
  readonly slices: number
  readonly first: BusinessDate
  readonly last: BusinessDate
}

/** Results of a check in the slices of a range that did not pass it. */
export interface CheckGroup {
  readonly stream: string
  readonly check: string
  readonly rule: string | null
  readonly state: CheckState
  readonly effect: CheckEffect
  readonly slices: number
  readonly failed: number
  readonly tested: number
  readonly first: BusinessDate
  readonly last: BusinessDate
}

/** Results of a check in the slices of one window that did not pass it. */
export interface CheckDay {
  readonly window: BusinessDate
  readonly check: string
  readonly rule: string | null
  readonly slices: number
  readonly failed: number
}

/** Sums over slices with one window, shard or stream. */
export interface SliceSums {
  readonly key: string
  readonly rows: number
  readonly rejects: number
  readonly bytes: number
}

/** When a slice came into its table for the first time. */
export type FirstLoad = SliceKey & { readonly at: Instant }

/** Bytes of the newest files of a shard. */
export interface ShardBytes {
  readonly shard: string
  readonly bytes: number
}

/** Which results of checks to list, the newest window first. They did not pass. */
export interface CheckListFilter extends WindowRange {
  readonly check?: string
  readonly streams?: readonly string[]
  readonly states?: readonly Exclude<CheckState, 'pass'>[]
}

/** Place in a list of results of checks. */
export interface CheckPlace extends SlicePlace {
  readonly position: number
}

/** Result of a check over a slice, with its place in the list of that slice. */
export interface CheckFailure extends CheckResult, SliceKey {
  readonly position: number
  readonly at: Instant
}

/** Which entries of the audit to list, the newest first. */
export interface AuditListFilter extends TimeRange {
  readonly actor?: string
  /** An action, or its beginning before a dot. */
  readonly action?: string
  readonly subject?: string
}

/** Changes after a cursor. */
export type ChangesAnswer =
  /** `cursor` is where the next call goes on, also when there was no change. */
  | { readonly state: 'ok'; readonly changes: readonly ChangeNotice[]; readonly cursor: string }
  /** The cursor is too old, or of another ledger: a client reads everything again, and goes on at `cursor`. */
  | { readonly state: 'reset'; readonly cursor: string }

/** State of a request that may be sent again. */
export type RequestState =
  /** This attempt works on it. `writeId` and `at` are those of the first attempt; repeated when one before it ended without an answer. */
  | { readonly state: 'begun'; readonly writeId: string; readonly at: Instant; readonly isRepeated: boolean }
  | { readonly state: 'running'; readonly hash: string }
  | { readonly state: 'answered'; readonly hash: string; readonly answer: StoredAnswer }

/** Windows of a table that are listed, the newest first. */
export interface TableWindowFilter {
  readonly pipeline: string
  readonly stream: string
  readonly limit: number
  /** Shards that may be seen; absent for all. A window without one of them is left out then. */
  readonly shards?: readonly string[]
  readonly isLoaded?: true
}

/** A window of a table with its slices as sums. */
export interface TableWindow {
  readonly window: BusinessDate
  readonly mode: WindowRecord['mode']
  /** The instant that stands for the window. */
  readonly at: Instant
  /** That of the slices that are furthest from their table; expected where nothing was read yet. */
  readonly state: SliceState
  /** Slices by state. */
  readonly slices: Readonly<Partial<Record<SliceState, number>>>
  /** The first shard, of those in the state of the window. Null without a slice. */
  readonly shard: string | null
  /** Rows of the parts. Null while there is no slice. */
  readonly rows: number | null
  readonly rejected: number
  /** When a slice of it changed last. */
  readonly updatedAt: Instant | null
}

/** Rows of a stream in a window. */
export interface StreamDay {
  readonly window: BusinessDate
  readonly stream: string
  /** Rows in the table. */
  readonly rows: number
  readonly rejects: number
}

/**
 * Reads of the ledger for people. Every read is bounded by its arguments: none takes time or memory that grows with the age of the
 * ledger. An absent filter member matches everything, an empty list nothing.
 */
export interface LedgerReads {
  /** States of slices as letters, for at most 31 windows of many shards or for years of one shard. */
  matrix(range: WindowRange & { readonly streams: readonly string[] }): Promise<Matrix>
  /** Windows of a table, the newest first. */
  tableWindows(filter: TableWindowFilter): Promise<readonly TableWindow[]>
  slicePage(filter: SliceListFilter & Part<SlicePlace>): Promise<Listed<Slice, SlicePlace>>
  /** Number of slices of a list; null for more than `most`, of which no more are read. */
  sliceTotal(filter: SliceListFilter, most: number): Promise<number | null>
  /** Files that no contract read when they were found, in the order of window, shard, name. */
  filePage(
    filter: KeptFileFilter & Part<FilePlace> & { readonly pipeline: string },
  ): Promise<Listed<KeptFile, FilePlace>>
  /** Null for a slice that does not exist. */
  sliceLife(key: SliceKey): Promise<SliceLife | null>
  runPage(filter: RunListFilter & Part<TimePlace>): Promise<Listed<Run, TimePlace>>
  /** Slices that a run found changed, in the order of window, shard, stream. */
  runSlicePage(
    filter: Part<SlicePlace> & {
      readonly runId: string
      readonly outcomes?: readonly RunSlice['outcome'][]
      readonly shards?: readonly string[]
    },
  ): Promise<Listed<RunSlice, SlicePlace>>
  runSteps(runId: string): Promise<readonly RunStep[]>
  runUsage(runId: string): Promise<readonly Usage[]>
  /** By date, kind. */
  usage(range: {
    readonly from: Instant
    readonly to: Instant
    readonly pipeline?: string
  }): Promise<readonly UsageOfDay[]>
  backfillPage(
    filter: Part<TimePlace> & { readonly pipeline?: string; readonly states?: readonly BackfillState[] },
  ): Promise<Listed<Backfill, TimePlace>>
  incidentPage(filter: IncidentListFilter & Part<TimePlace>): Promise<Listed<IncidentView, TimePlace>>
  incident(id: string): Promise<IncidentView | null>
  /** Timeline of an incident and its members, oldest first: at most 1,000 lines. */
  incidentEvents(id: string): Promise<readonly IncidentEvent[]>
  rejectGroups(range: WindowRange & { readonly by: 'stream' | 'shard' | 'window' }): Promise<readonly RejectGroup[]>
  checkGroups(range: WindowRange): Promise<readonly CheckGroup[]>
  /** Checks of a stream that were not passed, by window, check. */
  checkDays(range: WindowRange & { readonly stream: string }): Promise<readonly CheckDay[]>
  /** Bytes of files of one window, by shard. */
  shardBytes(window: Pick<SliceKey, 'pipeline' | 'window'>): Promise<readonly ShardBytes[]>
  checkPage(filter: CheckListFilter & Part<CheckPlace>): Promise<Listed<CheckFailure, CheckPlace>>
  /** Rows, rejected rows and bytes of a range, by window, shard or stream. */
  sliceSums(range: WindowRange & { readonly by: 'window' | 'shard' | 'stream' }): Promise<readonly SliceSums[]>
  /** First loads of a range. */
  firstLoads(range: WindowRange): Promise<readonly FirstLoad[]>
  /** Rows in the tables and rejected rows, by window, stream. */
  streamDays(range: Omit<WindowRange, 'shards'>): Promise<readonly StreamDay[]>
  auditPage(filter: AuditListFilter & Part<TimePlace>): Promise<Listed<AuditRecord, TimePlace>>
  /** Changes after a cursor, at most 500; without one those that are still to come. They are kept for 24 hours. */
  changesAfter(cursor: string | null): Promise<ChangesAnswer>
  /** A text that is another one after each change that is shown to people, also one that `changesAfter` does not tell of yet. */
  changeMark(): Promise<string>
  settings(kind: SettingKind): Promise<readonly Setting[]>
  setting(kind: SettingKind, id: string): Promise<Setting | null>
  signOffs(range: WindowRange): Promise<readonly SignOff[]>
  /** Overrides of shifts that touch the range, in the order of their beginning. */
  overrides(range: {
    readonly rotation?: string
    readonly from: Instant
    readonly to: Instant
  }): Promise<readonly ShiftOverride[]>
  /** Tokens, the newest first; at most 500. */
  tokens(filter: { readonly principal?: string }): Promise<readonly Token[]>
  token(id: string): Promise<Token | null>
  /** Notifications of a root, or in a state, the newest first. */
  notificationPage(
    filter: Part<TimePlace> & { readonly root?: string; readonly states?: readonly Notification['state'][] },
  ): Promise<Listed<Notification, TimePlace>>
}

/** The ledger as people and the programs that serve them use it. */
export interface PeopleLedger extends Ledger {
  apply(changes: readonly PeopleChange[]): Promise<void>
  readonly reads: LedgerReads
  /** Records the use of a token. */
  touchToken(id: string, at: Instant): Promise<void>
  /**
   * Begins a request under its key, unless it was begun before: then says what became of it. One whose lease is over, or whose
   * process is gone, is taken over.
   */
  beginRequest(attempt: RequestAttempt, processes?: Pick<Processes, 'isGone'> | null): Promise<RequestState>
  /** Lets another attempt begin at once: this one failed, and may have done a part. */
  releaseRequest(attempt: RequestKey & Pick<RequestAttempt, 'holder'>): Promise<void>
  /** Forgets a request that was refused before it did anything, so that its key may be used again. */
  dropRequest(attempt: RequestKey & Pick<RequestAttempt, 'holder'>): Promise<void>
  /**
   * Takes notifications that are due, oldest first, for a delivery by this process; each is in one process's hands until
   * `until`. One that is not settled by then is claimed again: its receiver may get it twice.
   */
  claimNotifications(claim: {
    readonly now: Instant
    readonly until: Instant
    readonly limit: number
  }): Promise<readonly Notification[]>
}
