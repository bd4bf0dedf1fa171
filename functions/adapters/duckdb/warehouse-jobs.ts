import type { DuckDBConnection } from '@duckdb/node-api'
import { z } from 'zod'
import type { LoadJob, LoadStatus } from '../../pipeline/ports.ts'
import { quoteString } from '../../sql/quote.ts'
import { readRows } from './warehouse-connection.ts'
import { type Failure, firstLine, throwWarehouseFailed } from './warehouse-errors.ts'
import type { Session } from './warehouse-file.ts'
import { tableName } from './warehouse-tables.ts'

const JOBS = 'main._jobs'
const TotalsText = z.record(z.string(), z.string())

/** What a load put into its partition. */
export interface Loaded {
  readonly rows: number
  readonly totals: Readonly<Record<string, string>>
}

/** Creates the table of jobs: every job id that was ever used, and what became of it. */
export async function ensureJobs({ connection, known }: Session): Promise<void> {
  if (known.has(JOBS)) return
  await connection
    .run(
      `CREATE TABLE IF NOT EXISTS ${JOBS} (id VARCHAR PRIMARY KEY, table_name VARCHAR, business_date DATE, run_id VARCHAR,
         recorded_at TIMESTAMP WITH TIME ZONE, state VARCHAR, code VARCHAR, permanent BOOLEAN, message VARCHAR,
         row_count BIGINT, totals VARCHAR)`,
    )
    .catch(throwWarehouseFailed('make the table of jobs'))
  known.set(JOBS, '')
}

/** What became of a job; null for an id that was never used. */
export async function findJob(connection: DuckDBConnection, id: string): Promise<LoadStatus | null> {
  const [row] = await readRows(
    connection,
    `SELECT state, row_count, totals, code, permanent, message FROM ${JOBS} WHERE id = ${quoteString(id)}`,
  ).catch(noneYet)
  if (!row) return null
  const [state, rows, totals, code, permanent, message] = row
  if (state === 'done') return { state, rows: Number(rows), totals: TotalsText.parse(JSON.parse(totals ?? '{}')) }
  return {
    state: 'failed',
    permanent: permanent === 'true',
    message: message ?? '',
    ...(code === 'OBJECT_MISSING' && { code }),
  }
}

/** Nothing where nobody has made the table of jobs. Asking the catalog before every look would cost more than the look. */
function noneYet(error: unknown): readonly [] {
  if (firstLine(error).startsWith('Catalog Error: Table with name _jobs does not exist')) return []
  throw error
}

/** Uses up the id of a job that worked, in the transaction of its load. A second job of that id breaks the key. */
export async function recordDone(
  connection: DuckDBConnection,
  job: LoadJob,
  { rows, totals, now }: Loaded & { now: number },
): Promise<void> {
  await insert(connection, job, { now, state: 'done', rows, totals: JSON.stringify(totals) })
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
  readonly totals?: string
}

async function insert(connection: DuckDBConnection, { id, table, date, runId }: LoadJob, row: JobRow): Promise<void> {
  const text = (value: string | undefined) => (value === undefined ? 'NULL' : quoteString(value.replaceAll('\0', '')))
  const values = [
    text(id),
    text(tableName(table)),
    `DATE ${quoteString(date)}`,
    text(runId),
    instantSql(row.now),
    text(row.state),
    text(row.code),
    String(row.permanent ?? 'NULL'),
    text(row.message),
    String(row.rows ?? 'NULL'),
    text(row.totals),
  ]
  await connection.run(`INSERT INTO ${JOBS} VALUES (${values.join(', ')})`)
}

/** An instant as SQL. DuckDB counts microseconds. */
export function instantSql(instant: number): string {
  return `make_timestamptz(${Math.trunc(instant) * 1000})`
}
