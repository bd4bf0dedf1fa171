import { existsSync } from 'node:fs'
import { sumTotals } from '../../functions/pipeline/manifest.ts'
import type { LoadJob, LoadStatus, Warehouse } from '../../functions/pipeline/ports.ts'

/** A warehouse far away, in a few maps: its jobs go on by themselves, whoever started them has died or not. */
export interface SimulatedWarehouse extends Warehouse {
  /** Another one that holds the same. */
  copy(): SimulatedWarehouse
}

interface State {
  /** `stream/date` to the parts in it. */
  readonly partitions: Map<string, readonly string[]>
  readonly jobs: Map<string, { readonly job: LoadJob; readonly status: LoadStatus; readonly age: number }>
}

// Calls of any kind that pass before a job commits: long enough for whoever waits to see it running.
const CALLS_TO_COMMIT = 2

/**
 * A table is the names of the parts that were loaded: parts are pure functions of their names, so equal names are equal
 * rows. It counts from the manifest's entries what a real warehouse counts in its rows.
 */
export function createSimulatedWarehouse(
  state: State = { partitions: new Map(), jobs: new Map() },
): SimulatedWarehouse {
  const { partitions, jobs } = state
  const passTime = () => {
    for (const [id, { job, status, age }] of jobs) {
      if (status.state !== 'running') continue
      jobs.set(id, { job, age: age + 1, status: age < CALLS_TO_COMMIT ? status : commit(job) })
    }
  }
  const commit = ({ table, date, entries }: LoadJob): LoadStatus => {
    const parts = entries.map(({ part }) => part.object)
    const gone = parts.find((path) => !existsSync(path))
    if (gone !== undefined) return { state: 'failed', permanent: true, code: 'OBJECT_MISSING', message: gone }
    partitions.set(`${table.name}/${date}`, parts)
    const rows = entries.reduce((sum, { part }) => sum + part.rows, 0)
    return { state: 'done', rows, totals: sumTotals(entries.map(({ totals }) => totals)) }
  }
  return {
    dialect: 'duckdb',
    async ensureTable() {
      passTime()
    },
    async startLoad(job) {
      passTime()
      if (!jobs.has(job.id)) jobs.set(job.id, { job, age: 0, status: { state: 'running' } })
    },
    async loadStatus(id) {
      passTime()
      return jobs.get(id)?.status ?? null
    },
    partitionTotals: () => unused('partitionTotals'),
    locationTotals: () => unused('locationTotals'),
    async query(sql) {
      const [, stream] = /FROM toast\."(\w+)"/.exec(sql) ?? []
      const own = [...partitions].filter(([key]) => key.startsWith(`${stream}/`)).toSorted()
      const rows = own.flatMap(([key, parts]) => parts.map((path) => [key, path.slice(path.indexOf('/parts/'))]))
      return { columns: ['partition', 'part'], rows }
    },
    close: async () => undefined,
    copy: () => createSimulatedWarehouse({ partitions: new Map(partitions), jobs: new Map(jobs) }),
  }
}

function unused(name: string): never {
  throw new TypeError(`${name} of the simulated warehouse is not simulated`)
}
