import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import type { BuildJob, BuildStatus, Publication, Started, TableName, View } from '../../../pipeline/destination.ts'
import { duckdbType } from '../../../sql/dialects/duckdb/column-type.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { inTransaction, readRows } from '../connection.ts'
import { firstLine, lastingWarehouseError, throwWarehouseFailed, toFailure } from '../errors.ts'
import { partitionSql } from './count.ts'
import type { Session } from './file.ts'
import { instantSql } from './jobs.ts'
import { tableName } from './names.ts'
import { ensureTable } from './tables.ts'

/** Table of the ids of all builds and publications. */
export const BUILDS = 'main._builds'
const DAY = 86_400_000

/** Runs a query into a staging table, in one transaction with the row of its job. A query that fails uses its id up as well. */
export async function startBuild(session: Session, job: BuildJob, now: number): Promise<Started> {
  await ensureBuilds(session)
  await session.connection.run(`SET TimeZone = 'UTC'`)
  return await once(session, job, now, async ({ connection }) => {
    await connection.run(createSql(job))
    await expectTypes(connection, { columns: job.into.columns, name: tableName(job.into) })
    return { rows: await countRows(connection, job), staging: job.into }
  })
}

/** Replaces a partition by a staging table, and drops that, in one transaction with the row of the job. */
export async function publishPartition(session: Session, publication: Publication, now: number): Promise<Started> {
  const { from, to, window } = publication
  await ensureBuilds(session)
  await ensureTable(session, to)
  return await once(session, publication, now, async ({ connection }) => {
    const place = window === null ? tableName(to) : partitionSql(to, window)
    await connection.run(`DELETE FROM ${place}`)
    const names = to.columns.map(({ name }) => quoteIdentifier(name)).join(', ')
    const { rowsChanged } = await connection.run(
      `INSERT INTO ${tableName(to)} (${names}) SELECT ${names} FROM ${tableName(from)}`,
    )
    await connection.run(`DROP TABLE ${tableName(from)}`)
    return { rows: rowsChanged, staging: null }
  })
}

/** State of a build or a publication by its id; null for an id that was never used. */
export async function buildStatus(connection: DuckDBConnection, id: string): Promise<BuildStatus | null> {
  const [row] = await readRows(
    connection,
    `SELECT state, row_count, permanent, message, is_gone FROM ${BUILDS} WHERE id = ${quoteString(id)}`,
  ).catch(noneYet)
  if (!row) return null
  const [state, rows, permanent, message, isGone] = row
  if (state === 'done') return { state, rows: Number(rows), bytesBilled: null }
  return { state: 'failed', permanent: permanent === 'true', message: message ?? '', isGone: isGone === 'true' }
}

/** Makes a view, or replaces the one of its name. */
export async function setView({ connection }: Session, view: View): Promise<void> {
  const name = tableName(view)
  const columns = view.columns.filter(({ description }) => description !== '')
  await inTransaction(connection, async () => {
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(view.schema)}`)
    await connection.run(`CREATE OR REPLACE VIEW ${name} AS ${view.sql}`)
    await connection.run(`COMMENT ON VIEW ${name} IS ${quoteString(view.description)}`)
    for (const column of columns)
      await connection.run(
        `COMMENT ON COLUMN ${name}.${quoteIdentifier(column.name)} IS ${quoteString(column.description)}`,
      )
  })
}

/** Deletes a table or a view. */
export async function drop({ connection, known }: Session, table: TableName): Promise<void> {
  const isNamed = `schema_name = ${quoteString(table.schema)}`
  const [view] = await readRows(
    connection,
    `SELECT 1 FROM duckdb_views() WHERE ${isNamed} AND view_name = ${quoteString(table.name)}`,
  )
  await connection.run(`DROP ${view ? 'VIEW' : 'TABLE'} IF EXISTS ${tableName(table)}`).catch(noSchema)
  known.delete(tableName(table))
}

/** Deletes staging tables of a day ago: those of builds that were held, or whose worker died. */
export async function dropExpired(connection: DuckDBConnection, now: number): Promise<void> {
  const expired = await readRows(
    connection,
    `SELECT id, staging_schema, staging_name FROM ${BUILDS}
     WHERE staging_name IS NOT NULL AND recorded_at < ${instantSql(now - DAY)} LIMIT 100`,
  )
  for (const [id, schema, name] of expired) {
    await connection.run(`DROP TABLE IF EXISTS ${tableName({ schema: schema ?? '', name: name ?? '' })}`)
    await connection.run(`UPDATE ${BUILDS} SET staging_name = NULL WHERE id = ${quoteString(id ?? '')}`)
  }
}

/** Makes the table of builds once per session. */
export async function ensureBuilds({ connection, known }: Session): Promise<void> {
  if (known.has(BUILDS)) return
  await connection
    .run(
      `CREATE TABLE IF NOT EXISTS ${BUILDS} (id VARCHAR PRIMARY KEY, recorded_at TIMESTAMP WITH TIME ZONE, state VARCHAR,
         row_count BIGINT, permanent BOOLEAN, is_gone BOOLEAN, message VARCHAR, staging_schema VARCHAR, staging_name VARCHAR)`,
    )
    .catch(throwWarehouseFailed('make the table of builds'))
  known.set(BUILDS, '')
}

interface Result {
  readonly rows: number
  /** Table that the job leaves behind for a day. */
  readonly staging: TableName | null
}

/** Does the work of a job and uses its id up, or neither. A failure of the work is the job's status, not an error of this call. */
async function once(
  session: Session,
  { id }: { readonly id: string },
  now: number,
  work: (session: Session) => Promise<Result>,
): Promise<Started> {
  const { connection } = session
  if ((await buildStatus(connection, id)) !== null) return { created: false }
  try {
    await inTransaction(connection, async () => {
      await dropExpired(connection, now)
      const { rows, staging } = await work(session)
      await record(connection, id, { now, rows, staging })
    })
  } catch (error) {
    if ((await buildStatus(connection, id)) !== null) return { created: false }
    const lasting = lastingWarehouseError(error, `run job ${id}`)
    if (lasting) throw lasting
    const { permanent, message } = toFailure(error)
    const isGone = /^Catalog Error: Table with name .* does not exist/.test(firstLine(error))
    await record(connection, id, { now, failure: { permanent, message, isGone } }).catch(
      throwWarehouseFailed(`record job ${id}`),
    )
  }
  return { created: true }
}

/** A job that is over, with the table that it leaves behind for a day. */
interface DoneJob extends Result {
  readonly id: string
}

/** Uses up the ids of jobs that worked, in the transaction of their rows. */
export async function recordDone(connection: DuckDBConnection, jobs: readonly DoneJob[], now: number): Promise<void> {
  await insert(
    connection,
    jobs.map(({ id, ...result }) => valuesOf(id, { now, ...result })),
  )
}

type Outcome =
  | (Result & { readonly now: number })
  | { readonly now: number; readonly failure: Omit<Extract<BuildStatus, { state: 'failed' }>, 'state'> }

async function record(connection: DuckDBConnection, id: string, outcome: Outcome): Promise<void> {
  await insert(connection, [valuesOf(id, outcome)])
}

async function insert(connection: DuckDBConnection, rows: readonly (readonly string[])[]): Promise<void> {
  await connection.run(`INSERT INTO ${BUILDS} VALUES ${rows.map((values) => `(${values.join(', ')})`).join(', ')}`)
}

/** The row of a job as SQL. */
function valuesOf(id: string, outcome: Outcome): readonly string[] {
  const job = [quoteString(id), instantSql(outcome.now)]
  if ('failure' in outcome) {
    const { permanent, isGone, message } = outcome.failure
    const text = quoteString(message.replaceAll('\0', ''))
    return [...job, quoteString('failed'), 'NULL', `${permanent}`, `${isGone}`, text, 'NULL', 'NULL']
  }
  const { rows, staging } = outcome
  const left = staging ? [quoteString(staging.schema), quoteString(staging.name)] : ['NULL', 'NULL']
  return [...job, quoteString('done'), `${rows}`, 'NULL', 'NULL', 'NULL', ...left]
}

/** The staging table has the types of the query: to plan a query takes longer than most of them run, so it is planned once. */
function createSql({ into, sql }: BuildJob): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(into.schema)}; CREATE TABLE ${tableName(into)} AS ${sql}`
}

/** A value must not change when it is stored, so a query of other types is refused. */
export async function expectTypes(
  connection: DuckDBConnection,
  { columns, name: table }: Pick<BuildJob['into'], 'columns' | 'name'>,
): Promise<void> {
  const described = await readRows(connection, `DESCRIBE ${table}`)
  const found = new Map(described.map(([name, type]) => [name ?? '', type ?? '']))
  for (const { name, ...typed } of columns) {
    const [type, expected] = [found.get(name), duckdbType(typed)]
    if (type === expected) continue
    const message = `column ${name} of the query is ${type ?? 'not there'}, and the model says ${expected}`
    throw new DaybreakError('LOAD_REJECTED', message)
  }
}

/** Rows of the staging table. @throws {DaybreakError} LOAD_REJECTED when some belong to another partition. */
async function countRows(connection: DuckDBConnection, { into, window }: BuildJob): Promise<number> {
  const isOther =
    into.partitionColumn === null || window === null
      ? 'FALSE'
      : `${quoteIdentifier(into.partitionColumn)} IS DISTINCT FROM DATE ${quoteString(window)}`
  const [row] = await readRows(connection, `SELECT count(*), count_if(${isOther}) FROM ${tableName(into)}`)
  const [rows = 0, others = 0] = (row ?? []).map(Number)
  if (others === 0) return rows
  const message = `${others} rows of the query have another ${into.partitionColumn} than ${window}`
  throw new DaybreakError('LOAD_REJECTED', message)
}

function noneYet(error: unknown): readonly [] {
  if (firstLine(error).startsWith('Catalog Error: Table with name _builds does not exist')) return []
  throw error
}

function noSchema(error: unknown): void {
  if (!/^Catalog Error: Schema with name .* does not exist/.test(firstLine(error))) throw error
}
