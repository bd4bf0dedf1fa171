import { Refusal } from './refusal.ts'

/** How a table counts: by its partitions, or as a whole. */
export type TableKind = 'column-partitioned' | 'ingestion-partitioned' | 'unpartitioned'

export interface QuotaLimits {
  /** Load jobs of the project in a day. */
  readonly loadJobsPerDay: number
  /** Changes of one unpartitioned table in a day, by jobs. */
  readonly tableChangesPerDay: number
  /** Changes of partitions of one table in a day. */
  readonly partitionChangesPerDay: number
  /** The same of a table that is partitioned by the time of ingestion. */
  readonly ingestionPartitionChangesPerDay: number
  /** Changes of one unpartitioned table in ten seconds. */
  readonly tableChangesPerTenSeconds: number
  /** Changes of one partitioned table in ten seconds. */
  readonly partitionChangesPerTenSeconds: number
}

/** https://cloud.google.com/bigquery/quotas#load_jobs, #standard_tables, #partitioned_tables */
export const QUOTAS: QuotaLimits = {
  loadJobsPerDay: 100_000,
  tableChangesPerDay: 1_500,
  partitionChangesPerDay: 30_000,
  ingestionPartitionChangesPerDay: 11_000,
  tableChangesPerTenSeconds: 5,
  partitionChangesPerTenSeconds: 50,
}

const DAY = 86_400_000
const TEN_SECONDS = 10_000
const SEE = 'For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas'

/** Counters that start again with the next day, or the next ten seconds. */
export interface Quotas {
  /** @throws {Refusal} quotaExceeded. Jobs that fail count as well. */
  takeLoadJob(): void
  /** @throws {Refusal} quotaExceeded, rateLimitExceeded. */
  takeChange(table: { readonly datasetId: string; readonly tableId: string }, kind: TableKind): void
}

export function createQuotas(limits: QuotaLimits, now: () => number): Quotas {
  const used = new Map<string, number>()
  const take = (name: string, { limit, period }: { limit: number; period: number }, refusal: () => Refusal) => {
    const key = `${period} ${Math.floor(now() / period)} ${name}`
    const count = (used.get(key) ?? 0) + 1
    if (count > limit) throw refusal()
    used.set(key, count)
  }
  return {
    takeLoadJob: () =>
      take('load jobs', { limit: limits.loadJobsPerDay, period: DAY }, () =>
        exceeded('Your project exceeded quota for imports per project.'),
      ),
    takeChange({ datasetId, tableId }, kind) {
      const name = `${datasetId}.${tableId.split('$')[0]}`
      take(name, { limit: perTenSeconds(limits, kind), period: TEN_SECONDS }, tooFast)
      take(name, { limit: perDay(limits, kind), period: DAY }, () => exceeded(QUOTA_WORDS[kind]))
    },
  }
}

const QUOTA_WORDS: Readonly<Record<TableKind, string>> = {
  'column-partitioned':
    'Your table exceeded quota for Number of partition modifications to a column partitioned table.',
  'ingestion-partitioned':
    'Your table exceeded quota for Number of partition modifications to an ingestion-time partitioned table.',
  unpartitioned: 'Your table exceeded quota for imports or query appends per table.',
}

function perDay(limits: QuotaLimits, kind: TableKind): number {
  if (kind === 'unpartitioned') return limits.tableChangesPerDay
  return kind === 'column-partitioned' ? limits.partitionChangesPerDay : limits.ingestionPartitionChangesPerDay
}

function perTenSeconds(limits: QuotaLimits, kind: TableKind): number {
  return kind === 'unpartitioned' ? limits.tableChangesPerTenSeconds : limits.partitionChangesPerTenSeconds
}

function exceeded(what: string): Refusal {
  return new Refusal('quotaExceeded', `Quota exceeded: ${what} ${SEE}`)
}

function tooFast(): Refusal {
  const what = 'too many table update operations for this table.'
  return new Refusal('rateLimitExceeded', `Exceeded rate limits: ${what} ${SEE}`)
}
