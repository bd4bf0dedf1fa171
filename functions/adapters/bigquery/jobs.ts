import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { type Context, call } from './call.ts'
import { isMissing, type Problem, readProblem } from './errors.ts'
import { difference, type JobConfiguration } from './load-configuration.ts'

const ErrorProto = z.object({
  reason: z.string().default(''),
  message: z.string().default(''),
  location: z.string().optional(),
})
const Count = z.coerce.number().int()

/** A job as BigQuery describes it, in the members that are read here. */
const JobState = z.object({
  configuration: z.object({
    labels: z.record(z.string(), z.string()).default({}),
    load: z
      .object({
        destinationTable: z.object({ datasetId: z.string(), tableId: z.string() }),
      })
      .optional(),
    query: z
      .object({
        query: z.string(),
        destinationTable: z.object({ datasetId: z.string(), tableId: z.string() }).optional(),
      })
      .optional(),
  }),
  status: z.object({
    state: z.enum(['PENDING', 'RUNNING', 'DONE']),
    errorResult: ErrorProto.optional(),
    errors: z.array(ErrorProto).default([]),
  }),
  statistics: z.object({
    endTime: Count.optional(),
    load: z.object({ outputRows: Count.optional() }).optional(),
    query: z.object({ totalBytesBilled: Count.optional() }).optional(),
  }),
})
/** State and errors of a job, as BigQuery answers. */
export type JobState = z.infer<typeof JobState>

/** Outcome of an insertion: a job of this id exists, or BigQuery made none and says why. */
type Inserted =
  | { readonly state: 'exists'; readonly created: boolean }
  | { readonly state: 'refused'; readonly problem: Problem }

interface NewJob {
  readonly id: string
  readonly configuration: JobConfiguration
}

/**
 * Sees to it that a job of this id exists. One that exists already is taken for this one if it does the same: the answer to
 * an earlier try may have been lost, or another worker was faster.
 * @throws {DaybreakError} JOB_CONFLICT when it does something else; WAREHOUSE_DENIED, WAREHOUSE_QUOTA, WAREHOUSE_FAILED.
 */
export async function insertJob(context: Context, { id, configuration }: NewJob): Promise<Inserted> {
  const { client, location } = context
  const inserted = await call(context, `start job ${id}`, () =>
    client
      .createJob({ jobId: id, location, configuration })
      .then((): Inserted => ({ state: 'exists', created: true }), settle(id)),
  )
  if (inserted.state === 'exists' || inserted.problem.status !== 409) return inserted
  const different = difference(configuration, (await rawJob(context, id))?.configuration)
  if (different === null) return { state: 'exists', created: false }
  throw new DaybreakError('JOB_CONFLICT', `a job ${id} exists in ${location}, and ${different}`)
}

/** An error of the client may be no failure: it throws as well for a job that exists and has errors. */
function settle(id: string): (error: unknown) => Inserted {
  return (error) => {
    if (isJob(error, id)) return { state: 'exists', created: true }
    const problem = readProblem(error)
    const isAnswer =
      problem.status === 409 || problem.status === 400 || isMissing(problem, 'Table') || isMissing(problem, 'Dataset')
    if (!isAnswer || problem.reason === 'backendError') throw error
    return { state: 'refused', problem }
  }
}

const WithJob = z.object({ jobReference: z.object({ jobId: z.string() }) })

function isJob(error: unknown, id: string): boolean {
  const response = error instanceof Error && 'response' in error ? error.response : undefined
  return WithJob.safeParse(response).data?.jobReference.jobId === id
}

/** A job by its id, where our jobs run; null when it was never inserted there. */
export async function readJob(context: Context, id: string): Promise<JobState | null> {
  const found = await rawJob(context, id)
  return found === null ? null : JobState.parse(found)
}

async function rawJob(context: Context, id: string) {
  const { client, location } = context
  return await call(context, `look up job ${id}`, async () => {
    try {
      const [metadata] = await client.job(id, { location }).getMetadata()
      return z.looseObject({ configuration: z.unknown() }).parse(metadata)
    } catch (error) {
      if (isMissing(readProblem(error), 'Job')) return null
      throw error
    }
  })
}
