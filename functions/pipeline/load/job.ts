import { DaybreakError } from '../../errors.ts'
import type { LoadJob, LoadStatus } from '../destination.ts'
import type { Manifest, ManifestEntry, PendingPartition } from '../entities.ts'
import { contentHash, findManifest, readManifest } from '../manifest.ts'
import { isMendable, type ObjectStore } from '../ports.ts'
import { type Helping, type JobResult, type LoadPorts, type LoadTask, MOST_STALE, type Pending } from './task.ts'

const DEFAULT_BUDGET = 120_000
const POLL = 500

/**
 * Brings the job of a pending partition to its end, whichever worker began it: makes damaged parts again, starts the job unless it
 * runs, and waits. Changes no row. A failure that another delivery may survive is thrown; any other is a result.
 */
export async function runJob(partition: PendingPartition, helping: Helping): Promise<JobResult> {
  try {
    return await bringToEnd(partition, helping)
  } catch (error) {
    // A defect, or a process that ends: the queue delivers again, and the sweep sends a row that was left pending.
    if (!(error instanceof DaybreakError) || error.retryable || error.code === 'CANCELLED') throw error
    const isTaken = error.code === 'JOB_CONFLICT' && helping.tries.stale < MOST_STALE
    return isTaken ? await taken(partition, helping) : { is: 'refused', failure: error }
  }
}

/** A job id that is used for something else is left to its owner, and the next epoch has another. */
async function taken({ pipeline, jobId, loading }: PendingPartition, { task, ports }: Helping): Promise<JobResult> {
  if (await ports.destination(pipeline).isRunning(jobId)) return { is: 'running' }
  return { is: 'taken', manifest: await readManifest(task, loading, ports) }
}

async function bringToEnd(partition: PendingPartition, helping: Helping): Promise<JobResult> {
  const { task, ports } = helping
  const started = ports.clock.now()
  const manifest = await findManifest(task, partition.loading, ports)
  if (manifest === null) return await obsolete(partition, ports)
  const damaged = await damagedParts(manifest, ports.objects)
  if (damaged.length > 0 && (await remake(damaged, helping)) === 'moved') return await obsolete(partition, ports)
  const { created, status } = await start({ partition, manifest }, task, ports)
  if (status === null || status.state === 'running') return { is: 'running' }
  if (status.state === 'failed') return await afterFailure(status, { partition, manifest }, helping)
  return { is: 'ended', created, content: status, manifest, started }
}

interface Started {
  readonly created: boolean
  readonly status: LoadStatus | null
}

/** Starts the job, unless another worker has, and waits for its end until the time is up. */
async function start(pending: Pending, task: LoadTask, ports: LoadPorts): Promise<Started> {
  const { clock } = ports
  const destination = ports.destination(task.pipeline)
  const job = jobOf(pending, task, ports)
  const deadline = clock.now() + (task.budget ?? DEFAULT_BUDGET)
  const misfit = await destination.ensureTable(task.table).then(() => null, toMisfit)
  if (misfit !== null) return { created: false, status: { state: 'failed', permanent: true, message: misfit.message } }
  const { created } = await destination.startLoad(job)
  for (;;) {
    const status = await destination.loadStatus(job)
    if (status?.state !== 'running' || clock.now() >= deadline || task.signal?.aborted) return { created, status }
    await clock.sleep(POLL, task.signal)
  }
}

/** The row names its job: one of an earlier release has an id of another form. */
function jobOf({ partition, manifest }: Pending, task: LoadTask, { objects }: LoadPorts): LoadJob {
  const entries = manifest.entries.map(({ part: { object, ...part }, ...entry }) => ({
    ...entry,
    part: { ...part, uri: objects.uri(object) },
  }))
  const { table, window, runId } = task
  return { id: partition.jobId, content: contentHash(manifest), table, window, entries, runId }
}

/** Parts may have gone after they were looked at. Then the next attempt finds them made again. */
async function afterFailure(
  { permanent, code, message }: Extract<LoadStatus, { state: 'failed' }>,
  { partition, manifest }: Pending,
  helping: Helping,
): Promise<JobResult> {
  const { task, ports, tries } = helping
  const failed = { is: 'failed', permanent, message, manifest, ...(code && { code }) } as const
  const mayRemake = code === 'OBJECT_MISSING' && tries.remade === 0 && task.remake !== undefined
  const missing = code === 'OBJECT_MISSING' ? await missingParts(manifest, ports.objects) : []
  if (missing.length === 0 || !mayRemake) return failed
  return (await remake(missing, helping)) === 'moved'
    ? await obsolete(partition, ports)
    : { ...failed, permanent: false }
}

async function remake(damaged: readonly ManifestEntry[], { task, tries }: Helping): Promise<'same' | 'moved'> {
  tries.remade++
  const names = damaged
    .map(({ part }) => part.object)
    .slice(0, 3)
    .join(', ')
  if (task.remake === undefined || tries.remade > 2)
    throw new DaybreakError('OBJECT_DAMAGED', `${damaged.length} parts are gone or not as they were staged: ${names}`)
  return await task.remake(damaged)
}

/** The manifest of the epoch cannot be loaded any more. Only a row whose job has ended is given up. */
async function obsolete({ pipeline, jobId }: PendingPartition, ports: LoadPorts): Promise<JobResult> {
  return { is: (await ports.destination(pipeline).isRunning(jobId)) ? 'running' : 'obsolete' }
}

/** A table that cannot become what the contract says fails the load for good; another failure may pass. */
function toMisfit(error: unknown): DaybreakError {
  if (error instanceof DaybreakError && error.code === 'LOAD_REJECTED') return error
  throw error
}

/** Entries whose part is gone, or has other bytes than those that were staged, where a store's objects can be written over. */
async function damagedParts({ entries }: Manifest, objects: ObjectStore): Promise<readonly ManifestEntry[]> {
  if (!isMendable(objects)) return []
  const names = new Set(await objects.damaged(entries.map(({ part }) => part)))
  return entries.filter(({ part }) => names.has(part.object))
}

/** Entries whose part is not there in its full length. */
async function missingParts({ entries }: Manifest, { size }: ObjectStore): Promise<readonly ManifestEntry[]> {
  const sizes = await Promise.all(entries.map(async ({ part }) => (await size(part.object)) === part.bytes))
  return entries.filter((_, at) => !sizes[at])
}
