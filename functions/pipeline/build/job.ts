import { DaybreakError } from '../../errors.ts'
import { jobId } from '../../lib/job-id.ts'
import { MODELS } from '../../models/order.ts'
import { type BuildStatus, buildsModels, type ModelWarehouse } from '../destination.ts'
import type { PendingBuild } from '../entities.ts'
import type { BuildPorts, BuildTask } from './task.ts'

const DEFAULT_BUDGET = 120_000
const POLL = 500

/** Id of the query job of an epoch. Its staging table carries it as its name. */
export function queryJobId(build: PendingBuild, { environment }: Pick<BuildTask, 'environment'>): string {
  const { model, fingerprint, window, epoch, attempt, wanted } = build
  const stream = `${model}_${fingerprint}`
  // Eight digits of `wanted`: two ledgers that use one epoch for other inputs use two ids.
  return jobId({ environment, pipeline: 'build', stream, window, epoch, attempt, content: wanted.slice(0, 8) })
}

/** Id of the job that publishes the staging table of an epoch. */
export function publishJobId(build: PendingBuild, task: Pick<BuildTask, 'environment'>): string {
  return `${queryJobId(build, task)}_publish`
}

/** Labels of a job: what a bill is read by. */
export function labelsOf({ model, fingerprint, window }: PendingBuild): Readonly<Record<string, string>> {
  return { kind: 'build', model: model.slice(0, 63), version: fingerprint, date: window }
}

/** The warehouse of the models. @throws {DaybreakError} CONFIG_INVALID when it cannot build any. */
export function modelWarehouse({ destination }: Pick<BuildPorts, 'destination'>): ModelWarehouse {
  const found = destination(MODELS)
  if (buildsModels(found)) return found
  const message = 'the warehouse of this environment builds no models; expected one of a kind that does, such as duckdb'
  throw new DaybreakError('CONFIG_INVALID', message)
}

/** Waits for the end of a job until the time is up. Null when its id was never used. */
export async function awaitJob(
  id: string,
  { budget = DEFAULT_BUDGET, signal }: Pick<BuildTask, 'budget' | 'signal'>,
  ports: BuildPorts,
): Promise<BuildStatus | null> {
  const { clock } = ports
  const warehouse = modelWarehouse(ports)
  const deadline = clock.now() + budget
  for (;;) {
    const status = await warehouse.buildStatus(id)
    if (status?.state !== 'running' || clock.now() >= deadline || signal?.aborted) return status
    await clock.sleep(POLL, signal)
  }
}
