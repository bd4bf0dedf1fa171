import { DaybreakError } from '../../errors.ts'
import type { KeyOutcome } from '../destination.ts'
import type { SliceKey } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change } from '../ports.ts'
import { compareKeys } from '../tables/compare-keys.ts'
import { refusedStream, toLasting } from '../tables/refused-stream.ts'
import { expectTools, type TableDefinition } from '../tables/tools.ts'
import type { WindowPlan } from '../tables/window-plan.ts'
import type { Assignment, Worker } from './worker.ts'

type Deleting = Pick<Assignment, 'run'> & { readonly definition: TableDefinition; readonly plan: WindowPlan }

// A name that no shard of a window has.
const SHARD = 'keys'

/**
 * Deletes rows of a table whose keys are gone at the source, where that is due. Safe to repeat. A failure that would come again is an
 * incident of the stream, and its windows go on: `refused`.
 */
export async function deleteRows({ run, definition, plan }: Deleting, worker: Worker): Promise<'sound' | 'refused'> {
  const { ports, signal } = worker
  const tools = expectTools(worker.tables)
  const place = { pipeline: plan.pipeline, stream: plan.stream, window: plan.window }
  try {
    const outcome = await compareKeys({ definition, plan, tools, runId: run.id, signal }, ports)
    if (outcome === null || outcome.is === 'used') return 'sound'
    if (outcome.is === 'refused') throw tooMany(plan, outcome)
    await ports.ledger.apply(changesOf({ ...place, shard: SHARD }, outcome, { runId: run.id, at: ports.clock.now() }))
    const message =
      outcome.is === 'moved'
        ? `A newer window of ${plan.stream} was loaded while its keys were read: rows are deleted by the next run`
        : `Deleted ${outcome.deleted} rows of ${plan.stream} whose keys are gone, and brought ${outcome.revived} back`
    ports.log({ severity: 'INFO', message, ...{ step: 'load', ...place, runId: run.id } })
    return 'sound'
  } catch (error) {
    const failure = toLasting(error)
    const at = ports.clock.now()
    await ports.ledger.apply(refusedStream({ place, shard: SHARD, failure, run, at }))
    return 'refused'
  }
}

function changesOf(
  key: SliceKey,
  outcome: Extract<KeyOutcome, { readonly is: 'done' | 'moved' }>,
  { runId, at }: { readonly runId: string; readonly at: number },
): readonly Change[] {
  const sound: Change = {
    change: 'incident_resolved',
    key: incidentCause.stream(key.pipeline, key.stream).key,
    at,
  }
  if (outcome.is === 'moved' || outcome.deleted + outcome.revived === 0) return [sound]
  const runSlice = { ...key, runId, outcome: 'staged', reason: null, counts: null, milliseconds: 0 } as const
  return [sound, { change: 'run_slice', runSlice, at }]
}

function tooMany({ pipeline, stream }: WindowPlan, outcome: Extract<KeyOutcome, { readonly is: 'refused' }>) {
  const { deleted, rows, most } = outcome
  const share = Math.ceil((deleted / Math.max(1, rows)) * 100) / 100
  return new DaybreakError(
    'ROWS_GONE',
    `${deleted} of ${rows} rows of ${stream} have a key that the source has no longer, more than the share of ${most} that \`deletes.most\` allows; nothing was deleted. If they are meant to go, say \`most: ${Math.min(1, share)}\` in config/pipelines/${pipeline}.yaml for one run`,
  )
}
