import type { Generated, Kysely } from 'kysely'
import type { ErrorCode } from '../errors.ts'
import type {
  Backfill,
  Build,
  CheckResult,
  DeliveryRecord,
  Incident,
  Message,
  Partition,
  Run,
  RunSlice,
  Slice,
  WindowRecord,
} from '../pipeline/entities.ts'
import type { Word } from '../pipeline/words.ts'
import type { PeopleSchema, PlaceColumns } from './people/schema.ts'

/**
 * The tables of the ledger. Instants are milliseconds since 1970 in `bigint` columns, booleans are 0 or 1, nested values that
 * nothing filters by are JSON in `text`. What a person would look for has a column of its own.
 */
export interface Schema extends PeopleSchema {
  readonly schema_migrations: { version: number; name: string; applied_at: number }
  /** Steps that an earlier release cannot work with. */
  readonly schema_breaks: { version: number }
  readonly slices: SliceRow
  readonly windows: WindowRow
  readonly deliveries: DeliveryRow
  readonly kept_files: KeptFileRow
  readonly partitions: PartitionRow
  readonly loads: LoadRow
  readonly builds: BuildRow
  readonly model_versions: ModelVersionRow
  readonly model_releases: ModelReleaseRow
  readonly runs: RunRow & Numbered
  readonly run_slices: RunSliceRow
  readonly messages: MessageRow
  readonly open_ingests: OpenIngestRow
  readonly checks: CheckRow
  readonly incidents: IncidentRow & PlaceColumns & Numbered
  readonly backfills: BackfillRow & Numbered
  readonly audit: AuditRow & Numbered
  readonly imported_locations: ImportedLocationRow
  readonly marks: MarkRow
  readonly sessions: SessionRow
  readonly constants: ConstantRow
  readonly incident_subjects: SubjectRow
}

/** A connection or a transaction over the tables of the ledger. */
export type Database = Kysely<Schema>

/** Rows that are listed in the order in which the ledger took them. */
interface Numbered {
  /** Assigned by the database, so that no clock has a say. */
  sequence: Generated<number>
}

/** Columns that name a slice. */
export interface SliceKeyColumns {
  pipeline: string
  stream: string
  shard: string
  window_id: string
}

/** Columns of a reason. Both are null, or neither is. */
export interface ReasonColumns {
  reason_code: ErrorCode | null
  reason_message: string | null
}

/** Columns of a file at the source. All are null, or none is. */
export interface SourceColumns {
  source_path: string | null
  source_name: string | null
  source_bytes: number | null
  source_modified_at: number | null
}

/** Columns of a raw object. All are null, or none is. */
export interface RawColumns {
  raw_object: string | null
  raw_sha256: string | null
  raw_bytes: number | null
}

/** Columns of the rejects of a slice. All are null, or none is. */
export interface RejectsColumns {
  rejects_object: string | null
  rejects_rows: number | null
  rejects_bytes: number | null
}

/** Columns of the counts of a transform. All are null, or none is. */
export interface CountsColumns {
  lines: number | null
  records: number | null
  blank_lines: number | null
  accepted: number | null
  rejected: number | null
}

/** Row of `slices`, one per slice. */
export interface SliceRow extends SliceKeyColumns, ReasonColumns, SourceColumns, RawColumns, RejectsColumns {
  state: Slice['state']
  /** JSON of a `Delivery`. */
  delivery: string | null
  first_seen_at: number | null
  due_at: number | null
  first_loaded_at: number | null
  /** JSON of a `Sighting`. */
  sighting: string | null
  looked_at: number | null
  updated_at: number
  run_id: string | null
  version: number
}

/** Row of `deliveries`, one per slice and raw object. */
export interface DeliveryRow extends SliceKeyColumns, ReasonColumns, SourceColumns, CountsColumns {
  raw_object: string
  raw_sha256: string
  raw_bytes: number
  state: DeliveryRecord['state']
  contract: string | null
  engine: string | null
  /** JSON of `Totals`. */
  totals: string | null
  run_id: string | null
  at: number
}

/** Row of `kept_files`, one per file that no contract reads. */
export interface KeptFileRow extends ReasonColumns, RawColumns {
  pipeline: string
  shard: string
  window_id: string
  source_name: string
  source_path: string
  source_bytes: number
  source_modified_at: number
  /** JSON of a `Sighting`. */
  sighting: string | null
  at: number
}

/** Row of `partitions`, one per stream and window. */
export interface PartitionRow extends ReasonColumns {
  pipeline: string
  stream: string
  window_id: string
  wanted: number
  loaded: number
  loading: number
  epoch: number
  attempt: number
  state: Partition['state']
  job_id: string | null
  rows: number
  /** JSON of `Totals`. */
  totals: string
  updated_at: number
  version: number
}

/** Row of `builds`, one per partition of a version of a model. */
export interface BuildRow extends ReasonColumns {
  model: string
  fingerprint: string
  window_id: string
  wanted: string
  built: string
  epoch: number
  attempt: number
  state: Build['state']
  verdict: Word<'builds', 'verdict'>
  rows: number
  bytes: number | null
  staged_rows: number | null
  staged_bytes: number | null
  /** JSON array of locations. */
  missing: string
  /** JSON of `BuildCheck`s. */
  checks: string
  updated_at: number
  version: number
}

/** Row of `loads`. */
interface LoadRow {
  pipeline: string
  stream: string
  window_id: string
  number: number
  at: number
}

/** Row of `model_versions`. */
export interface ModelVersionRow {
  model: string
  fingerprint: string
  /** Fingerprint in the name of the table. */
  table_fingerprint: string
  /** JSON of the compiled model. */
  definition: string
  /** JSON array of fingerprints. */
  accepts: string
  created_at: number
}

/** Row of `model_releases`. */
export interface ModelReleaseRow {
  environment: string
  number: number
  /** JSON: fingerprints by model. */
  versions: string
  made_by: string
  at: number
}

/** Row of `runs`. */
export interface RunRow extends ReasonColumns {
  id: string
  pipeline: string
  trigger: Run['trigger']
  state: Run['state']
  /** JSON of a `RunScope`. */
  scope: string
  slices: number
  rows: number
  rejected: number
  /** Always 0: read by releases that had it. */
  bytes: number
  /** Looks that found nothing new. */
  unchanged: number
  backfill_id: string | null
  created_at: number
  started_at: number | null
  finished_at: number | null
  lease_until: number
  owner: string | null
  version: number
}

/** Row of `run_slices`, one per slice that a run looked at and found changed. */
export interface RunSliceRow extends SliceKeyColumns, ReasonColumns, CountsColumns {
  run_id: string
  outcome: RunSlice['outcome']
  milliseconds: number
  at: number
}

/** Row of `messages`: the outbox. */
export interface MessageRow extends ReasonColumns {
  id: string
  run_id: string | null
  kind: Word<'messages', 'kind'>
  pipeline: string
  /** Window of a load or build; null for other kinds of work. */
  window_id: string | null
  /** JSON of a `Work`. */
  work: string
  state: Message['state']
  attempts: number
  not_before: number
  /** JSON of `UnchangedLooks`; null for none. */
  unchanged: string | null
  created_at: number
  /** Null for a load or build that waits. */
  sent_at: number | null
  version: number
}

/** Row of `open_ingests`, a window of an `ingest` that is pending and untried. Made and removed with the state of the message. */
export interface OpenIngestRow {
  message_id: string
  pipeline: string
  window_id: string
}

/** Row of `windows`: one whose name is no date. */
export interface WindowRow {
  pipeline: string
  stream: string
  window_id: string
  mode: WindowRecord['mode']
  low: string | null
  high: string | null
  /** JSON of `Totals`. */
  source_totals: string | null
  state: WindowRecord['state']
  at: number
}

/** Row of `checks`, one per slice and check. */
export interface CheckRow extends SliceKeyColumns {
  /** Place in the list of results, from 0. */
  position: number
  name: string
  rule: string | null
  state: CheckResult['state']
  effect: CheckResult['effect']
  tested: number
  failed: number
  message: string
  at: number
}

/** Row of `incidents`. */
export interface IncidentRow {
  id: string
  key: string
  kind: string
  pipeline: string | null
  stream: string | null
  shard: string | null
  window_id: string | null
  state: Incident['state']
  severity: Incident['severity']
  reason_code: ErrorCode
  reason_message: string
  run_id: string | null
  opened_at: number
  updated_at: number
  resolved_at: number | null
  snoozed_until: number | null
  occurrences: number
}

/** Row of `backfills`. */
export interface BackfillRow extends ReasonColumns {
  id: string
  pipeline: string
  state: Backfill['state']
  from_window: string
  to_window: string
  /** JSON arrays of names. */
  shards: string
  streams: string
  run_ids: string
  from_archive: number
  force: number
  reload: number
  /** Length of its windows; null for days. */
  unit: Backfill['unit'] | null
  next_window: string
  created_at: number
  updated_at: number
  version: number
}

/** Row of `audit`. */
export interface AuditRow {
  id: string
  at: number
  actor: string
  action: string
  subject: string
  details: string
  role: string | null
  request_id: string | null
  /** JSON of the subject before and after. */
  before: string | null
  after: string | null
}

/** Row of `marks`. */
interface MarkRow {
  name: string
  value: string
  at: number
}

/** Row of `imported_locations`. */
interface ImportedLocationRow {
  pipeline: string
  location: string
  time_zone: string
  closeout_hour: number
  imported_at: number
}

/** A value that a column of a location has had. */
interface ConstantRow {
  pipeline: string
  shard: string
  stream: string
  column: string
  value: string
  at: number
}

/** Subjects of an unresolved incident. */
interface SubjectRow {
  key: string
  subject: string
  at: number
}

/** One per connection to a server: whether a COMMIT went in when its answer was lost. A file needs none. */
interface SessionRow {
  id: string
  /** Number of the connection's last transaction that went in. */
  last_commit: number
  at: number
}
