import type { JobReference, LoadStatus } from '../../pipeline/destination.ts'
import type { Context } from './call.ts'
import type { Circuit } from './circuit.ts'
import { countPartition } from './count.ts'
import { isMissing, isPassing, isQuota } from './errors.ts'
import { type JobState, readJob } from './jobs.ts'
import { writeReceipt } from './receipt.ts'

type Failed = Extract<LoadStatus, { state: 'failed' }>

/** The worst that a message repeats: a part that is damaged is told with its URI, thousands of others need not be. */
const MOST_ERRORS = 5

/** State of a load job; null when it was never inserted. */
export async function loadStatus(
  context: Context,
  { id, table, window }: JobReference,
  circuit: Circuit,
): Promise<LoadStatus | null> {
  const job = await readJob(context, id)
  if (job === null) return null
  const { state, errorResult, errors } = job.status
  if (state !== 'DONE') return { state: 'running' }
  if (errorResult) {
    if (isQuota(errorResult)) circuit.open(errorResult.message, tableOf(job))
    return toFailed(errorResult, errors)
  }
  const content = await countPartition(context, table, window)
  // What the job says it wrote, where it says so: a job that contradicts its table is not believed.
  const counted = { ...content, rows: job.statistics.load?.outputRows ?? content.rows }
  await writeReceipt(context, id, { job, counted })
  return { state: 'done', ...counted }
}

function tableOf({ configuration }: JobState): string {
  const { dataset = '', stream = '' } = configuration.labels
  return `${dataset}.${stream}`
}

/** The failure of a load, from the error of its job. A DONE job with an `errorResult` has written nothing. */
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

/** True while a job may still write. */
export async function isRunning(context: Context, id: string): Promise<boolean> {
  const job = await readJob(context, id)
  return job !== null && job.status.state !== 'DONE'
}
