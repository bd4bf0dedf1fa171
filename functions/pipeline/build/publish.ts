import type { BuildStatus } from '../destination.ts'
import { awaitJob, labelsOf, modelWarehouse, publishJobId, queryJobId } from './job.ts'
import { type BuildPorts, dateOf, type Helped, stagingName, tableOfModel } from './task.ts'

/** Brings the publication of an epoch whose recorded verdict is `pass` to its end. Changes no row of the ledger. */
export async function publish({ build, task }: Omit<Helped, 'seen'>, ports: BuildPorts): Promise<BuildStatus | null> {
  const id = publishJobId(build, task)
  await modelWarehouse(ports).publishPartition({
    id,
    from: stagingName(queryJobId(build, task)),
    to: tableOfModel(task.model),
    window: dateOf(task.model.compiled, build.window),
    rows: build.staged.rows,
    labels: labelsOf(build),
  })
  return await awaitJob(id, task, ports)
}
