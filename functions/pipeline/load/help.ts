import { DaybreakError } from '../../errors.ts'
import type { LoadJob, LoadStatus } from '../destination.ts'
import type { ManifestEntry, PendingPartition } from '../entities.ts'
import { contentHash } from '../manifest.ts'
import { differenceFrom } from './difference.ts'
import { reclaim, release } from './partition.ts'
import { damagedParts, missingParts } from './parts.ts'
import { abandon, nextAttempt, quarantine, settleLoaded } from './settle.ts'
import type { Helping, Loaded, LoadPorts, LoadTask, Pending } from './task.ts'
import { isUnreadable, readManifest } from './want.ts'

const DEFAULT_BUDGET = 120_000
const POLL = 500

// A used job that did not make the table what it should be has been seen to twice by then, each time under a new epoch.
const MOST_STALE = 3

/**
 * Brings a pending job to its end, whoever began it. Null when the partition is to be looked at again, which is also the
 * end of a success; else what there is to say. A failure that another delivery may survive is thrown; any other moves the row.
 */
export async function help(partition: PendingPartition, helping: Helping): Promise<Loaded | null> {
  try {
    return await bringToEnd(partition, helping)
  } catch (error) {
    // A defect, or a process that ends: the queue delivers again, and the sweep sends a row that was left pending.
    if (!(error instanceof DaybreakError) || error.retryable || error.code === 'CANCELLED') throw error
    return await abandon(partition, error, helping)
  }
}

async function bringToEnd(partition: PendingPartition, helping: Helping): Promise<Loaded | null> {
  const { task, ports, tries } = helping
  const started = ports.clock.now()
  const manifest = await readManifest(task, partition.loading, ports).catch(unlessUnreadable)
  if (manifest === null) return await giveUp(partition, helping)
  const pending = { partition, manifest }
  const damaged = await damagedParts(manifest, ports.objects)
  if (damaged.length > 0 && (await remake(damaged, helping)) === 'moved') return await giveUp(partition, helping)
  const { created, status } = await runJob(pending, helping)
  if (status === null || status.state === 'running') return { outcome: 'pending', partition }
  if (status.state === 'failed') return await afterFailure(status, pending, helping)
  const wrong = differenceFrom(manifest, status, task.table)
  if (wrong === null) {
    await settleLoaded(pending, status, { ...helping, started })
    return null
  }
  if (!created && tries.stale < MOST_STALE) {
    // The job ran under a ledger that was put back since, or another job came after it.
    tries.stale++
    await reclaim(pending, task, ports)
    return null
  }
  // The table holds what no manifest lists, so it equals none.
  const unequal = { ...partition, loaded: 0, rows: status.rows, totals: status.totals }
  const message = `${task.stream} of ${task.window}, manifest ${manifest.number}: ${wrong}`
  return await quarantine(unequal, { code: 'NOT_RECONCILED', message }, helping)
}

interface Ran {
  readonly created: boolean
  readonly status: LoadStatus | null
}

/** Starts the job, unless another worker has, and waits for its end until the time is up. */
async function runJob(pending: Pending, { task, ports }: Helping): Promise<Ran> {
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

async function afterFailure(
  status: Extract<LoadStatus, { state: 'failed' }>,
  pending: Pending,
  helping: Helping,
): Promise<Loaded | null> {
  if (status.code !== 'OBJECT_MISSING') return await nextAttempt(status, pending, helping)
  const { task, ports, tries } = helping
  const missing = await missingParts(pending.manifest, ports.objects)
  if (missing.length === 0 || tries.remade > 0 || task.remake === undefined)
    return await nextAttempt(status, pending, helping)
  if ((await remake(missing, helping)) === 'moved') return await giveUp(pending.partition, helping)
  return await nextAttempt({ ...status, permanent: false }, pending, helping)
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
async function giveUp(partition: PendingPartition, { ports }: Helping): Promise<Loaded | null> {
  if (await ports.destination(partition.pipeline).isRunning(partition.jobId)) return { outcome: 'pending', partition }
  await release(partition, ports)
  return null
}

function unlessUnreadable(error: unknown): null {
  if (isUnreadable(error)) return null
  throw error
}

/** A table that cannot become what the contract says fails the load for good; another failure may pass. */
function toMisfit(error: unknown): DaybreakError {
  if (error instanceof DaybreakError && error.code === 'LOAD_REJECTED') return error
  throw error
}
