import { toDaybreakError } from '../../errors.ts'
import type { PartitionContent } from '../../pipeline/destination.ts'
import { LOADS_TABLE, PARTITION_COLUMN } from '../../sql/dialects/bigquery/columns.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/bigquery/quote.ts'
import type { Context } from './call.ts'
import { isPassing } from './errors.ts'
import { insertJob, type JobState, readJob } from './jobs.ts'
import { tableSql } from './names.ts'
import { toText } from './values.ts'

// An id is used once, so a failure of BigQuery's own needs another.
const ATTEMPTS = 3
const POLLS = 20
const POLL = 500

/**
 * Writes which run loaded a partition into the table of loads, once: its job has an id of its own, made of the load's.
 * Rows and money are right without it, so a failure is told and ends nothing.
 */
export async function writeReceipt(
  context: Context,
  jobId: string,
  { job, counted }: { readonly job: JobState; readonly counted: PartitionContent },
): Promise<void> {
  try {
    const query = receiptSql(context.project, jobId, { job, counted })
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const why = await run(context, `${jobId}_receipt${attempt}`, query)
      if (why === null) return
      tell(context, jobId, why)
    }
  } catch (error) {
    tell(context, jobId, toDaybreakError(error).message)
  }
}

function tell({ log }: Context, jobId: string, why: string): void {
  const message = `Job ${jobId} is loaded, and ${LOADS_TABLE.name} does not say of which run: ${why}`
  log({ severity: 'WARNING', code: 'WAREHOUSE_FAILED', message })
}

/** Null when it is written, or will be; else why it is not. @throws {DaybreakError} when another id would not help. */
async function run(context: Context, id: string, query: string): Promise<string | null> {
  const inserted = await insertJob(context, { id, configuration: { query: { query, useLegacySql: false } } })
  if (inserted.state === 'refused') throw new Error(inserted.problem.message)
  for (let poll = 1; poll <= POLLS; poll++) {
    const { status } = (await readJob(context, id)) ?? {}
    if (status?.state === 'DONE') {
      const { errorResult } = status
      if (errorResult && !isPassing({ ...errorResult, status: null })) throw new Error(errorResult.message)
      return errorResult?.message ?? null
    }
    await context.clock.sleep(POLL)
  }
  return null
}

function receiptSql(
  project: string,
  jobId: string,
  { job, counted }: { readonly job: JobState; readonly counted: PartitionContent },
): string {
  const { dataset = '', stream = '', date: window = '', run = '' } = job.configuration.labels
  const text = (value: string) => quoteString(value)
  const endedAt = toText(`${job.statistics.endTime ?? 0}000`, { type: 'TIMESTAMP', mode: 'NULLABLE' })
  const values: Readonly<Record<(typeof LOADS_TABLE)['columns'][number]['name'], string>> = {
    job_id: text(jobId),
    table_name: text(stream),
    [PARTITION_COLUMN]: `DATE ${text(window)}`,
    run_id: text(run),
    loaded_at: `TIMESTAMP ${text(endedAt ?? '')}`,
    row_count: String(counted.rows),
    totals: text(JSON.stringify(counted.totals)),
  }
  const names = LOADS_TABLE.columns.map(({ name }) => name)
  const into = tableSql(project, { schema: dataset, name: LOADS_TABLE.name })
  const columns = names.map((name) => quoteIdentifier(name)).join(', ')
  return `INSERT INTO ${into} (${columns}) VALUES (${names.map((name) => values[name]).join(', ')})`
}
