import type { LoadJob, LoadStatus, Warehouse } from '../../functions/pipeline/ports.ts'
import type { Chance } from './chance.ts'
import { type Row, totalsOf } from './file.ts'
import type { Time } from './time.ts'
import type { Watch } from './watch.ts'

/** A warehouse far away whose jobs take their time, and end whether or not anybody still waits for them. */
export interface SimWarehouse extends Warehouse {
  /** Rows of a partition. */
  rows(stream: string, date: string): readonly Row[]
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
  const commit = ({ table, date, entries, ...job }: LoadJob): LoadStatus => {
    const missing = entries.find(({ part }) => !objects.has(part.object))
    if (missing) return { state: 'failed', permanent: true, code: 'OBJECT_MISSING', message: missing.part.object }
    const rows = entries.flatMap(({ part }): Row[] => JSON.parse(Buffer.from(objects.get(part.object)!).toString()))
    tables.set(`${table.name}/${date}`, rows)
    watch.committed({ ...job, table, date, entries }, rows)
    return { state: 'done', rows: rows.length, totals: table.totals.length > 0 ? totalsOf(rows) : {} }
  }
  const warehouse: SimWarehouse = {
    dialect: 'bigquery',
    failing: 0,
    rows: (stream, date) => tables.get(`${stream}/${date}`) ?? [],
    ensureTable: async () => undefined,
    async startLoad(job) {
      if (jobs.has(job.id)) return
      const running = [...jobs.values()].filter(({ status }) => status.state === 'running').map((each) => each.job)
      watch.started(job, running)
      const entry: { readonly job: LoadJob; status: LoadStatus } = { job, status: { state: 'running' } }
      jobs.set(job.id, entry)
      const fails = chance.is(warehouse.failing)
      const wait = chance.is(0.03) ? chance.latency(100_000) : chance.latency(1_000)
      time.at(time.now() + wait, () => {
        entry.status = fails ? { state: 'failed', permanent: false, message: 'the backend failed' } : commit(job)
      })
    },
    loadStatus: async (id) => jobs.get(id)?.status ?? null,
    partitionTotals: async (table, date) => {
      const rows = warehouse.rows(table.name, date)
      return { rows: rows.length, totals: totalsOf(rows) }
    },
    locationTotals: async () => [],
    query: async () => ({ columns: [], rows: [] }),
    close: async () => undefined,
  }
  return warehouse
}
