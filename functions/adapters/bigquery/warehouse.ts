import { DaybreakError } from '../../errors.ts'
import {
  type BuildStatus,
  type LoadJob,
  type LoadStatus,
  type ModelWarehouse,
  nothingIn,
  type Started,
} from '../../pipeline/destination.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'
import { BIGQUERY } from '../../sql/dialects/bigquery/dialect.ts'
import { buildStatus, drop, estimate, publishPartition, setView, startBuild } from './build.ts'
import type { Context } from './call.ts'
import { createCircuit } from './circuit.ts'
import { openBigquery } from './client.ts'
import { countPartition, countShards } from './count.ts'
import { insertJob } from './jobs.ts'
import { jobConfiguration } from './load-configuration.ts'
import { createMemory } from './memory.ts'
import { runQuery } from './query.ts'
import { describeTable } from './read-table.ts'
import { isRunning, loadStatus, toFailed } from './status.ts'
import { createSurvey } from './survey.ts'
import { ensureModelTable, ensureTable, type TableFacts } from './tables.ts'

// A quota of BigQuery: https://cloud.google.com/bigquery/quotas#load_jobs
const LOADS_PER_TABLE_AND_DAY = 1_500

/** Project, limits and clock of a warehouse. */
export interface BigqueryWarehouseOptions {
  /** Project id. */
  readonly project: string
  /** Location of the datasets and of all jobs, e.g. `US`. */
  readonly location: string
  /** Most bytes that one query of a person may be billed for. */
  readonly maximumBytesBilled: number
  /** US dollars for a TiB that queries are billed for. Default: 6.25, the list price of `US`. */
  readonly dollarsPerTib?: number
  /** Makes tables and columns that are missing. Default: they must be there, as Terraform makes them. */
  readonly createTables?: boolean
  /** A server to use instead of Google's, without credentials. */
  readonly endpoint?: string | undefined
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
  /** Tries of one request in all. */
  readonly attempts?: number
  /** Milliseconds without an answer after which a request is given up. */
  readonly requestTimeout?: number
}

/**
 * Tables in BigQuery: the dataset is the pipeline, the tables are its streams, partitioned by business date. A load is one
 * load job; `_loads` in each dataset says which run it was of.
 */
export function openBigqueryWarehouse(options: BigqueryWarehouseOptions): ModelWarehouse {
  const { project, location, endpoint, clock, log, random, maximumBytesBilled } = options
  const { attempts = 4, requestTimeout = 60_000, createTables = false, dollarsPerTib = 6.25 } = options
  const client = openBigquery({ project, location, endpoint })
  const context: Context = { client, project, location, clock, log, random, attempts, requestTimeout }
  const circuit = createCircuit({ clock, log })
  const ensured = createMemory<string>()
  const facts = createMemory<TableFacts>()
  const survey = createSurvey(context)
  const refused = createMemory<LoadStatus>()
  const builds = { context, maximumBytesBilled, refused: createMemory<Extract<BuildStatus, { state: 'failed' }>>() }
  return {
    dialect: BIGQUERY,
    can: {
      replace: true,
      merge: false,
      transaction: false,
      ddl: createTables,
      remembersJobs: false,
      query: true,
      build: true,
    },
    terms: { dollarsPerTib, loadsPerTableAndDay: LOADS_PER_TABLE_AND_DAY },
    async ensureTable(table) {
      const name = `${table.schema}.${table.name}`
      const wanted = JSON.stringify(table)
      if (ensured.get(name) === wanted) return
      facts.set(name, await ensureTable(context, table, { createTables }))
      ensured.set(name, wanted)
    },
    describeTable: (table) => describeTable(context, table),
    async startLoad(job) {
      const name = `${job.table.schema}.${job.table.name}`
      circuit.expectClosed(name)
      const open = (why: string) => circuit.open(why, name)
      const started = expired(job, facts.get(name), clock.now()) ?? (await start(context, job).catch(openOnQuota(open)))
      if ('state' in started) {
        refused.set(job.id, started)
        return { created: true }
      }
      refused.forget(job.id)
      return started
    },
    async loadStatus(job) {
      const status = refused.get(job.id) ?? (await loadStatus(context, job, circuit))
      const name = `${job.table.schema}.${job.table.name}`
      if (!isTableGone(status) || ensured.get(name) === undefined) return status
      // Deleted since it was ensured: the next attempt ensures it again.
      ensured.forget(name)
      return { ...status, permanent: false }
    },
    isRunning: (id) => isRunning(context, id),
    survey,
    partitionTotals: (table, date) => countPartition(context, table, date).catch(whenMissing(nothingIn(table))),
    shardTotals: (table, date) =>
      countShards(context, table, date).catch(whenMissing(table.shardColumn === null ? null : [])),
    query: (sql) => runQuery(context, sql, maximumBytesBilled),
    startBuild: (job) => startBuild(builds, job),
    publishPartition: (publication) => publishPartition(builds, publication),
    prepareTable: (table) => ensureModelTable(context, table),
    buildStatus: (id) => buildStatus(builds, id),
    estimate: (sql) => estimate(context, sql),
    setView: (view) => setView(context, view),
    drop: (table) => drop(context, table),
    close: async () => undefined,
  }
}

/** The failure of a job that is known at once; else whether this call made the job. */
async function start(context: Context, job: LoadJob): Promise<LoadStatus | Started> {
  const known = await refusal(() => jobConfiguration(context.project, job))
  if ('state' in known) return known
  const inserted = await insertJob(context, { id: job.id, configuration: known })
  if (inserted.state === 'exists') return { created: inserted.created }
  const { reason, message } = inserted.problem
  return toFailed({ reason, message }, [])
}

/** BigQuery takes a load into a partition that has expired, and deletes its rows at once. */
function expired({ table, window: date }: LoadJob, facts: TableFacts | undefined, now: number): LoadStatus | null {
  const expiration = facts?.expiration ?? null
  const end = Date.parse(date) + (expiration ?? Number.POSITIVE_INFINITY)
  if (expiration === null || end > now) return null
  const days = Math.floor(expiration / 86_400_000)
  const mend = 'leave dates so old out, or ALTER TABLE ... SET OPTIONS (partition_expiration_days = NULL)'
  const message = `partitions of ${table.schema}.${table.name} expire after ${days} days, so the rows of ${date} would be deleted at once: ${mend}`
  return { state: 'failed', permanent: true, message }
}

async function refusal<Result extends object>(work: () => Result): Promise<Result | LoadStatus> {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof DaybreakError) || error.code !== 'LOAD_REJECTED') throw error
    return { state: 'failed', permanent: true, message: error.message }
  }
}

function openOnQuota(open: (why: string) => void): (error: unknown) => never {
  return (error) => {
    if (error instanceof DaybreakError && error.code === 'WAREHOUSE_QUOTA') open(error.message)
    throw error
  }
}

function isTableGone(status: LoadStatus | null): status is Extract<LoadStatus, { state: 'failed' }> {
  return status?.state === 'failed' && status.message.startsWith('Not found: Table ')
}

/** A table that does not exist yet holds nothing. */
function whenMissing<Result>(nothing: Result): (error: unknown) => Result {
  return (error) => {
    if (error instanceof DaybreakError && /Not found: Table /.test(error.message)) return nothing
    throw error
  }
}
