import type { DuckDBConnection } from '@duckdb/node-api'
import { LOAD_COLUMNS } from '../../../contract/contract.ts'
import { DaybreakError } from '../../../errors.ts'
import type { LoadJob, Started, Table, TableColumn } from '../../../pipeline/destination.ts'
import { duckdbType } from '../../../sql/dialects/duckdb/column-type.ts'
import { isLossless } from '../../../sql/dialects/duckdb/lossless.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { inTransaction, readRows } from '../connection.ts'
import { lastingWarehouseError, throwWarehouseFailed, toFailure } from '../errors.ts'
import { countRows, partitionSql } from './count.ts'
import type { Session } from './file.ts'
import { findJob, instantSql, recordDone, recordFailed, refuseOther } from './jobs.ts'
import { tableName } from './names.ts'

/**
 * Makes a partition what the parts of a job hold, in one transaction with the job's own row: the job happened, and its id
 * is used, or neither. A used id does nothing. A failure of the load is the job's status, not an error of this call.
 * @throws {DaybreakError} JOB_CONFLICT for an id that loaded other content.
 */
export async function load({ connection }: Session, job: LoadJob, now: number): Promise<Started> {
  if (await isUsed(connection, job)) return { created: false }
  try {
    await inTransaction(connection, async () => {
      const rows = await replacePartition(connection, job, now)
      await recordDone(connection, job, { rows, now })
    })
  } catch (error) {
    // Another instance of this process may have run the same job meanwhile; its row is what counts.
    if (await isUsed(connection, job)) return { created: false }
    const lasting = lastingWarehouseError(error, `run job ${job.id}`)
    if (lasting) throw lasting
    const failure = await explain(connection, job, error)
    await recordFailed(connection, job, { ...failure, now }).catch(throwWarehouseFailed(`record job ${job.id}`))
  }
  return { created: true }
}

async function isUsed(connection: DuckDBConnection, job: LoadJob): Promise<boolean> {
  const found = await findJob(connection, job.id)
  if (found !== null) refuseOther(found, job)
  return found !== null
}

async function replacePartition(connection: DuckDBConnection, job: LoadJob, now: number): Promise<number> {
  const { table, window, entries } = job
  await connection.run(`DELETE FROM ${partitionSql(table, window)}`)
  const inserted = entries.length === 0 ? 0 : await insertParts(connection, job, now)
  const rows = await countRows(connection, table, window)
  if (rows === inserted) return rows
  const elsewhere = inserted - rows
  throw new DaybreakError(
    'LOAD_REJECTED',
    `${elsewhere} rows of the parts have another ${table.partitionColumn} than ${window}`,
  )
}

async function insertParts(
  connection: DuckDBConnection,
  { table, entries, runId }: LoadJob,
  now: number,
): Promise<number> {
  const source = partsSql(entries.map(({ part }) => part.uri))
  const types = await typesOf(connection, source)
  const added = new Map([
    ['_run_id', quoteString(runId)],
    ['_loaded_at', instantSql(now)],
  ])
  const values = table.columns.map((column) => added.get(column.name) ?? valueSql(column, types))
  const names = table.columns.map(({ name }) => quoteIdentifier(name))
  const result = await connection.run(
    `INSERT INTO ${tableName(table)} (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${source}`,
  )
  return result.rowsChanged
}

/** A column of the parts as the table wants it; NULL where no part has it, as parts of an older contract may not. */
function valueSql({ name, ...typed }: TableColumn, types: ReadonlyMap<string, string>): string {
  const type = duckdbType(typed)
  const from = types.get(name)
  if (from === undefined) return `CAST(NULL AS ${type})`
  if (!isLossless(from, type))
    throw new DaybreakError('LOAD_REJECTED', `column ${name} of the parts is ${from}, and that of the table is ${type}`)
  return `CAST(${quoteIdentifier(name)} AS ${type})`
}

function partsSql(paths: readonly string[]): string {
  return `read_parquet([${paths.map((path) => quoteString(path)).join(', ')}], union_by_name = true, hive_partitioning = false)`
}

async function typesOf(connection: DuckDBConnection, source: string): Promise<ReadonlyMap<string, string>> {
  const columns = await readRows(connection, `DESCRIBE SELECT * FROM ${source}`)
  return new Map(columns.map(([name, type]) => [name ?? '', type ?? '']))
}

/** The failure, with the first part that fails by itself: one bad part among thousands has to be found by name. */
async function explain(connection: DuckDBConnection, job: LoadJob, error: unknown) {
  const failure = toFailure(error)
  if (!failure.permanent) return failure
  for (const { part, shard } of job.entries) {
    const fault = await faultOf(connection, job.table, part.uri)
    if (fault)
      return {
        ...toFailure(fault),
        message: `part ${part.uri} of location ${shard}: ${toFailure(fault).message}`,
      }
  }
  return failure
}

async function faultOf(connection: DuckDBConnection, table: Table, path: string): Promise<unknown> {
  try {
    const types = await typesOf(connection, partsSql([path]))
    const loaded = LOAD_COLUMNS.map(({ name }): string => name)
    for (const column of table.columns) if (!loaded.includes(column.name)) valueSql(column, types)
    return null
  } catch (error) {
    return error
  }
}
