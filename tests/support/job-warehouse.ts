import { sumTotals } from '../../functions/pipeline/manifest.ts'
import type { ManifestEntry } from '../../functions/pipeline/model.ts'
import type { LoadJob, LoadStatus, Warehouse } from '../../functions/pipeline/ports.ts'

/** A warehouse that takes jobs and ends them later, in any order, as BigQuery does; it believes what manifests say. */
export interface JobWarehouse extends Warehouse {
  /** Jobs that were started and have not ended, in the order they were started. */
  running(): readonly LoadJob[]
  /** Ends a job: its entries become the table, or it fails. */
  end(id: string, status?: LoadStatus): void
  /** What the partition holds. */
  readonly table: readonly ManifestEntry[]
  /** All jobs that became the table, in order. */
  readonly commits: readonly LoadJob[]
}

/** `atOnce` ends a job as it starts, by what it says of the job. */
export function createJobWarehouse(atOnce?: (job: LoadJob) => LoadStatus | undefined): JobWarehouse {
  const jobs = new Map<string, { readonly job: LoadJob; status: LoadStatus }>()
  const commits: LoadJob[] = []
  const warehouse: JobWarehouse = {
    dialect: 'duckdb',
    commits,
    get table() {
      return commits.at(-1)?.entries ?? []
    },
    running: () => [...jobs.values()].filter(({ status }) => status.state === 'running').map(({ job }) => job),
    end(id, status) {
      const found = jobs.get(id)!
      found.status = status ?? done(found.job)
      if (found.status.state === 'done') commits.push(found.job)
    },
    ensureTable: async () => undefined,
    async startLoad(job) {
      if (jobs.has(job.id)) return
      jobs.set(job.id, { job, status: { state: 'running' } })
      if (atOnce) warehouse.end(job.id, atOnce(job))
    },
    loadStatus: async (id) => jobs.get(id)?.status ?? null,
    partitionTotals: async () => ({ rows: 0, totals: {} }),
    locationTotals: async () => [],
    query: async () => ({ columns: [], rows: [] }),
    close: async () => undefined,
  }
  return warehouse
}

function done({ entries }: LoadJob): LoadStatus {
  return {
    state: 'done',
    rows: entries.reduce((sum, { part }) => sum + part.rows, 0),
    totals: sumTotals(entries.map(({ totals }) => totals)),
  }
}
