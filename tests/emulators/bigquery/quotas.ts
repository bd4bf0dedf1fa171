import { Refusal } from './refusal.ts'

export interface QuotaLimits {
  /** Load jobs of the project in a day. */
  readonly loadJobsPerDay: number
  /** Changes of partitions of one table in a day. */
  readonly partitionChangesPerDay: number
}

export const QUOTAS: QuotaLimits = { loadJobsPerDay: 100_000, partitionChangesPerDay: 30_000 }

const DAY = 86_400_000

/** Counters that fill up within a day and start anew with the next. */
export interface Quotas {
  /** @throws {Refusal} quotaExceeded. Jobs that fail count as well. */
  takeLoadJob(): void
  /** @throws {Refusal} quotaExceeded. */
  takePartition(table: { readonly datasetId: string; readonly tableId: string }): void
}

export function createQuotas(limits: QuotaLimits, now: () => number): Quotas {
  const used = new Map<string, number>()
  const take = (name: string, limit: number, message: string) => {
    const key = `${Math.floor(now() / DAY)} ${name}`
    const count = (used.get(key) ?? 0) + 1
    if (count > limit) throw new Refusal('quotaExceeded', message)
    used.set(key, count)
  }
  return {
    takeLoadJob: () =>
      take(
        'load jobs',
        limits.loadJobsPerDay,
        'Quota exceeded: Your project exceeded quota for imports per project. For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas',
      ),
    takePartition: ({ datasetId, tableId }) =>
      take(
        `${datasetId}.${tableId.split('$')[0]}`,
        limits.partitionChangesPerDay,
        'Quota exceeded: Your table exceeded quota for Number of partition modifications to a column partitioned table. For more information, see https://cloud.google.com/bigquery/docs/troubleshoot-quotas',
      ),
  }
}
