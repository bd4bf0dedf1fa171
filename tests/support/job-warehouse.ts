import { epochOf } from '../../functions/lib/job-id.ts'
import type { LoadEntry, LoadJob, LoadStatus, Warehouse } from '../../functions/pipeline/destination.ts'
import { DUCKDB } from '../../functions/sql/dialects/duckdb/dialect.ts'
import { listedContent } from './listed-content.ts'

/** A warehouse that takes jobs and ends them later, in any order, as BigQuery does; it believes what manifests say. */
export interface JobWarehouse extends Warehouse {
  /** Jobs that were started and have not ended, in the order they were started. */
  running(): readonly LoadJob[]
  /** Ends a job: its entries become the table, or it fails. */
  end(id: string, status?: LoadStatus): void
  /** Contents of the partition. */
  readonly table: readonly LoadEntry[]
  /** All jobs that became the table, in order. */
  readonly commits: readonly LoadJob[]
}

/** `atOnce` ends a job as it starts, by what it says of the job. */
export function createJobWarehouse(atOnce?: (job: LoadJob) => LoadStatus | undefined): JobWarehouse {
  const jobs = new Map<string, { readonly job: LoadJob; status: LoadStatus }>()
  const commits: LoadJob[] = []
  const warehouse: JobWarehouse = {
    dialect: DUCKDB,
    can: { replace: true, merge: false, transaction: true, ddl: true, remembersJobs: false, query: true },
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
    describeTable: async () => null,
    async startLoad(job) {
      if (jobs.has(job.id)) return { created: false }
      jobs.set(job.id, { job, status: { state: 'running' } })
      if (atOnce) warehouse.end(job.id, atOnce(job))
      return { created: true }
    },
    async loadStatus({ id }) {
      const found = jobs.get(id)
      // What was told of the job is believed as long as no other came after it.
      const isNewest = found?.status.state !== 'done' || commits.at(-1) === found.job
      return found === undefined ? null : isNewest ? found.status : { state: 'done', ...listedContent(warehouse.table) }
    },
    isRunning: async (id) => jobs.get(id)?.status.state === 'running',
    survey: async ([table], [date]) => {
      const epoch = Math.max(0, ...[...jobs.keys()].map(epochOf))
      return table && date && epoch > 0
        ? [{ stream: table.name, window: date, epoch, rows: listedContent(warehouse.table).rows }]
        : []
    },
    partitionTotals: async () => listedContent(warehouse.table),
    shardTotals: async () => [],
    query: async () => ({ columns: [], rows: [] }),
    close: async () => undefined,
  }
  return warehouse
}

function done({ entries }: LoadJob): LoadStatus {
  return { state: 'done', ...listedContent(entries) }
}
