import type { LoadStatus, Table } from '../../pipeline/ports.ts'
import type { Context } from './call.ts'
import type { Circuit } from './circuit.ts'
import { type Counted, countPartition } from './count.ts'
import { type JobState, readJob } from './jobs.ts'
import { isMissing, isPassing, isQuota } from './problem.ts'
import { readTable } from './read-table.ts'
import { writeReceipt } from './receipt.ts'

type Failed = Extract<LoadStatus, { state: 'failed' }>

/** The worst that a message repeats: a part that is damaged is told with its URI, thousands of others need not be. */
const MOST_ERRORS = 5

/** What became of a load job; null when it was never inserted. `table` is what whoever started it here said of it. */
export async function loadStatus(
  context: Context,
  jobId: string,
  { table, circuit }: { readonly table: Table | undefined; readonly circuit: Circuit },
): Promise<LoadStatus | null> {
  const job = await readJob(context, jobId)
  if (job === null) return null
  const { state, errorResult, errors } = job.status
  if (state !== 'DONE') return { state: 'running' }
  if (errorResult) {
    if (isQuota(errorResult)) circuit.open(errorResult.message, tableOf(job))
    return toFailed(errorResult, errors)
  }
  const counted = await count(context, job, table)
  await writeReceipt(context, jobId, { job, counted })
  return { state: 'done', ...counted }
}

function tableOf({ configuration }: JobState): string {
  const { dataset = '', stream = '' } = configuration.labels
  return `${dataset}.${stream}`
}

/** What a job's error means for a load. A DONE job with an `errorResult` has written nothing. */
export function toFailed(
  errorResult: JobState['status']['errors'][number],
  errors: JobState['status']['errors'],
): Failed {
  const problem = { ...errorResult, status: null }
  const others = errors.filter(({ message }) => message !== errorResult.message).slice(0, MOST_ERRORS)
  const told = [errorResult, ...others].map(({ message, location }) =>
    location === undefined || message.includes(location) ? message : `${message} (${location})`,
  )
  return {
    state: 'failed',
    permanent: !isPassing(problem) && !isQuota(problem),
    message: told.join('; '),
    ...(isMissing(problem, 'URI') && { code: 'OBJECT_MISSING' }),
  }
}

/**
 * Rows are those that the job says it wrote. Sums are counted in the partition, which holds what this job wrote as long as
 * the ledger's row is pending; afterwards nobody acts on them.
 */
async function count(
  context: Context,
  { configuration, statistics }: JobState,
  table: Table | undefined,
): Promise<Counted> {
  const { load, labels } = configuration
  const date = labels['date']
  if (!load || date === undefined) return { rows: 0, totals: {} }
  const { datasetId: schema, tableId } = load.destinationTable
  const name = tableId.split('$', 1)[0] ?? ''
  const summed = table ?? { schema, name, totals: await numericColumns(context, { schema, name }) }
  const { totals } = await countPartition(context, summed, date)
  return { rows: statistics.load?.outputRows ?? 0, totals }
}

/** For a worker that did not start the job, and so was told nothing of the table. */
async function numericColumns(context: Context, ref: Pick<Table, 'schema' | 'name'>): Promise<readonly string[]> {
  const stored = await readTable(context, ref)
  return (stored?.schema.fields ?? []).filter(({ type }) => type === 'NUMERIC').map((field) => field.name)
}
