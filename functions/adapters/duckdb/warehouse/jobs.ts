import type { DuckDBConnection } from '@duckdb/node-api'
import { BUSINESS_DATE } from '../../../contract/carried.ts'
import { DaybreakError } from '../../../errors.ts'
import { epochOf } from '../../../lib/job-id.ts'
import { dayOfWindow, isHour } from '../../../lib/window-unit.ts'
import type { LoadJob, Table } from '../../../pipeline/destination.ts'
import type { BusinessDate } from '../../../pipeline/entities.ts'
import { quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { windowSql } from '../../../sql/window-literal.ts'
import { readRows } from '../connection.ts'
import { type Failure, firstLine, throwWarehouseFailed } from '../errors.ts'
import type { Session } from './file.ts'
import { tableName } from './names.ts'

const JOBS = 'main._jobs'

/** The record of a job. */
interface StoredJob {
  readonly state: 'done' | 'failed'
  /** Hash of what it loaded; null for a job of a release that stored none. */
  readonly content: string | null
  readonly failure: Failure
}

/** Creates the table of jobs: every job id that was ever used, and what became of it. */
export async function ensureJobs({ connection, known }: Session): Promise<void> {
  if (known.has(JOBS)) return
  await connection
    .run(
      `CREATE TABLE IF NOT EXISTS ${JOBS} (id VARCHAR PRIMARY KEY, table_name VARCHAR, ${BUSINESS_DATE} DATE, run_id VARCHAR,
         recorded_at TIMESTAMP WITH TIME ZONE, state VARCHAR, code VARCHAR, permanent BOOLEAN, message VARCHAR,
         row_count BIGINT, totals VARCHAR, content VARCHAR);
       ALTER TABLE ${JOBS} ADD COLUMN IF NOT EXISTS content VARCHAR;
       ALTER TABLE ${JOBS} ADD COLUMN IF NOT EXISTS hour VARCHAR`,
    )
    .catch(throwWarehouseFailed('make the table of jobs'))
  known.set(JOBS, '')
}

/** A job by its id; null for an id that was never used. */
export async function findJob(connection: DuckDBConnection, id: string): Promise<StoredJob | null> {
  const [row] = await readRows(
    connection,
    `SELECT state, code, permanent, message, content FROM ${JOBS} WHERE id = ${quoteString(id)}`,
  ).catch(noneYet)
  if (!row) return null
  const [state, code, permanent, message, content] = row
  return {
    state: state === 'done' ? 'done' : 'failed',
    content: content ?? null,
    failure: {
      code: code === 'OBJECT_MISSING' || code === 'LOAD_REJECTED' ? code : 'WAREHOUSE_FAILED',
      permanent: permanent === 'true',
      message: message ?? '',
    },
  }
}

/** @throws {DaybreakError} JOB_CONFLICT when the job of this id loaded something else. */
export function refuseOther({ content }: StoredJob, job: LoadJob): void {
  if (content === null || content === job.content) return
  throw new DaybreakError('JOB_CONFLICT', `a job ${job.id} exists, and loaded other content`)
}

/** Largest epoch among the jobs of each table and date, failed ones included. */
export async function newestEpochs(
  connection: DuckDBConnection,
  tables: readonly Table[],
  windows: readonly BusinessDate[],
): Promise<ReadonlyMap<string, number>> {
  const names = tables.map((table) => quoteString(tableName(table))).join(', ')
  const days = windows.map((window) => windowSql(dayOfWindow(window))).join(', ')
  const hour = windows.some(isHour) ? 'hour' : 'NULL'
  const rows = await readRows(
    connection,
    `SELECT table_name, ${BUSINESS_DATE}, ${hour}, id FROM ${JOBS} WHERE table_name IN (${names}) AND ${BUSINESS_DATE} IN (${days})`,
  ).catch(noneYet)
  const newest = new Map<string, number>()
  for (const [name, day, at, id] of rows) {
    const key = `${name}/${at ?? day}`
    newest.set(key, Math.max(newest.get(key) ?? 0, epochOf(id ?? '')))
  }
  return newest
}

/** Nothing where the table of jobs does not exist. Asking the catalog before every look would cost more than the look. */
function noneYet(error: unknown): readonly [] {
  const line = firstLine(error)
  // A file of a release that knew no hours has loaded none.
  const isNone =
    line.startsWith('Catalog Error: Table with name _jobs does not exist') || line.includes('"hour" not found')
  if (isNone) return []
  throw error
}

/** Uses up the id of a job that worked, in the transaction of its load. A second job of that id breaks the key. */
export async function recordDone(
  connection: DuckDBConnection,
  job: LoadJob,
  { rows, now }: { readonly rows: number; readonly now: number },
): Promise<void> {
  await insert(connection, job, { now, state: 'done', rows })
}

/** Uses up the id of a job that failed, so that it stays failed. */
export async function recordFailed(
  connection: DuckDBConnection,
  job: LoadJob,
  { code, permanent, message, now }: Failure & { now: number },
): Promise<void> {
  await insert(connection, job, { now, state: 'failed', code, permanent, message })
}

interface JobRow {
  readonly now: number
  readonly state: 'done' | 'failed'
  readonly code?: string
  readonly permanent?: boolean
  readonly message?: string
  readonly rows?: number
}

async function insert(connection: DuckDBConnection, job: LoadJob, row: JobRow): Promise<void> {
  const text = (value: string | undefined) => (value === undefined ? 'NULL' : quoteString(value.replaceAll('\0', '')))
  const values = {
    id: text(job.id),
    table_name: text(tableName(job.table)),
    [BUSINESS_DATE]: windowSql(dayOfWindow(job.window)),
    hour: isHour(job.window) ? text(job.window) : 'NULL',
    run_id: text(job.runId),
    recorded_at: instantSql(row.now),
    state: text(row.state),
    code: text(row.code),
    permanent: String(row.permanent ?? 'NULL'),
    message: text(row.message),
    row_count: String(row.rows ?? 'NULL'),
    content: text(job.content),
  }
  await connection.run(
    `INSERT INTO ${JOBS} (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`,
  )
}

/** An instant as SQL. DuckDB counts microseconds. */
export function instantSql(instant: number): string {
  return `make_timestamptz(${Math.trunc(instant) * 1000})`
}
