import type { Constant } from '../contract/carried.ts'
import type { Contract, CrossCheck } from '../contract/contract.ts'
import type { Details, ErrorCode } from '../errors.ts'
import type { OtherEntry } from '../lib/listing.ts'
import type { ScriptRunner } from '../models/script.ts'
import type { Dialect } from '../sql/dialect.ts'
import type { DestinationPorts } from './destination.ts'
import type {
  AuditEntry,
  Backfill,
  BackfillState,
  Build,
  BuildKey,
  BusinessDate,
  CheckResult,
  Counts,
  DeliveryRecord,
  ImportedLocation,
  Incident,
  IncidentCause,
  IncidentState,
  Instant,
  Json,
  KeptFile,
  KnownConstant,
  LoadRecord,
  Mark,
  Message,
  ModelRelease,
  ModelVersion,
  Partition,
  PartObject,
  Run,
  RunSlice,
  RunState,
  RunStep,
  Slice,
  SliceKey,
  SliceLook,
  SliceState,
  SourceFile,
  Totals,
  Usage,
  WaitingLoad,
  WindowRecord,
  Work,
} from './entities.ts'
import type { PipelineHookCaller } from './hooks/ports.ts'
import type { SignOff } from './people/records.ts'
import type { Words } from './slice-words.ts'

/** Time, so that a test or a demo can bring its own. */
export interface Clock {
  /** True for a clock that sleeping moves. A caller that waits for other work as well waits for that first, and sleeps after it. */
  readonly virtual?: boolean
  now(): Instant
  /** Resolves after so many milliseconds of this clock, or at once when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** A place where files come from. */
export interface SourceConnector {
  /** Name that an operator would use, e.g. `sftp://user@host:22`. Never holds a secret. */
  readonly name: string
  /**
   * A fresh connection, never a reused one.
   * @throws {DaybreakError} SOURCE_UNREACHABLE, SOURCE_AUTH_FAILED, SOURCE_HOST_KEY_MISMATCH, SOURCE_ALGORITHMS,
   * SOURCE_CIRCUIT_OPEN; SOURCE_ROOT_MISSING when its root folder does not exist.
   */
  connect(signal?: AbortSignal): Promise<Source>
}

/** Entries of a folder. */
export interface FileListing {
  /** Regular files, sorted by name. */
  readonly files: readonly SourceFile[]
  /** Folders, links and the like, sorted by name; also names that cannot be used. */
  readonly others: readonly OtherEntry[]
  /** False for a folder of more than 10,000 entries: some of its files are listed, and of the named ones all. */
  readonly isWhole: boolean
}

/** One connection to a source. Folders are paths below its root and may end in a slash. */
export interface Source {
  /**
   * Names of the folders directly in a folder, sorted; null when the folder does not exist.
   * Names that are not plain (`..`, control characters, over 255 bytes) and links are left out.
   * @throws {DaybreakError} SOURCE_LISTING_FAILED: a failure is never an absence.
   */
  listFolders(folder: string): Promise<readonly string[] | null>
  /**
   * Entries directly in a folder; null when the folder does not exist. Names of files as above. `named` are names that are listed
   * however many others there are.
   */
  listFiles(folder: string, named?: readonly string[]): Promise<FileListing | null>
  /**
   * The bytes of a listed file, as they arrive; ends only when exactly `file.bytes` were delivered and the file still has
   * the listed size and modification time.
   * @throws {DaybreakError} FILE_CHANGED when it is no longer the listed file, FILE_TOO_LARGE before the first byte,
   * SOURCE_READ_FAILED when this file is refused, SOURCE_UNREACHABLE when the connection breaks or stands still.
   */
  read(file: SourceFile, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Closes the connection. Never throws; safe to call twice. */
  close(): Promise<void>
}

/** An object as a listing shows it. */
export interface StoredObject {
  readonly name: string
  readonly bytes: number
  /** When the object was put, by the clock of its store. */
  readonly createdAt: Instant
}

/** Immutable, named objects. */
export interface ObjectStore {
  readonly can: {
    /** Finds and replaces objects that another program has written over or deleted, as it may files of a folder: a `MendableStore`. */
    readonly mend: boolean
  }
  /**
   * Creates an object, only if the name is free. An object of that name with the same content is a success.
   * Visible to readers complete or not at all.
   * @throws {DaybreakError} OBJECT_CONFLICT when the name holds other content; STORAGE_FAILED.
   */
  put(name: string, content: Uint8Array | { readonly path: string }): Promise<{ readonly created: boolean }>
  /** The whole object. @throws {DaybreakError} OBJECT_MISSING, STORAGE_FAILED. */
  get(name: string): Promise<Uint8Array>
  /** Copies (or links) an object to a local path. @throws {DaybreakError} OBJECT_MISSING, STORAGE_FAILED. */
  fetch(name: string, path: string): Promise<void>
  /** Size of an object in bytes; null when it does not exist. */
  size(name: string): Promise<number | null>
  /** Objects whose name starts with the prefix, by name. */
  list(prefix: string): AsyncIterable<StoredObject>
  /** How the warehouse finds the object: a local path or a `gs://` URI. */
  uri(name: string): string
}

/** A store whose objects any program can write over. */
export interface MendableStore extends ObjectStore {
  readonly can: { readonly mend: true }
  /** Names of those that are gone, or no longer have the size or the hash they were staged with. */
  damaged(parts: readonly PartObject[]): Promise<readonly string[]>
  /** Puts an object in the place of a damaged one, whole or not at all. @throws {DaybreakError} STORAGE_FAILED. */
  replace(name: string, content: { readonly path: string }): Promise<void>
}

/** True for a store that finds and replaces damaged objects. */
export function isMendable(objects: Pick<ObjectStore, 'can'>): objects is MendableStore {
  return objects.can.mend
}

/** Facts that a contract may ask about: the zone of local times, and of a location the hour at which its days end. */
export interface Place {
  readonly timeZone: string
  /** Null for a shard that is no location. A contract that asks for it is refused. */
  readonly closeoutHour: number | null
  /** Changes of the clock in the years around it are looked up faster than others. */
  readonly date: BusinessDate
}

/** File, contract and output of one transform. */
export interface TransformRequest {
  readonly contract: Contract
  /** Columns that every row of the part carries, in the order of the part, with their values. */
  readonly constants: readonly Constant[]
  /** Columns that every reject carries, with their values. */
  readonly rejectConstants: readonly Constant[]
  /** Where and when the rows came about. A contract that asks for it is refused without. */
  readonly place?: Place | undefined
  /** Goes into `_source_file`. */
  readonly sourceFile: string
  /** The raw file on this disk, its size, and its SHA-256 in hexadecimal. */
  readonly raw: { readonly path: string; readonly sha256: string; readonly bytes: number }
  /** Folder for the results; exists, and is the caller's to delete. */
  readonly outDir: string
  /** Key of the `hash` privacy class. */
  readonly privacyKey: Uint8Array
  /** True for profiles of the columns as well. */
  readonly profiles?: boolean
  readonly signal?: AbortSignal
  /** Called now and then with the bytes worked through so far. */
  readonly onProgress?: (bytes: number) => void
}

/** Days whose rows and sums are read; both ends included. */
export interface DayTotalsFilter {
  readonly pipeline: string
  readonly streams: readonly string[]
  readonly shards?: readonly string[]
  readonly from: BusinessDate
  readonly to: BusinessDate
}

/** Rows and sums of the published file of one stream, shard and day. */
export interface DayTotals extends Pick<SliceKey, 'stream' | 'shard' | 'window'> {
  readonly accepted: number
  readonly totals: Totals
}

/** How a file's header differs from its contract. */
export interface Drift {
  readonly newColumns: readonly string[]
  readonly missingOptional: readonly string[]
  readonly reordered: boolean
}

/** Files and counts that one transform made. */
export interface TransformResult {
  readonly part: { readonly path: string; readonly rows: number; readonly bytes: number }
  /** Parquet in the shape of `REJECT_COLUMNS` (functions/engine/rejects/rejects.ts). */
  readonly rejects: { readonly path: string; readonly rows: number; readonly bytes: number }
  /** Parquet in the shape of `PROFILE_COLUMNS` (functions/engine/profiles/profiles.ts); absent where none were asked for. */
  readonly profiles?: { readonly path: string; readonly rows: number; readonly bytes: number }
  readonly counts: Counts
  /** Rows that rejected records seem to have swallowed; absent where there are none. */
  readonly hidden?: number
  readonly totals: Totals
  readonly encoding: 'utf-8' | 'windows-1252'
  readonly drift: Drift
  /** First and last value of the columns that checks with `constant` name, by column; absent where there are none. */
  readonly constants?: Readonly<Record<string, readonly string[]>>
  /** Results of the contract's checks, open enumerations included. */
  readonly checks: readonly CheckResult[]
}

/** Turns raw files into parts. */
export interface Transformer {
  /** Changes whenever the same raw and contract would give another part. Goes into part names. */
  readonly engine: string
  /**
   * One raw file to one part and its rejects; deterministic, byte for byte.
   * @throws {DaybreakError} FILE_EMPTY, FILE_UNREADABLE, FILE_TRUNCATED, DRIFT_* when no row can be trusted;
   * NOT_RECONCILED when counts do not add up; CONFIG_INVALID when the contract asks for a place and there is none.
   */
  transform(request: TransformRequest): Promise<TransformResult>
  /**
   * Runs checks that join streams of one location and day; results in their order. `parts` maps streams to Parquet files on
   * this disk, `closeoutHour` is that of the location, null without one. Throws when one of them cannot be run, and then says nothing of the others.
   */
  crossChecks(
    checks: readonly CrossCheck[],
    parts: ReadonlyMap<string, string>,
    closeoutHour: number | null,
  ): Promise<readonly CheckResult[]>
  /** Proves that a contract compiles and binds, without data. @throws {DaybreakError} CONFIG_INVALID, EXPRESSION_INVALID. */
  bind(contract: Contract): Promise<void>
  close(): Promise<void>
}

/** A question of a person, in the SQL of the warehouse. */
export interface Question {
  readonly sql: string
  /** Milliseconds that the warehouse may work on it. */
  readonly timeout: number
  /** Rows that are given; the rest is counted. */
  readonly limit: number
  /** Rows that are counted at most. */
  readonly countTo: number
  /** Most bytes of tables that it may read, where the warehouse counts them before. Default: the limit of the connection. */
  readonly maxBytes?: number
  /** Ends the work at once. */
  readonly signal: AbortSignal
  /** Called when another process has to finish first, with what is known of it. */
  readonly onWait: (holder: string) => void
}

/** Rows that a question found, and whether those are all. */
export interface Count {
  readonly rows: number
  readonly all: boolean
}

/** Answer to a query of a person. */
export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Rows as they come: values as text, instants in UTC with their offset, null stays null. Not asked for, they are not read. */
  readonly batches: AsyncIterable<readonly (readonly (string | null)[])[]>
  /** Known once the batches have ended. */
  count(): Count
}

/**
 * Reads the tables on behalf of people, whose SQL is not trusted: a question cannot change anything, reach
 * anything else, or take more time and memory than it is given.
 */
export interface Reader {
  readonly can: {
    /** Writes answers into files: it is a `WritingReader`. */
    readonly write: boolean
  }
  /** Whose SQL it takes. */
  readonly dialect: Dialect
  /**
   * Asks a question.
   * @throws {DaybreakError} USAGE_INVALID for SQL that is wrong, that is more than one statement, or that would do more than read;
   * NOT_FOUND before the first load; QUERY_LIMIT for too much time, memory or disk; WAREHOUSE_BUSY; CANCELLED.
   */
  ask(question: Question): Promise<Answer>
}

/** A file that an answer is written into. */
interface AnswerFile {
  /** A new file. */
  readonly path: string
  readonly format: 'csv' | 'parquet'
}

/** A reader whose system writes files on this disk. */
export interface WritingReader extends Reader {
  readonly can: { readonly write: true }
  /** Writes all rows of the answer into a file, and gives their number. @throws {DaybreakError} as `ask` does. */
  write(question: Question, into: AnswerFile): Promise<number>
}

/** True for a reader that writes files. */
export function isWriting(reader: Reader): reader is WritingReader {
  return reader.can.write
}

/** Processes of this machine, for work that only they can do. */
export interface Processes {
  /** This process, in a text that tells it from every other, also from one that had its number before. */
  readonly own: string
  /** True when the process is known to have ended. One of another machine is not. */
  isGone(process: string): boolean
}

/** One change of the ledger. A list of them is applied whole or not at all. */
export type Change =
  /** `version` is that of the row before the change, 0 for a new one; another one there means LEDGER_CONFLICT. */
  | { readonly change: 'slice'; readonly slice: Slice }
  | { readonly change: 'partition'; readonly partition: Partition }
  /** Remembers when a manifest was loaded. One that was loaded before keeps its first time. */
  | { readonly change: 'partition_loaded'; readonly load: LoadRecord }
  | { readonly change: 'build'; readonly build: Build }
  /** Replaces the version of that model and fingerprint. */
  | { readonly change: 'model_version'; readonly version: ModelVersion }
  | { readonly change: 'model_version_deleted'; readonly model: string; readonly fingerprint: string }
  /** Adds a release. LEDGER_CONFLICT when its number is taken. */
  | { readonly change: 'model_release'; readonly release: ModelRelease }
  /** The same for a run that ends by itself while a message of it is pending: only one that is cancelled or timed out leaves some. */
  | { readonly change: 'run'; readonly run: Run }
  | { readonly change: 'message'; readonly message: Message }
  /**
   * Ends (`done`) the other waiting loads of the same partition, except the first of each other run, or the other waiting builds of
   * the same window. The message `into` is sent after that, so its handling covers all of them; the one that is left keeps its run
   * open until then.
   */
  | { readonly change: 'messages_folded'; readonly into: Pick<Message, 'id' | 'runId' | 'work'> }
  | { readonly change: 'backfill'; readonly backfill: Backfill }
  /** Replaces the entry of the same slice and raw object. */
  | { readonly change: 'delivery'; readonly delivery: DeliveryRecord }
  /** Replaces the entry of the same name in the same folder. */
  | { readonly change: 'kept_file'; readonly file: KeptFile }
  /** Replaces the entry of the same run and slice. */
  | { readonly change: 'run_slice'; readonly runSlice: RunSlice; readonly at: Instant }
  /** Deletes the entries of a run and these slices of a day: its newest look found them unchanged, and its message counts that. */
  | {
      readonly change: 'run_slices_unchanged'
      readonly runId: string
      readonly day: Omit<SliceKey, 'stream'>
      readonly streams: readonly string[]
    }
  /** Deletes the oldest entries of runs from before an instant, `most` of them at a time. */
  | { readonly change: 'run_slices_expired'; readonly before: Instant; readonly most: number }
  /** Adds to the time and the count of a step of a run. */
  | { readonly change: 'run_step'; readonly step: RunStep }
  /** Adds to what a run used. */
  | { readonly change: 'usage'; readonly usage: Usage }
  /** Deletes notices of changes and answers to requests from before an instant. */
  | { readonly change: 'notices_expired'; readonly before: Instant }
  /** Replaces all results of the slice. */
  | {
      readonly change: 'checks'
      readonly key: SliceKey
      readonly results: readonly CheckResult[]
      readonly at: Instant
    }
  /** Remembers values of constant columns; nothing for those that are known. */
  | { readonly change: 'constants'; readonly constants: readonly KnownConstant[]; readonly at: Instant }
  /** Opens the incident, or counts one more occurrence of the open one with its key. */
  | (IncidentCause & {
      readonly change: 'incident_opened'
      /** Subject that the cause hits, e.g. a business date. The incident is open as long as it has one. */
      readonly subject?: string
      readonly severity: Incident['severity']
      readonly reason: Incident['reason']
      readonly runId: string | null
      readonly at: Instant
    })
  /**
   * Takes a subject off the open incident of that key, and resolves it with its last one; without a subject resolves it at once.
   * Nothing if there is none.
   */
  | { readonly change: 'incident_resolved'; readonly key: string; readonly subject?: string; readonly at: Instant }
  | {
      readonly change: 'incident_state'
      readonly id: string
      readonly state: IncidentState
      readonly at: Instant
      readonly until?: Instant
    }
  /** Replaces the entry of the same pipeline and location. */
  | { readonly change: 'location_imported'; readonly location: ImportedLocation }
  /** Adds what is known of a window that is no date, or replaces it. */
  | { readonly change: 'window'; readonly window: WindowRecord }
  /** Replaces the mark of that name. */
  | { readonly change: 'mark'; readonly mark: Mark }
  | { readonly change: 'audit'; readonly entry: AuditEntry }

/** Slices to list. An absent member matches all, an empty list none. */
export interface SliceFilter {
  readonly pipeline?: string
  readonly streams?: readonly string[]
  readonly shards?: readonly string[]
  readonly windows?: readonly BusinessDate[]
  readonly from?: BusinessDate
  readonly to?: BusinessDate
  readonly states?: readonly SliceState[]
}

/** Windows that are no dates. Absent members match all, empty lists nothing. */
export type WindowFilter = Pick<SliceFilter, 'pipeline' | 'streams' | 'windows'>

/** Partitions to list. Absent members match all, empty lists nothing. */
export interface PartitionFilter extends Pick<SliceFilter, 'pipeline' | 'streams' | 'from' | 'to'> {
  readonly states?: readonly Partition['state'][]
}

/** Loads to list. Absent members match all, empty lists nothing. */
export interface LoadFilter extends Pick<SliceFilter, 'pipeline' | 'streams' | 'windows'> {
  /** Those at this instant or later. */
  readonly since?: Instant
}

/** Absent members match all, empty lists nothing. */
export type KeptFileFilter = Pick<SliceFilter, 'pipeline' | 'shards' | 'windows' | 'from' | 'to'>
/** Deliveries to list. */
export interface DeliveryFilter extends SliceFilter {
  /** Those of raw objects with one of these hashes. */
  readonly sha256?: readonly string[]
}

/** Results of checks to list. */
export interface CheckFilter extends SliceFilter {
  /** Those in the state `fail` only: there are few, and an index knows them. */
  readonly failed?: boolean
}

/** Absent members match all. */
export interface MessageFilter {
  readonly runId?: string
  readonly states?: readonly Message['state'][]
  readonly pipeline?: string
  readonly kind?: Work['kind']
  readonly kinds?: readonly Work['kind'][]
  /** Those that ask for exactly this. */
  readonly work?: Work
  /** Those that name this date. */
  readonly window?: BusinessDate
  /** Those of which no delivery has failed. */
  readonly untried?: boolean
  /** Loads that wait to be sent. Of one pipeline and work they are found by an index. */
  readonly waiting?: true
  /** Leaves out rows that another program damaged. Else such a row is an error. */
  readonly undamaged?: true
}

/** Builds to list. An absent member matches all, an empty list none. */
export interface BuildFilter {
  readonly model?: string
  readonly fingerprint?: string
  readonly windows?: readonly string[]
  readonly states?: readonly Build['state'][]
}

/** Loads that wait: all of a pipeline, those of a window, or those recorded at an instant or before it. */
export interface WaitingFilter {
  readonly pipeline: string
  readonly window?: BusinessDate
  readonly recordedBy?: Instant
}

/** Absent members match all. */
export interface IncidentFilter {
  readonly states?: readonly IncidentState[]
  readonly kind?: string
  readonly pipeline?: string
  readonly stream?: string
  readonly shard?: string
  readonly window?: BusinessDate
  readonly keyPrefix?: string
}

/** Beginning of a list: at most `limit` rows. A list by window that has a limit is by the names of the windows. */
export interface Page {
  readonly limit?: number
}

/** Takes run events of OpenLineage. An event may come twice; its run id is the same then. */
export interface LineageReceiver {
  /** Most pairs of columns that one event may link; null where there is no limit. */
  readonly mostLinks: number | null
  /** @throws {DaybreakError} CATALOG_UNREACHABLE if another try may help, CATALOG_REFUSED. */
  send(event: Readonly<Record<string, unknown>>): Promise<void>
}

/** The relational record. SQLite here, PostgreSQL in the cloud, the same queries. */
export interface Ledger {
  /**
   * Applies all changes in one transaction. Rows that carry a version are compared and set; the stored version is one more.
   * A run ends once: its end may be written again as it is, at any version, and nothing else after it.
   * @throws {DaybreakError} LEDGER_CONFLICT and nothing applied when a version moved, a run has ended or an incident is
   * resolved; NOT_FOUND for an incident that does not exist, and for an `ingest` of a window that is no date and has no record;
   * LEDGER_BUSY, LEDGER_FAILED.
   */
  apply(changes: readonly Change[]): Promise<void>
  slice(key: SliceKey): Promise<Slice | null>
  /**
   * By window, shard, stream. Windows are in the order of their instants. In this and all filters an absent member matches everything, an empty list nothing.
   */
  slices(filter: SliceFilter & Page): Promise<readonly Slice[]>
  /** Windows of a pipeline that have slices, newest first: dates, and others by their instant. */
  newestWindows(pipeline: string, limit: number): Promise<readonly BusinessDate[]>
  /** Windows that are no dates, oldest first. A range of days in a filter holds those whose instant lies in it. */
  windows(filter: WindowFilter): Promise<readonly WindowRecord[]>
  /** The same in a few columns, for a caller that reads a whole week. */
  sliceLooks(filter: SliceFilter): Promise<readonly SliceLook[]>
  /** Rows and sums of published days, by window, stream, shard: a quarter of the bytes of their slices, in one read of an index. */
  dayTotals(filter: DayTotalsFilter): Promise<readonly DayTotals[]>
  /** Days that people said are known to be unusual, as they were written: in the form of config/events.yaml. */
  knownDays(): Promise<readonly Json[]>
  /** Number of slices in each state that a slice is in: one row per state, however many slices there are. */
  sliceCounts(filter: SliceFilter): Promise<Readonly<Partial<Record<SliceState, number>>>>
  /** By window, shard, stream; those of one slice oldest first. */
  deliveries(filter: DeliveryFilter & Page): Promise<readonly DeliveryRecord[]>
  /** Files of the folders of days that no contract reads, by window, shard, name. */
  keptFiles(filter: KeptFileFilter & Page): Promise<readonly KeptFile[]>
  partition(pipeline: string, stream: string, date: BusinessDate): Promise<Partition | null>
  /** The signature that covers a slice: of its shard, else of all shards. Null without one. */
  signOff(key: SliceKey): Promise<SignOff | null>
  /** All signatures under days of a pipeline, by window, shard. */
  signOffsOf(pipeline: string): Promise<readonly SignOff[]>
  /** By window, stream. */
  partitions(filter: PartitionFilter & Page): Promise<readonly Partition[]>
  /** When each manifest was loaded, by window, stream, number. */
  loads(filter: LoadFilter): Promise<readonly LoadRecord[]>
  build(key: BuildKey): Promise<Build | null>
  /** By window, model, fingerprint. */
  builds(filter: BuildFilter & Page): Promise<readonly Build[]>
  /** By model, the oldest first. */
  modelVersions(): Promise<readonly ModelVersion[]>
  /** Releases of an environment, the newest first. */
  modelReleases(filter: { readonly environment?: string } & Page): Promise<readonly ModelRelease[]>
  run(id: string): Promise<Run | null>
  /** The one that was added last first, independent of clocks. */
  runs(filter: { pipeline?: string; states?: readonly RunState[]; backfillId?: string } & Page): Promise<readonly Run[]>
  /** By window, shard, stream: entries, and looks that the messages of the run only count. */
  runSlices(runId: string): Promise<readonly RunSlice[]>
  message(id: string): Promise<Message | null>
  /** Oldest first. */
  messages(filter: MessageFilter & Page): Promise<readonly Message[]>
  /** Partitions with loads that wait, by window, stream, without damaged rows. Reads the rows it asks for, and no other pending message. */
  waitingLoads(filter: WaitingFilter): Promise<readonly WaitingLoad[]>
  /** Builds that wait to be sent, the oldest of each window: all of them, or those of some windows. By window, without damaged rows. */
  waitingBuilds(windows?: readonly BusinessDate[]): Promise<readonly Message[]>
  /** True while a load of the window is pending. Reads one row. */
  isLoading(pipeline: string, window: BusinessDate): Promise<boolean>
  /** True while an `ingest` of the window is pending and no delivery of it has failed. Reads one row. */
  isAwaited(pipeline: string, window: BusinessDate): Promise<boolean>
  /** By window, shard, stream, in the order they were reported. `states` are those of the slices they are about. */
  checks(filter: CheckFilter & Page): Promise<readonly (CheckResult & SliceKey & { readonly at: Instant })[]>
  /** Known values of the constant columns of a location. */
  constants(filter: { readonly pipeline: string; readonly shard: string }): Promise<readonly KnownConstant[]>
  /** The one that was added last first, independent of clocks. */
  incidents(filter: IncidentFilter & Page): Promise<readonly Incident[]>
  backfill(id: string): Promise<Backfill | null>
  /** The one that was added last first, independent of clocks; with `after` those that were added before that one. */
  backfills(filter: { states?: readonly BackfillState[]; after?: string } & Page): Promise<readonly Backfill[]>
  /** Null when there is none of that name. */
  mark(name: string): Promise<Mark | null>
  /** By pipeline, id. */
  importedLocations(): Promise<readonly ImportedLocation[]>
  /** The one that was added last first, independent of clocks. */
  audit(filter: Page): Promise<readonly AuditEntry[]>
  close(): Promise<void>
}

/** Moves messages to the workers that handle them: at least once, in any order. */
export interface Queue {
  /** Safe to repeat: a message that is handled already is handled again without effect. */
  publish(messages: readonly Message[]): Promise<void>
  readonly can: {
    /** Delivers a message no earlier than its `notBefore`. Another queue does not take what is not due: the next sweep publishes it. */
    readonly delay: boolean
  }
  /** Milliseconds that a load waits at most for the open `ingest` messages of its date. */
  readonly loadWait: number
}

/** Severity of a log entry, as Cloud Logging names it. */
export type Severity = 'DEBUG' | 'INFO' | 'NOTICE' | 'WARNING' | 'ERROR'

/** One line of the log. */
export interface LogEntry {
  readonly severity: Severity
  readonly message: string
  readonly code?: ErrorCode
  readonly runId?: string
  readonly step?: 'plan' | 'extract' | 'transform' | 'check' | 'stage' | 'load' | 'record' | 'build'
  readonly pipeline?: string
  readonly stream?: string
  readonly shard?: string
  readonly window?: BusinessDate
  readonly milliseconds?: number
  readonly counts?: Details
  /** Where a defect was thrown. */
  readonly stack?: string
}

/** Where what happened is told. Never throws, never blocks. */
export type Log = (entry: LogEntry) => void

/** Everything the pipeline can touch. */
export interface Ports extends DestinationPorts {
  readonly clock: Clock
  readonly objects: ObjectStore
  readonly transformer: Transformer
  readonly ledger: Ledger
  readonly queue: Queue
  readonly log: Log
  /** The source of a pipeline, by the pipeline's name. */
  readonly source: (pipeline: string) => SourceConnector
  /** Nouns of a pipeline for its shards and windows, by the pipeline's name. */
  readonly words: (pipeline: string) => Words
  /** A new id: time-ordered, unique. */
  readonly newId: () => string
  /** Set where the workers of a ledger share a machine; null where a queue service delivers to any number of machines. */
  readonly processes: Processes | null
  /** Calls hooks of pipelines of tables; absent where no pipeline has any. */
  readonly hooks?: PipelineHookCaller
  /** Runs models that are scripts. */
  readonly scripts: ScriptRunner
  /** A folder for scratch files, created and deleted around the work. */
  readonly withScratch: <T>(work: (folder: string) => Promise<T>) => Promise<T>
}
