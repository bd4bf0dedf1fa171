import { DaybreakError } from '../../errors.ts'
import { type Destination, describedTable, type Table } from '../../pipeline/destination.ts'
import { describeTable } from './discover.ts'
import { toWarehouseFailure } from './errors.ts'
import { type Client, connect, nameOf } from './table-client.ts'
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
 * Tables of a MySQL or MariaDB server. Rows are staged first, because the server commits at every statement that makes a table. Then one
 * transaction takes them in, counts them, and puts the id of the load on record in `_daybreak_loads`.
 */
export function openMysqlDestination(options: DestinationOptions): Destination {
  const { settings } = options
  const name = nameOf(settings)
  const use = async <Result>(work: (client: Client) => Promise<Result>): Promise<Result> => {
    let client: Client | null = null
    try {
      client = await connect(settings, 'destination')
      return await work(client)
    } catch (error) {
      throw toWarehouseFailure(error, name)
    } finally {
      await client?.end()
    }
  }
  return {
    can: { replace: true, merge: true, transaction: true, ddl: true, remembersJobs: true, query: false },
    ensureTable: (table) => use((client) => ensureTable(client, table)),
    planTable: (table) =>
      use(async (client) => planTarget(await describeTable(client, table), table, writingOf(table))),
    describeTable: ({ schema, name: own }) =>
      use(async (client) => describedTable(await describeTable(client, { schema, name: own }))),
    startLoad: (job) => use((client) => startLoad(client, job, options)),
    loadStatus: (job) => use((client) => statusOf(client, job)),
    isRunning: async () => false,
    partitionTotals: (table) => use(async (client) => ({ ...(await countTable(client, table)), sources: null })),
    shardTotals: async () => null,
    survey: (tables, windows) =>
      use(async (client) => {
        const found = []
        for (const table of tables) found.push(...(await surveyTable(client, table, windows)))
        return found
      }),
    compareKeys: (comparison) => use((client) => compareKeys(client, comparison, options)),
    recordedWindows: (table) => use((client) => recordedWindows(client, table)),
    close: async () => undefined,
  }
}

async function ensureTable(client: Client, table: Table): Promise<void> {
  const { statements, refusals } = planTarget(await describeTable(client, table), table, writingOf(table))
  const [refusal] = refusals
  if (refusal !== undefined) throw new DaybreakError('LOAD_REJECTED', refusal)
  for (const statement of statements) await client.run(statement)
  await client.run(loadsTable(table.schema))
}
