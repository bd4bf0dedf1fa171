import { epochOf } from '../../functions/lib/job-id.ts'
import type {
  LoadJob,
  LoadStatus,
  PartitionContent,
  SourceRows,
  Table,
  Warehouse,
} from '../../functions/pipeline/destination.ts'
import { BIGQUERY } from '../../functions/sql/dialects/bigquery/dialect.ts'
import type { Chance } from './chance.ts'
import { type Row, totalsOf } from './file.ts'
import type { Time } from './time.ts'
import type { Watch } from './watch.ts'

/** A warehouse far away whose jobs take their time, and end whether or not anybody still waits for them. */
export interface SimWarehouse extends Warehouse {
  /** Rows of a partition. */
  rows(stream: string, window: string): readonly Row[]
  /** Probability that a job fails through no fault of its own. */
  failing: number
}

interface World {
  readonly time: Time
  readonly chance: Chance
  readonly objects: ReadonlyMap<string, Uint8Array>
  readonly watch: Watch
}

export function createSimWarehouse({ time, chance, objects, watch }: World): SimWarehouse {
  const tables = new Map<string, readonly Row[]>()
  const jobs = new Map<string, { readonly job: LoadJob; status: LoadStatus }>()
  const origins = new Map<string, readonly SourceRows[]>()
  const contentOf = (table: Table, window: string): PartitionContent => {
    const rows = tables.get(`${table.name}/${window}`) ?? []
    const sources = origins.get(`${table.name}/${window}`) ?? []
    return { rows: rows.length, totals: table.totals.length > 0 ? totalsOf(rows) : {}, sources }
  }
  const commit = ({ table, window, entries, ...job }: LoadJob): LoadStatus => {
    const missing = entries.find(({ part }) => !objects.has(part.uri))
    if (missing) return { state: 'failed', permanent: true, code: 'OBJECT_MISSING', message: missing.part.uri }
    const rowsOf = (uri: string): Row[] => JSON.parse(Buffer.from(objects.get(uri)!).toString())
    const rows = entries.flatMap(({ part }) => rowsOf(part.uri))
    origins.set(
      `${table.name}/${window}`,
      entries.map(({ shard, rawSha256, part }) => ({ shard, rawSha256, rows: rowsOf(part.uri).length })),
    )
    tables.set(`${table.name}/${window}`, rows)
    watch.committed({ ...job, table, window, entries }, rows)
    return { state: 'done', ...contentOf(table, window) }
  }
  const warehouse: SimWarehouse = {
    dialect: BIGQUERY,
    can: { replace: true, merge: false, transaction: true, ddl: true, remembersJobs: false, query: true },
    failing: 0,
    rows: (stream, window) => tables.get(`${stream}/${window}`) ?? [],
    ensureTable: async () => undefined,
    describeTable: async () => null,
    async startLoad(job) {
      if (jobs.has(job.id)) return { created: false }
      const running = [...jobs.values()].filter(({ status }) => status.state === 'running').map((each) => each.job)
      watch.started(job, running)
      const entry: { readonly job: LoadJob; status: LoadStatus } = { job, status: { state: 'running' } }
      jobs.set(job.id, entry)
      const fails = chance.is(warehouse.failing)
      const wait = chance.is(0.03) ? chance.latency(100_000) : chance.latency(1_000)
      time.at(time.now() + wait, () => {
        entry.status = fails ? { state: 'failed', permanent: false, message: 'the backend failed' } : commit(job)
      })
      return { created: true }
    },
    async loadStatus({ id, table, window }) {
      const status = jobs.get(id)?.status ?? null
      return status?.state === 'done' ? { state: 'done', ...contentOf(table, window) } : status
    },
    isRunning: async (id) => jobs.get(id)?.status.state === 'running',
    survey: async (surveyed, windows) =>
      surveyed.flatMap((table) =>
        windows.flatMap((window) => {
          const ids = [...jobs.values()].filter(({ job }) => job.table.name === table.name && job.window === window)
          const epoch = Math.max(0, ...ids.map(({ job }) => epochOf(job.id)))
          return epoch === 0 ? [] : [{ stream: table.name, window, epoch, rows: null }]
        }),
      ),
    partitionTotals: async (table, date) => contentOf(table, date),
    shardTotals: async () => [],
    query: async () => ({ columns: [], rows: [] }),
    close: async () => undefined,
  }
  return warehouse
}
