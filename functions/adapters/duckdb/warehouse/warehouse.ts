import { existsSync } from 'node:fs'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import {
  type JobReference,
  type LoadStatus,
  type ModelWarehouse,
  nothingIn,
  type Table,
  type TableName,
} from '../../../pipeline/destination.ts'
import type { Clock, Log } from '../../../pipeline/ports.ts'
import { DUCKDB } from '../../../sql/dialects/duckdb/dialect.ts'
import { firstLine, throwWarehouseFailed } from '../errors.ts'
import { buildStatus, drop, publishPartition, setView, startBuild } from './build.ts'
import { publishPartitions, startBuilds } from './build-together.ts'
import { countPartition, countShards } from './count.ts'
import { createWarehouseFile } from './file.ts'
import { ensureJobs, findJob } from './jobs.ts'
import { createKeptAnswers } from './kept-answers.ts'
import { load } from './load.ts'
import { planQuery, runQuery } from './query.ts'
import { survey } from './survey.ts'
import { compareKeys } from './table-deletes.ts'
import {
  countTarget,
  ensureTarget,
  loadTarget,
  planNewTable,
  planTable,
  recordedWindows,
  surveyTargets,
  targetStatus,
} from './table-load.ts'
import { describeTable, ensureTable, tableExists } from './tables.ts'

/** File, memory and patience of a warehouse. */
interface DuckdbWarehouseOptions {
  /** The file; it and its folder are made when they do not exist. */
  readonly path: string
  /** As DuckDB writes it, e.g. `512MB`. */
  readonly memoryLimit: string
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds to wait for another process that holds the file. These are real ones, as that process is. */
  readonly patience?: number
  /** The same for work that only reads. Default: `patience`. */
  readonly lookPatience?: number
  /** Milliseconds without work after which other programs can have the file. */
  readonly idle?: number
  /** For commands that only look: they share the file with each other, and wait for a writer. */
  readonly readOnly?: boolean
  readonly log?: Log
}

/**
 * Tables in one DuckDB file: the schema is the pipeline, the tables are its streams. `main._jobs` keeps the ids of all
 * jobs. A load is done when `startLoad` resolves; no other process can have the file meanwhile.
 */
export function openDuckdbWarehouse(options: DuckdbWarehouseOptions): ModelWarehouse {
  const { path, memoryLimit, clock, patience = 5_000, idle = 1_000, readOnly = false, log = () => undefined } = options
  const { lookPatience = patience } = options
  const answers = createKeptAnswers(path)
  const onCheckpointFailure = (failure: unknown) => {
    const message = `DuckDB could not write its log into ${path}; it is read again at the next opening: ${firstLine(failure)}`
    log({ severity: 'WARNING', code: 'WAREHOUSE_FAILED', message })
  }
  const file = createWarehouseFile({ path, memoryLimit, patience, lookPatience, idle, readOnly, onCheckpointFailure })
  // To look at a file that is not there does not make it.
  const look = async <Result>(
    what: string,
    nothing: Result,
    work: (connection: DuckDBConnection) => Promise<Result>,
  ): Promise<Result> => {
    if (!existsSync(path)) return nothing
    return await file
      .read((connection) => work(connection).catch(throwWarehouseFailed(what)))
      .catch((error: unknown) => {
        // A file that nothing was loaded into.
        if (error instanceof DaybreakError && error.code === 'NOT_FOUND') return nothing
        throw error
      })
  }
  const count = <Result>(table: Table, nothing: Result, work: (connection: DuckDBConnection) => Promise<Result>) =>
    look(`count ${textOf(table)}`, nothing, async (connection) =>
      (await tableExists(connection, table)) ? await work(connection) : nothing,
    )
  return {
    dialect: DUCKDB,
    can: { replace: true, merge: true, transaction: true, ddl: true, remembersJobs: true, query: true, build: true },
    ensureTable: (table) =>
      file.write((session) =>
        table.writing ? ensureTarget(session, table, table.writing) : ensureTable(session, table),
      ),
    async planTable(table) {
      const { writing } = table
      if (!writing) throw new DaybreakError('LOAD_REJECTED', `${textOf(table)} is no table that is copied`)
      return await look(`plan ${textOf(table)}`, planNewTable(table, writing), (connection) =>
        planTable(connection, table, writing),
      )
    },
    describeTable: (table) => look(`describe ${textOf(table)}`, null, (connection) => describeTable(connection, table)),
    startLoad: (job) =>
      file.write(async (session) => {
        const { writing } = job.table
        if (writing)
          return await loadTarget(session, job, writing, clock.now()).catch(throwWarehouseFailed(`run load ${job.id}`))
        await ensureJobs(session)
        return await load(session, job, clock.now()).catch(throwWarehouseFailed(`run job ${job.id}`))
      }),
    loadStatus: (job) =>
      look<LoadStatus | null>(`look up job ${job.id}`, null, (connection) =>
        job.table.writing ? targetStatus(connection, job) : statusOf(connection, job),
      ),
    isRunning: async () => false,
    partitionTotals: (table, window) =>
      count(table, nothingIn(table), (connection) =>
        table.writing ? countTarget(connection, table, table.writing) : countPartition(connection, table, window),
      ),
    async survey(tables, windows) {
      const targets = tables.flatMap(({ writing }) => writing ?? [])
      const what = 'survey its tables'
      if (targets.length > 0) return await look(what, [], (connection) => surveyTargets(connection, targets, windows))
      // Partitions of a file that is gone are found missing, as those of an empty one.
      return await file.read((connection) => survey(connection, tables, windows).catch(throwWarehouseFailed(what)))
    },
    async compareKeys(comparison) {
      const { id, table } = comparison
      const { writing } = table
      if (!writing) throw new DaybreakError('LOAD_REJECTED', `${textOf(table)} is no table that is copied`)
      return await file.write(({ connection }) =>
        compareKeys(connection, comparison, writing).catch(throwWarehouseFailed(`compare keys ${id}`)),
      )
    },
    recordedWindows: async ({ writing }) =>
      writing ? await look('read its loads', [], (connection) => recordedWindows(connection, writing)) : [],
    async shardTotals(table, window) {
      const question = JSON.stringify([table.schema, table.name, table.partitionColumn, table.totals, window])
      const known = answers.find(question)
      // Kept for this question, so of its type.
      if (known) return known.answer as Awaited<ReturnType<typeof countShards>>
      return await count(table, table.shardColumn === null ? null : [], (connection) =>
        answers.ask(question, () => countShards(connection, table, window)),
      )
    },
    query: (sql) => file.read((connection) => runQuery(connection, sql)),
    startBuild: (job) =>
      file.write((session) => startBuild(session, job, clock.now()).catch(throwWarehouseFailed(`run job ${job.id}`))),
    publishPartition: (job) =>
      file.write((session) =>
        publishPartition(session, job, clock.now()).catch(throwWarehouseFailed(`run job ${job.id}`)),
      ),
    startBuilds: (builds) =>
      file.write((session) =>
        startBuilds(session, builds, clock.now()).catch(throwWarehouseFailed(`run ${builds.jobs.length} jobs`)),
      ),
    publishPartitions: (jobs) =>
      file.write((session) =>
        publishPartitions(session, jobs, clock.now()).catch(throwWarehouseFailed(`run ${jobs.length} jobs`)),
      ),
    prepareTable: (table) => file.write((session) => ensureTable(session, table)),
    buildStatus: (id) => look(`look up job ${id}`, null, (connection) => buildStatus(connection, id)),
    async estimate(sql) {
      await file.read((connection) => planQuery(connection, sql))
      return null
    },
    setView: (view) =>
      file.write((session) => setView(session, view).catch(throwWarehouseFailed(`make the view ${textOf(view)}`))),
    drop: (table) => file.write((session) => drop(session, table).catch(throwWarehouseFailed(`drop ${textOf(table)}`))),
    close: () => file.close(),
  }
}

function textOf({ schema, name }: TableName): string {
  return `${schema}.${name}`
}

async function statusOf(connection: DuckDBConnection, { id, table, window }: JobReference): Promise<LoadStatus | null> {
  const job = await findJob(connection, id)
  if (job === null) return null
  if (job.state === 'done') {
    const content = (await tableExists(connection, table))
      ? await countPartition(connection, table, window)
      : nothingIn(table)
    return { state: 'done', ...content }
  }
  const { code, permanent, message } = job.failure
  return { state: 'failed', permanent, message, ...(code === 'OBJECT_MISSING' && { code }) }
}
