import type pg from 'pg'
import { DaybreakError } from '../../errors.ts'
import { type Destination, describedTable, type Table } from '../../pipeline/destination.ts'
import { quoteString } from '../../sql/dialects/postgres/quote.ts'
import { describeTable } from './discover.ts'
import { isBusy } from './errors.ts'
import { connect, messageOf, nameOf } from './table-client.ts'
import { compareKeys } from './table-deletes.ts'
import {
  countTable,
  type DestinationOptions,
  recordedWindows,
  startLoad,
  statusOf,
  surveyTable,
  writingOf,
} from './table-load.ts'
import { loadsTable, planTarget } from './table-target.ts'

/**
 * Tables of a PostgreSQL server. A load is one transaction: rows are copied into a temporary table, taken in by the strategy, counted,
 * and go on record in `_daybreak_loads` with the id of the load. Either all of it is there or nothing.
 */
export function openPostgresDestination(options: DestinationOptions): Destination {
  const { settings } = options
  const use = async <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client = await connect(settings, 'destination').catch(toWarehouse)
    try {
      return await work(client)
    } catch (error) {
      throw toWarehouseFailure(error, nameOf(settings))
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return {
    can: { replace: true, merge: true, transaction: true, ddl: true, remembersJobs: true, query: false },
    ensureTable: (table) => use((client) => ensureTable(client, table)),
    planTable: (table) =>
      use(async (client) => planTarget(await describeTable(client, table), table, writingOf(table))),
    describeTable: ({ schema, name }) =>
      use(async (client) => describedTable(await describeTable(client, { schema, name }))),
    startLoad: (job) => use((client) => startLoad(client, job, options)),
    loadStatus: (job) => use((client) => statusOf(client, job)),
    isRunning: async () => false,
    partitionTotals: (table) => use(async (client) => ({ ...(await countTable(client, table)), sources: null })),
    shardTotals: async () => null,
    survey: (tables, windows) =>
      use(async (client) => (await Promise.all(tables.map((table) => surveyTable(client, table, windows)))).flat()),
    compareKeys: (comparison) => use((client) => compareKeys(client, comparison, options)),
    recordedWindows: (table) => use((client) => recordedWindows(client, table)),
    close: async () => undefined,
  }
}

async function ensureTable(client: pg.Client, table: Table): Promise<void> {
  // Of two that make a table which is not there, PostgreSQL lets one fail. The lock ends with the connection.
  await client.query(
    `SELECT pg_advisory_lock(hashtextextended(${quoteString(`daybreak tables of ${table.schema}`)}, 0))`,
  )
  const { statements, refusals } = planTarget(await describeTable(client, table), table, writingOf(table))
  const [refusal] = refusals
  if (refusal !== undefined) throw new DaybreakError('LOAD_REJECTED', refusal)
  for (const statement of statements) await client.query(statement)
  await client.query(loadsTable(table.schema))
}

async function toWarehouse(error: unknown): Promise<never> {
  if (!(error instanceof DaybreakError)) throw error
  const code = error.code === 'SOURCE_AUTH_FAILED' ? 'WAREHOUSE_DENIED' : 'WAREHOUSE_FAILED'
  throw new DaybreakError(code, error.message, { cause: error })
}

function toWarehouseFailure(error: unknown, name: string): DaybreakError {
  if (error instanceof DaybreakError) return error
  const text = `the destination ${name} could not do it: ${messageOf(error)}`
  return new DaybreakError(isBusy(error) ? 'WAREHOUSE_FAILED' : 'LOAD_REJECTED', text, { cause: error })
}
