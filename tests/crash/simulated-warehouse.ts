import { existsSync } from 'node:fs'
import { epochOf } from '../../functions/lib/job-id.ts'
import type { LoadEntry, LoadJob, Warehouse } from '../../functions/pipeline/destination.ts'
import { DUCKDB } from '../../functions/sql/dialects/duckdb/dialect.ts'
import { listedContent } from '../support/listed-content.ts'

/** A warehouse far away, in a few maps: its jobs go on by themselves, also when the worker that started them has died. */
export interface SimulatedWarehouse extends Warehouse {
  /** Another one that holds the same. */
  copy(): SimulatedWarehouse
}

interface State {
  /** `stream/date` to what was loaded into it. */
  readonly partitions: Map<string, readonly LoadEntry[]>
  readonly jobs: Map<string, { readonly job: LoadJob; readonly state: JobState; readonly age: number }>
}

type JobState = 'running' | 'done' | { readonly missing: string }

// Calls of any kind that pass before a job commits: long enough for a waiting worker to see it running.
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
    for (const [id, { job, state, age }] of jobs) {
      if (state !== 'running') continue
      jobs.set(id, { job, age: age + 1, state: age < CALLS_TO_COMMIT ? state : commit(job) })
    }
  }
  const commit = ({ table, window, entries }: LoadJob): JobState => {
    const gone = entries.map(({ part }) => part.uri).find((path) => !existsSync(path))
    if (gone !== undefined) return { missing: gone }
    partitions.set(`${table.name}/${window}`, entries)
    return 'done'
  }
  const contentOf = (stream: string, window: string) => listedContent(partitions.get(`${stream}/${window}`) ?? [])
  return {
    dialect: DUCKDB,
    can: { replace: true, merge: false, transaction: true, ddl: true, remembersJobs: true, query: true },
    async ensureTable() {
      passTime()
    },
    describeTable: async () => null,
    async startLoad(job) {
      passTime()
      const created = !jobs.has(job.id)
      if (created) jobs.set(job.id, { job, age: 0, state: 'running' })
      return { created }
    },
    async loadStatus({ id, table, window }) {
      passTime()
      const state = jobs.get(id)?.state
      if (state === undefined) return null
      if (state === 'running') return { state }
      if (state === 'done') return { state, ...contentOf(table.name, window) }
      return { state: 'failed', permanent: true, code: 'OBJECT_MISSING', message: state.missing }
    },
    async isRunning(id) {
      passTime()
      return jobs.get(id)?.state === 'running'
    },
    async survey(tables, windows) {
      return tables.flatMap(({ name }) =>
        windows.flatMap((window) => {
          const own = [...jobs.values()].filter(({ job }) => job.table.name === name && job.window === window)
          const epoch = Math.max(0, ...own.map(({ job }) => epochOf(job.id)))
          return epoch === 0 ? [] : [{ stream: name, window, epoch, rows: contentOf(name, window).rows }]
        }),
      )
    },
    partitionTotals: async (table, date) => contentOf(table.name, date),
    shardTotals: () => unused('shardTotals'),
    async query(sql) {
      const [, stream] = /FROM toast\."(\w+)"/.exec(sql) ?? []
      const own = [...partitions].filter(([key]) => key.startsWith(`${stream}/`)).toSorted()
      const rows = own.flatMap(([key, entries]) =>
        entries.map(({ part: { uri } }) => [key, uri.slice(uri.indexOf('/parts/'))]),
      )
      return { columns: ['partition', 'part'], rows }
    },
    close: async () => undefined,
    copy: () => createSimulatedWarehouse({ partitions: new Map(partitions), jobs: new Map(jobs) }),
  }
}

function unused(name: string): never {
  throw new TypeError(`${name} of the simulated warehouse is not simulated`)
}
