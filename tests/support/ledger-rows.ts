import type {
  AuditEntry,
  Backfill,
  Build,
  BuildBase,
  CheckResult,
  Delivery,
  DeliveryRecord,
  HeldBuild,
  IdleBuild,
  IdlePartition,
  KeptFile,
  Message,
  PartitionBase,
  PendingBuild,
  PendingPartition,
  QuarantinedPartition,
  Run,
  RunSlice,
  Slice,
  SliceKey,
  SliceMembers,
  WindowRecord,
} from '../../functions/pipeline/entities.ts'
import type { Change } from '../../functions/pipeline/ports.ts'
import { fitSlice } from './fit-slice.ts'

/** Rows of the ledger with every field set, to change what a test is about. */
export const KEY: SliceKey = { pipeline: 'toast', stream: 'order_details', shard: '185129', window: '2025-02-05' }

export const aDelivery: Delivery = {
  raw: { object: 'raw/toast/185129/2025-02-05/OrderDetails.csv/abc', sha256: 'abc', bytes: 1234 },
  contract: 'c0ffee',
  engine: 'e1',
  part: { object: 'parts/toast/order_details/2025-02-05/185129/abc.parquet', rows: 40, bytes: 900 },
  rejects: { object: 'parts/toast/rejects/2025-02-05/185129/abc.parquet', rows: 2, bytes: 90 },
  counts: { lines: 44, records: 43, blankLines: 1, accepted: 40, rejected: 2 },
  totals: { amount: '12345678901234567890.12', tax: '-0.01' },
  stagedAt: 1_738_800_000_002,
}

export function aSlice(changes: Partial<SliceMembers> = {}): Slice {
  const members: SliceMembers = {
    ...KEY,
    state: 'staged',
    reason: { code: 'FILE_CHANGED', message: 'it’s “still” being written — 注文 🍔' },
    source: {
      path: '/185129/20250205/OrderDetails.csv',
      name: 'OrderDetails.csv',
      bytes: 1234,
      modifiedAt: 1_738_799_999_999,
    },
    raw: aDelivery.raw,
    delivery: aDelivery,
    rejects: aDelivery.rejects,
    firstSeenAt: 1_738_800_000_000,
    dueAt: 1_738_790_000_000,
    firstLoadedAt: 1_738_800_000_004,
    sighting: { bytes: 1240, modifiedAt: 1_738_799_999_998, since: 1_738_800_000_000, waitingSince: 1_738_799_999_000 },
    lookedAt: 1_738_800_000_001,
    updatedAt: 1_738_800_000_003,
    runId: 'run-1',
    version: 0,
    ...changes,
  }
  return fitSlice(members, aDelivery)
}

export function aKeptFile(changes: Partial<KeptFile> = {}): KeptFile {
  return {
    ...{ pipeline: KEY.pipeline, shard: KEY.shard, window: KEY.window },
    source: { path: '/185129/20250205/AccountingReport.xls', name: 'AccountingReport.xls', bytes: 9, modifiedAt: 5 },
    raw: { object: 'raw/toast/185129/2025-02-05/AccountingReport.xls/abc', sha256: 'abc', bytes: 9 },
    sighting: { bytes: 10, modifiedAt: 6, since: 8, waitingSince: 7 },
    reason: { code: 'FILE_TOO_LARGE', message: 'a file' },
    at: 1_738_800_000_004,
    ...changes,
  }
}

export function aDeliveryRecord(changes: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    ...KEY,
    raw: aDelivery.raw,
    state: 'staged',
    contract: 'c0ffee',
    engine: 'e1',
    counts: aDelivery.counts,
    totals: aDelivery.totals,
    reason: { code: 'CHECK_BLOCKED', message: 'a check' },
    source: aSlice().source,
    runId: 'run-1',
    at: 1_738_800_000_004,
    ...changes,
  }
}

/** A window of the ledger that is no date. */
export function aWindow(changes: Partial<WindowRecord> = {}): WindowRecord {
  return {
    pipeline: 'toast',
    stream: 'order_details',
    window: 'w000001',
    mode: 'incremental',
    low: '10',
    high: '20',
    sourceTotals: { amount: '12.50' },
    state: 'planned',
    at: 1_738_800_000_000,
    ...changes,
  }
}

const partition: PartitionBase = {
  pipeline: 'toast',
  stream: 'order_details',
  window: '2025-02-05',
  wanted: 3,
  loaded: 2,
  epoch: 7,
  attempt: 1,
  rows: 1000,
  totals: { amount: '1.10' },
  updatedAt: 1_738_800_000_005,
  version: 0,
}
const job = { loading: 3, jobId: 'local_order_details_20250205_e7_a1' }

export function aPartition(changes: Partial<PartitionBase> = {}): PendingPartition {
  return { ...partition, state: 'pending', ...job, ...changes }
}

export function anIdlePartition(changes: Partial<IdlePartition> = {}): IdlePartition {
  return { ...partition, state: 'idle', jobId: job.jobId, ...changes }
}

export function aQuarantinedPartition(changes: Partial<PartitionBase> = {}): QuarantinedPartition {
  const reason = { code: 'WAREHOUSE_FAILED', message: 'backend error' } as const
  return { ...partition, state: 'quarantined', ...job, reason, ...changes }
}

/** One maker for each state. */
export const PARTITIONS = [aPartition, anIdlePartition, aQuarantinedPartition] as const

const build: BuildBase = {
  ...{ model: 'daily_sales', fingerprint: '0a1b2c3d', window: '2025-02-05' },
  ...{ wanted: 'a'.repeat(64), built: 'b'.repeat(64), epoch: 7, attempt: 1, rows: 12, bytes: null },
  ...{ missing: [], checks: [], updatedAt: 1_738_800_000_005, version: 0 },
}

export function aBuild(changes: Partial<PendingBuild> = {}): PendingBuild {
  return { ...build, state: 'pending', verdict: 'pass', staged: { rows: 13, bytes: 10_485_760 }, ...changes }
}

export function anIdleBuild(changes: Partial<BuildBase> = {}): IdleBuild {
  return { ...build, state: 'idle', ...changes }
}

export function aHeldBuild(changes: Partial<BuildBase> = {}): HeldBuild {
  return { ...build, state: 'held', reason: { code: 'MODEL_HELD', message: 'a check' }, ...changes }
}

/** One maker for each state. */
export const BUILDS: readonly ((changes?: Partial<BuildBase>) => Build)[] = [aBuild, anIdleBuild, aHeldBuild]

export function aRun(changes: Partial<Run> = {}): Run {
  return {
    id: 'run-1',
    pipeline: 'toast',
    trigger: 'cli',
    state: 'running',
    scope: { windows: ['2025-02-05'], shards: ['185129'], fromArchive: true },
    reason: { code: 'INCOMPLETE', message: 'one is missing' },
    counts: { slices: 7, rows: 2 ** 40, rejected: 3, unchanged: 4 },
    backfillId: 'backfill-1',
    createdAt: 1_738_800_000_000,
    startedAt: 1_738_800_000_001,
    finishedAt: null,
    leaseUntil: 1_738_800_900_000,
    owner: '{"machine":"laptop","pid":7}',
    version: 0,
    ...changes,
  }
}

export function aRunSlice(changes: Partial<RunSlice> = {}): RunSlice {
  return {
    ...KEY,
    runId: 'run-1',
    outcome: 'staged',
    reason: { code: 'DRIFT_NEW_COLUMN', message: 'a column' },
    counts: aDelivery.counts,
    milliseconds: 321,
    ...changes,
  }
}

export function aMessage(changes: Partial<Message> = {}): Message {
  return {
    id: 'message-1',
    runId: 'run-1',
    work: { kind: 'ingest', pipeline: 'toast', shard: '185129', windows: ['2025-02-05', '2025-02-04'] },
    state: 'pending',
    attempts: 2,
    notBefore: 1_738_800_060_000,
    unchanged: [],
    reason: { code: 'SOURCE_UNREACHABLE', message: 'connection reset' },
    createdAt: 1_738_800_000_000,
    sentAt: 1_738_800_000_000,
    version: 0,
    ...changes,
  }
}

export function aCheck(changes: Partial<CheckResult> = {}): CheckResult {
  return {
    check: 'total_adds_up',
    rule: 'R1',
    state: 'warn',
    effect: 'quarantine',
    tested: 40,
    failed: 1,
    message: '1 of 40 rows differs by more than 0.01',
    ...changes,
  }
}

export function aBackfill(changes: Partial<Backfill> = {}): Backfill {
  return {
    id: 'backfill-1',
    pipeline: 'toast',
    state: 'paused',
    from: '2025-01-01',
    to: '2025-01-31',
    unit: 'day',
    shards: ['185129', '7'],
    streams: ['order_details'],
    fromArchive: true,
    force: false,
    reload: true,
    next: '2025-01-09',
    runIds: ['run-1', 'run-2'],
    reason: { code: 'CANCELLED', message: 'by hand' },
    createdAt: 1_738_800_000_000,
    updatedAt: 1_738_800_000_009,
    version: 0,
    ...changes,
  }
}

export function anAuditEntry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: 1_738_800_000_000,
    actor: 'ann',
    action: 'runs.cancel',
    subject: 'run-1',
    details: '{"why":"test"}',
    ...changes,
  }
}

export function anIncident(changes: Partial<Extract<Change, { change: 'incident_opened' }>> = {}): Change {
  return {
    change: 'incident_opened',
    key: 'missing/toast/185129/2025-02-05',
    kind: 'missing',
    pipeline: 'toast',
    stream: null,
    shard: '185129',
    window: null,
    severity: 'warning',
    reason: { code: 'INCOMPLETE', message: 'missing order_details' },
    runId: 'run-1',
    at: 1_738_800_000_000,
    ...changes,
  }
}

/** The row as it is stored: one version on. */
export function stored<Row extends { readonly version: number }>(row: Row): Row {
  return { ...row, version: row.version + 1 }
}
