import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import type { BuildJob, BuildsTogether, Publication, Started, StartedTogether } from '../../../pipeline/destination.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { inTransaction, readRows } from '../connection.ts'
import { isBroken, lastingWarehouseError } from '../errors.ts'
import { BUILDS, dropExpired, ensureBuilds, expectTypes, recordDone } from './build.ts'
import type { Session } from './file.ts'
import { tableName } from './names.ts'
import { ensureTable } from './tables.ts'

// In the memory of one connection: no other process sees it, and nothing of it is logged.
const ROWS = 'temp._together'

/**
 * Runs one query for several partitions: to plan it takes longer than most partitions take to compute. Each partition then has its
 * own staging table and job, as if it were built alone. All is one transaction.
 */
export async function startBuilds(
  session: Session,
  { jobs, sql }: BuildsTogether,
  now: number,
): Promise<StartedTogether> {
  const [first] = jobs
  if (!first) return { created: false }
  await ensureBuilds(session)
  await session.connection.run(`SET TimeZone = 'UTC'`)
  const rows = await unused(session, jobs, async (connection) => {
    await dropExpired(connection, now)
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${ROWS} AS ${sql}`)
    await expectTypes(connection, { columns: first.into.columns, name: ROWS })
    const counts = await countByDate(connection, jobs, first)
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(first.into.schema)};
      ${jobs.map((job) => `CREATE TABLE ${tableName(job.into)} AS FROM ${ROWS} WHERE ${isOf(job)}`).join('; ')};
      DROP TABLE ${ROWS}`)
    const done = jobs.map(({ id, into }, at) => ({ id, rows: counts[at] ?? 0, staging: into }))
    await recordDone(connection, done, now)
    return counts
  })
  return rows === null ? { created: false } : { created: true, rows }
}

/** Replaces several partitions of one table by their staging tables, and drops those, in one transaction. */
export async function publishPartitions(
  session: Session,
  publications: readonly Publication[],
  now: number,
): Promise<Started> {
  const [first] = publications
  const column = first?.to.partitionColumn
  if (!first || !column) return { created: false }
  await ensureBuilds(session)
  await ensureTable(session, first.to)
  const to = tableName(first.to)
  const names = first.to.columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  const dates = publications.map(({ window }) => `DATE ${quoteString(window ?? '')}`).join(', ')
  const done = await unused(session, publications, async (connection) => {
    await connection.run(`DELETE FROM ${to} WHERE ${quoteIdentifier(column)} IN (${dates});
      INSERT INTO ${to} (${names}) ${publications.map(({ from }) => `SELECT ${names} FROM ${tableName(from)}`).join(' UNION ALL ')};
      ${publications.map(({ from }) => `DROP TABLE ${tableName(from)}`).join('; ')}`)
    const jobs = publications.map(({ id, rows }) => ({ id, rows, staging: null }))
    await recordDone(connection, jobs, now)
    return publications.length
  })
  return { created: done !== null }
}

/** Does the work of several jobs if none of their ids was used. Null when one was, or when the work failed and left nothing behind. */
async function unused<Result>(
  { connection }: Session,
  jobs: readonly { readonly id: string }[],
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result | null> {
  const ids = jobs.map(({ id }) => quoteString(id)).join(', ')
  const used = await readRows(connection, `SELECT 1 FROM ${BUILDS} WHERE id IN (${ids}) LIMIT 1`)
  if (used.length > 0) return null
  try {
    return await inTransaction(connection, () => work(connection))
  } catch (error) {
    const lasting = lastingWarehouseError(error, `run ${jobs.length} jobs`)
    if (lasting) throw lasting
    // Each alone may need less memory, and one that cannot be computed is found by name.
    if (!isBroken(error)) return null
    throw error
  }
}

/** Rows of each partition. @throws {DaybreakError} LOAD_REJECTED when some belong to none of them. */
async function countByDate(
  connection: DuckDBConnection,
  jobs: readonly BuildJob[],
  { into }: BuildJob,
): Promise<readonly number[]> {
  const date = quoteIdentifier(into.partitionColumn ?? '')
  const counted = await readRows(connection, `SELECT CAST(${date} AS VARCHAR), count(*) FROM ${ROWS} GROUP BY ALL`)
  const byDate = new Map(counted.map(([day, rows]) => [day, Number(rows)]))
  const counts = jobs.map(({ window }) => byDate.get(window) ?? 0)
  const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, each) => total + each, 0)
  if (sum(counts) === sum(byDate.values())) return counts
  throw new DaybreakError('LOAD_REJECTED', `rows of the query have another ${into.partitionColumn} than was asked for`)
}

function isOf({ into, window }: BuildJob): string {
  return `${quoteIdentifier(into.partitionColumn ?? '')} = DATE ${quoteString(window ?? '')}`
}
