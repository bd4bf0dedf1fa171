import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { type Context, call } from './call.ts'
import { isDenied, isPassing, isQuota, readProblem } from './errors.ts'
import { type QueryResult, readRows } from './read.ts'

interface Query {
  readonly query: string
  readonly defaultDataset?: { readonly datasetId: string }
}

const Plan = z.object({
  statistics: z.object({
    query: z.object({ statementType: z.string(), totalBytesProcessed: z.coerce.number().default(0) }),
  }),
})
// BigQuery names the column that a table is partitioned by.
const WITHOUT_FILTER = /without a filter over column\(s\) '([^',]+)'/

/**
 * Runs a query that only reads. BigQuery itself says whether it does, in a dry run that costs nothing.
 * @throws {DaybreakError} USAGE_INVALID for SQL that is wrong, changes something, or would read more than is allowed.
 */
export async function runQuery(context: Context, sql: string, maximumBytesBilled: number): Promise<QueryResult> {
  return await asUsage(async () => {
    await expectReading(context, { query: sql })
    const { columns, rows } = await readRows(context, sql, { what: 'run the query', maximumBytesBilled })
    return { columns, rows }
  })
}

/** Refuses all but one statement that reads, and gives the bytes that it would read. @throws {DaybreakError} USAGE_INVALID. */
export async function expectReading(context: Context, query: Query): Promise<number> {
  const { client, location } = context
  if (query.query.trim() === '') throw new DaybreakError('USAGE_INVALID', 'expected one SQL statement, found none')
  const { statementType, totalBytesProcessed } = await call(context, 'plan the query', async () => {
    const [, plan] = await client.createQueryJob({ ...query, location, dryRun: true }).catch(asUsageError)
    return Plan.parse(plan).statistics.query
  })
  if (statementType === 'SELECT') return totalBytesProcessed
  throw new DaybreakError('USAGE_INVALID', `expected a statement that reads, such as SELECT, found ${statementType}`)
}

/** A fault in a person's query is for the person to mend; a failure of BigQuery is not. */
function asUsageError(error: unknown): never {
  const problem = readProblem(error)
  if (isPassing(problem) || isDenied(problem) || isQuota(problem)) throw error
  const [, column] = WITHOUT_FILTER.exec(problem.message) ?? []
  const advice = column === undefined ? '' : `; add a condition such as \`${column} >= DATE '2026-10-01'\``
  throw new DaybreakError('USAGE_INVALID', `the query failed: ${problem.message}${advice}`)
}

/** For work on a person's query: what the data or the SQL is to blame for is a matter of usage. */
export async function asUsage<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DaybreakError) || error.code !== 'LOAD_REJECTED') throw error
    throw new DaybreakError('USAGE_INVALID', error.message)
  }
}
