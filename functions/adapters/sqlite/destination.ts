import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { DaybreakError } from '../../errors.ts'
import { type Destination, describedTable, type LoadJob, type Started, type Table } from '../../pipeline/destination.ts'
import type { DestinationOptions } from './config.ts'
import { describeTable, uniqueIndexes } from './discover.ts'
import { isBusy } from './errors.ts'
import { inTransaction, messageOf, openTables, toWarehouseFailure } from './table-client.ts'
import { compareKeys } from './table-deletes.ts'
import {
  countTable,
  findLoad,
  isUsed,
  load,
  record,
  recordedWindows,
  stageRows,
  surveyTable,
  writingOf,
} from './table-load.ts'
import { LOADS_TABLE, planTarget } from './table-target.ts'

/** Tables of a SQLite file. A load is one transaction with the row of its id in `_daybreak_loads`. */
export function openSqliteDestination(options: DestinationOptions): Destination {
  const { path } = options
  const use = async <Result>(work: (database: DatabaseSync) => Result | Promise<Result>): Promise<Result> => {
    let database: DatabaseSync | null = null
    try {
      database = await openTables(path, 'destination')
      return await work(database)
    } catch (error) {
      throw toWarehouseFailure(error, path)
    } finally {
      database?.close()
    }
  }
  /** A file that is not there has no tables, and looking at it does not make it. */
  const look = async <Result>(nothing: Result, work: (database: DatabaseSync) => Result): Promise<Result> =>
    existsSync(path) ? await use(work) : nothing
  const plan = (table: Table, database: DatabaseSync | null) => {
    const found = database === null ? null : describeTable(database, table.name)
    const known =
      found === null || database === null ? null : { ...found, uniqueKeys: uniqueIndexes(database, table.name) }
    return planTarget(known, table, writingOf(table))
  }
  return {
    can: { replace: true, merge: true, transaction: true, ddl: true, remembersJobs: true, query: false },
    ensureTable: (table) =>
      use((database) => {
        const { statements, refusals } = plan(table, database)
        const [refusal] = refusals
        if (refusal !== undefined) throw new DaybreakError('LOAD_REJECTED', refusal)
        for (const statement of [...statements, LOADS_TABLE]) database.exec(statement)
      }),
    planTable: async (table) => (existsSync(path) ? await use((database) => plan(table, database)) : plan(table, null)),
    describeTable: ({ name }) => look(null, (database) => describedTable(describeTable(database, name))),
    startLoad: (job) => use((database) => startLoad(database, job, options)),
    loadStatus: ({ id }) => look(null, (database) => findLoad(database, id)?.status ?? null),
    isRunning: async () => false,
    partitionTotals: (table) =>
      look({ rows: 0, totals: {}, sources: null }, (database) => ({ ...countTable(database, table), sources: null })),
    shardTotals: async () => null,
    survey: (tables, windows) =>
      look([], (database) => tables.flatMap((table) => surveyTable(database, table, windows))),
    compareKeys: (comparison) => use((database) => compareKeys(database, comparison, options)),
    recordedWindows: (table) => look([], (database) => recordedWindows(database, table)),
    close: async () => undefined,
  }
}

async function startLoad(
  database: DatabaseSync,
  job: LoadJob,
  { withScratch, toCsv }: DestinationOptions,
): Promise<Started> {
  if (isUsed(database, job)) return { created: false }
  return await withScratch(async (folder) => {
    const { columns, asText } = writingOf(job.table)
    const parts = job.entries.flatMap(({ part }) => (part.rows > 0 ? [part.uri] : []))
    const csv = parts.length === 0 ? null : join(folder, 'rows.csv')
    const places = columns.map((column, place) => ({ place, column, asText }))
    if (csv !== null) await toCsv(parts, places, csv)
    try {
      await stageRows(database, job, csv)
      return { created: inTransaction(database, () => loadOnce(database, job)) }
    } catch (error) {
      if (isBusy(error) || (error instanceof DaybreakError && error.code !== 'LOAD_REJECTED')) throw error
      inTransaction(database, () => {
        // Another worker may have met the same failure.
        if (!isUsed(database, job))
          record(database, job, { state: 'failed', message: messageOf(error).replaceAll('\0', '') })
      })
      return { created: true }
    }
  })
}

/** False when another worker has made it meanwhile. */
function loadOnce(database: DatabaseSync, job: LoadJob): boolean {
  if (isUsed(database, job)) return false
  load(database, job)
  return true
}
