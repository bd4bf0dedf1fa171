import { DaybreakError } from '../../errors.ts'
import { tableFor } from '../definition.ts'
import type { Run, Work } from '../entities.ts'
import { ensureLoaded } from '../night.ts'
import { remakeParts } from '../steps/bring-part.ts'
import { isTables } from '../tables/tools.ts'
import { readWindowPlan } from '../tables/window-plan.ts'
import { buildAfter } from './build.ts'
import { deleteRows } from './delete-rows.ts'
import { lineageOfLoad } from './lineage.ts'
import { recordLoaded, targetTask } from './load-table.ts'
import { waitingFor } from './send-loads.ts'
import type { Assignment, Ending, Worker } from './worker.ts'

type LoadWork = Extract<Work, { kind: 'load' }>

// Load jobs take seconds but can queue for hours. After this time the message goes back to the queue, so the instance is free.
const LONGEST_WAIT = 120_000

/** The work of a `load`: makes one partition equal to the newest state of the ledger. */
export async function load(
  work: LoadWork,
  { run, definition }: Omit<Assignment, 'message'>,
  worker: Worker,
): Promise<Ending> {
  const { ports, signal, deadline, models, lineage, tables } = worker
  const alike = await waitingFor(work, ports)
  const { pipeline, stream, window } = work
  const copied = isTables(definition) ? definition : null
  const target = copied ? await targetTask(work, ports) : null
  const { outcome, partition } = await ensureLoaded(
    {
      ...{ pipeline, stream, window },
      table: target?.table ?? tableFor(definition, stream),
      runId: run.id,
      environment: definition.environment,
      ...(isForced(run) && { force: true }),
      ...(signal && { signal }),
      ...(deadline !== undefined && { budget: Math.min(LONGEST_WAIT, deadline - ports.clock.now()) }),
      followUps: (loaded, pending) => [
        ...(models ? [buildAfter(loaded, ports)] : []),
        ...(lineage ? lineageOfLoad(loaded, pending, { targets: lineage, ports }) : []),
      ],
      ...(lineage && {
        failureFollowUps: (failed, pending) => lineageOfLoad(failed, pending, { targets: lineage, ports }),
      }),
      waiting: async () => (await waitingFor(work, ports)).map(({ id }) => id),
      remake: target?.remake ?? ((damaged) => remakeParts(definition, damaged, { window, ports })),
    },
    ports,
  )
  if (outcome === 'pending')
    throw new DaybreakError('WAREHOUSE_BUSY', `job ${partition.jobId} for ${stream} of ${window} is still running`)
  if (copied && outcome !== 'quarantined') {
    await recordLoaded(
      work,
      { run, definition: copied },
      { ports, ...(tables && { tables }), ...(signal && { signal }) },
    )
    const plan = await readWindowPlan({ pipeline, stream, window }, ports.objects)
    await deleteRows({ run, definition: copied, plan }, worker)
  }
  return outcome === 'quarantined' ? { end: 'refused', reason: partition.reason } : { end: 'done', alike }
}

function isForced({ scope }: Run): boolean {
  return scope.force === true || scope.reload === true
}
