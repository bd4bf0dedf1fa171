import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { datasetOf, tableOf } from './catalog.ts'
import { CopyConfiguration, type CopyResult, runCopy } from './copy.ts'
import { checkLoad, LoadConfiguration, type LoadContext, type LoadResult, runLoad } from './load.ts'
import { QueryConfiguration, type QueryResult, runQuery } from './query.ts'
import type { Quotas, TableKind } from './quotas.ts'
import { type ErrorProto, errorProto, notDone, Refusal } from './refusal.ts'
import { checkWrite, toDestination } from './write.ts'

export const JobRequest = z.looseObject({
  jobReference: z
    .object({ projectId: z.string(), jobId: z.string().optional(), location: z.string().optional() })
    .optional(),
  configuration: z.strictObject({
    load: LoadConfiguration.optional(),
    query: QueryConfiguration.optional(),
    copy: CopyConfiguration.optional(),
    dryRun: z.boolean().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    jobTimeoutMs: z.coerce.string().optional(),
    jobType: z.string().optional(),
  }),
})

type Configuration = z.infer<typeof JobRequest>['configuration']

/** A job, from its insertion on for ever. */
export interface Job {
  readonly id: string
  readonly location: string
  readonly configuration: Configuration
  /** The configuration as it was sent. */
  readonly sent: unknown
  readonly createdAt: number
  state: 'PENDING' | 'RUNNING' | 'DONE'
  startedAt: number | null
  endedAt: number | null
  errorResult: ErrorProto | null
  errors: readonly ErrorProto[]
  load: LoadResult | null
  query: QueryResult | null
  copy: CopyResult | null
  /** True once it runs and nothing but its work keeps it from its end. */
  isWorking: boolean
  /** Resolves when the job is done. */
  readonly done: Promise<void>
}

/** How a job that is about to run goes wrong. */
export interface JobFault {
  /** Part of the id. */
  readonly id?: string
  readonly times?: number
  /** The job ends so, and nothing is committed. */
  readonly reason?: Refusal['reason'] | 'jobBackendError' | 'jobInternalError'
  readonly message?: string
  /** Told in `errors` although the job succeeds. */
  readonly warning?: string
  /** Commits, and then lies about the rows. */
  readonly outputRows?: number
  /** Commits this before the job itself runs: the change of another client. */
  readonly sql?: string
}

export interface JobOptions extends LoadContext {
  readonly quotas: Quotas
  /** Jobs that wait until `release`. */
  readonly holds: (job: Pick<Job, 'id' | 'configuration'>) => boolean
  /** Where a missing destination of a load is told: by the insertion, or by the job. BigQuery does both. */
  readonly missingTable: () => 'insert' | 'job'
}

export interface Jobs {
  readonly all: readonly Job[]
  /** @throws {Refusal} duplicate for an id that was used, in any state of its job. */
  insert(request: unknown): Promise<Job>
  /** @throws {Refusal} notFound, also when it ran in another location. */
  get(id: string, location: string | null): Job
  cancel(id: string, location: string | null): Job
  /** Lets a held job run to its end. */
  release(id: string): Promise<void>
  /** Lets a held job say RUNNING, and no more. */
  begin(id: string): void
  fault(fault: JobFault): void
}

export function createJobs(options: JobOptions): Jobs {
  const jobs = new Map<string, OpenJob & { readonly start: () => Promise<void> }>()
  const faults: { fault: JobFault; left: number }[] = []
  const get = (id: string, location: string | null) => {
    const found = [...jobs.values()].find(
      (job) => job.id === id && (location ?? defaultLocation(job)).toLowerCase() === job.location.toLowerCase(),
    )
    if (found) return found
    const name = location === null ? id : `${location}.${id}`
    throw new Refusal('notFound', `Not found: Job ${options.catalog.project}:${name}`)
  }
  const takeFault = (id: string) => {
    const plan = faults.find(({ fault, left }) => left > 0 && id.includes(fault.id ?? ''))
    if (plan) plan.left--
    return plan?.fault
  }
  return {
    get all() {
      return [...jobs.values()]
    },
    async insert(request) {
      const { jobReference, configuration } = parseRequest(request)
      const id = jobReference?.jobId ?? `job_${randomUUID()}`
      if (!/^[A-Za-z0-9_-]{1,1024}$/.test(id)) throw new Refusal('invalid', `Invalid job ID "${id}".`)
      const location = jobReference?.location ?? 'US'
      const key = `${location.toLowerCase()}.${id}`
      if (!configuration.dryRun && jobs.has(key))
        throw new Refusal('duplicate', `Already Exists: Job ${options.catalog.project}:${location}.${id}`)
      checkJob(configuration, location, options)
      const job = newJob({ id, location, configuration, sent: sentConfiguration(request) }, options.catalog.now())
      let running: Promise<void> | null = null
      const start = () => {
        running ??= execute(job, { options, fault: configuration.dryRun ? undefined : takeFault(id) })
        return running
      }
      const entry = Object.assign(job, { start })
      if (configuration.dryRun) {
        await start()
        if (job.errorResult)
          throw new Refusal(reasonOf(job.errorResult.reason), job.errorResult.message, job.errorResult.location)
        return entry
      }
      jobs.set(key, entry)
      if (!options.holds(job)) void start()
      return entry
    },
    get,
    cancel(id, location) {
      const job = get(id, location)
      if (job.state !== 'DONE') cancel(job)
      return job
    },
    async release(id) {
      await [...jobs.values()].find((job) => job.id === id)?.start()
    },
    begin(id) {
      const job = [...jobs.values()].find((each) => each.id === id && each.state === 'PENDING')
      if (job) {
        job.state = 'RUNNING'
        job.startedAt = options.catalog.now()
      }
    },
    fault: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
  }
}

function reasonOf(reason: string): Refusal['reason'] {
  const known: readonly Refusal['reason'][] = [
    'accessDenied',
    'bytesBilledLimitExceeded',
    'duplicate',
    'invalid',
    'invalidQuery',
    'notFound',
    'notImplemented',
  ]
  return known.find((each) => each === reason) ?? 'internalError'
}

/** Only jobs of the multi-regions are found without their location. */
function defaultLocation({ location }: Job): string {
  return /^(US|EU)$/i.test(location) ? location : 'US'
}

function parseRequest(request: unknown): z.infer<typeof JobRequest> {
  const parsed = JobRequest.safeParse(request)
  if (!parsed.success) throw notDone(`this job: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function sentConfiguration(request: unknown): unknown {
  return z.object({ configuration: z.unknown() }).parse(request).configuration
}

function checkJob(
  { load, query, copy }: Configuration,
  location: string,
  { catalog, quotas, missingTable }: JobOptions,
): void {
  if (!load && !query && !copy) throw notDone('jobs that neither load, copy nor query')
  if (!load) return
  checkLoad(load)
  quotas.takeLoadJob()
  const destination = toDestination(load.destinationTable)
  if (missingTable() !== 'insert') return
  datasetOf(catalog, destination.dataset, location)
  checkWrite(catalog, { destination, options: { ...load, writeDisposition: load.writeDisposition ?? 'WRITE_APPEND' } })
}

interface OpenJob extends Job {
  readonly finish: () => void
}

function newJob(facts: Pick<Job, 'id' | 'location' | 'configuration' | 'sent'>, now: number): OpenJob {
  const { promise, resolve } = Promise.withResolvers<void>()
  const open = {
    state: 'PENDING' as const,
    isWorking: false,
    startedAt: null,
    endedAt: null,
    errorResult: null,
    errors: [],
    load: null,
    query: null,
    copy: null,
  }
  return { ...facts, ...open, createdAt: now, done: promise, finish: resolve }
}

interface Execution {
  readonly options: JobOptions
  readonly fault: JobFault | undefined
}

/** Runs a job to its end: all of what it writes is committed at once, or nothing is. */
async function execute(job: OpenJob, { options, fault }: Execution): Promise<void> {
  if (job.state === 'DONE') return
  const { catalog } = options
  job.state = 'RUNNING'
  job.isWorking = true
  job.startedAt ??= catalog.now()
  try {
    if (fault?.sql) await catalog.database.run(fault.sql)
    if (fault?.reason)
      throw Object.assign(new Refusal('internalError', fault.message ?? 'The local server fails, as it was told'), {
        given: fault.reason,
      })
    await commit(job, options)
    if (fault?.outputRows !== undefined && job.load) job.load = { ...job.load, outputRows: fault.outputRows }
    if (fault?.warning) job.errors = [{ reason: 'invalid', message: fault.warning }]
  } catch (error) {
    if (isDone(job)) return
    const proto = toProto(error)
    job.errorResult = proto
    job.errors = [proto]
  }
  job.state = 'DONE'
  job.endedAt = catalog.now()
  job.finish()
}

// A job that was cancelled while it ran is done already.
function isDone({ state }: Job): boolean {
  return state === 'DONE'
}

function toProto(error: unknown): ErrorProto {
  if (error instanceof Refusal)
    return { ...errorProto(error), ...('given' in error && { reason: String(error.given) }) }
  return {
    reason: 'internalError',
    message: `The local server failed: ${error instanceof Error ? error.stack : error}`,
  }
}

async function commit(job: Job, options: JobOptions): Promise<void> {
  const { catalog, quotas } = options
  const { load, query, copy, dryRun } = job.configuration
  await catalog.database.transaction(
    async (run) => {
      // Taken in this turn, not before it: a table that another request makes meanwhile must not be forgotten.
      const saved = [...catalog.datasets].map(([name, dataset]) => ({ name, tables: new Map(dataset.tables) }))
      const restore = () => {
        for (const { name, tables } of saved) {
          const stored = catalog.datasets.get(name)?.tables
          stored?.clear()
          for (const [table, settings] of tables) stored?.set(table, settings)
        }
      }
      try {
        if (load) {
          job.load = await runLoad(load, { ...options, location: job.location }, run)
          quotas.takeChange(load.destinationTable, kindOf(load.destinationTable, catalog))
        }
        if (copy) {
          job.copy = await runCopy(copy, { catalog, location: job.location }, run)
          quotas.takeChange(copy.destinationTable, kindOf(copy.destinationTable, catalog))
        }
        if (query)
          job.query = await runQuery(query, { catalog, location: job.location, isDryRun: dryRun === true }, run)
        if (dryRun) restore()
        if (isDone(job)) throw new Refusal('stopped', 'Job execution was cancelled')
      } catch (error) {
        restore()
        throw error
      }
    },
    { keep: !dryRun },
  )
}

function kindOf(reference: { datasetId: string; tableId: string }, catalog: JobOptions['catalog']): TableKind {
  const { timePartitioning } = tableOf(catalog, toDestination(reference))
  if (!timePartitioning) return 'unpartitioned'
  return timePartitioning.field === undefined ? 'ingestion-partitioned' : 'column-partitioned'
}

function cancel(job: OpenJob): void {
  const stopped = { reason: 'stopped', message: 'Job execution was cancelled: User requested cancellation' }
  job.errorResult = stopped
  job.errors = [stopped]
  job.state = 'DONE'
  job.finish()
}
