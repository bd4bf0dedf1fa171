import { instantOf, localDate } from '../../lib/business-date.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { Instant, Run, RunScope } from '../entities.ts'
import { hasLeftBehind } from '../load/renew.ts'
import { isAnyDue } from '../plan/plan-in-parts.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Ports } from '../ports.ts'
import { readLooks } from '../read/looks.ts'
import { isDelivered } from '../shard.ts'
import { isTables } from '../tables/tools.ts'
import { advanceBackfills } from './backfill.ts'
import { forgetOldEntries } from './retention.ts'
import { keyedRun, recoverRuns, startRun } from './run.ts'

/** A moment of the schedule: the first look of a time zone, or a sweep over all of them. */
export interface ScheduledLook {
  /** When the schedule said so; a message may arrive later, or twice. */
  readonly at: Instant
  /** Only locations of this zone. */
  readonly timeZone?: string
}

/**
 * Starts the run that is due at a moment of the schedule; null when nothing deserves a look. A scheduler that fires twice
 * starts one run, because its id is made of what it is for: the zone and its local day, or the slot of the sweep. One that
 * never fires is made up for by the next sweep, since a plan asks the ledger and not the schedule.
 */
export async function startScheduled(
  definition: PipelineDefinition,
  look: ScheduledLook,
  ports: Ports,
): Promise<Run | null> {
  if (isTables(definition)) return await startTables(definition, look, ports)
  const scope = scopeOf(definition, look)
  const now = ports.clock.now()
  const planner = plannerOf(definition)
  const slices = await readLooks({ pipeline: definition.name, ...planner.span(scope, now) }, ports.ledger)
  const isDue = await isAnyDue(definition, { trigger: 'schedule', scope, slices, now })
  if (!isDue && !(await hasLeftBehind(definition, ports))) return null
  return await startRun({ pipeline: definition.name, trigger: 'schedule', scope, key: keyOf(definition, look) }, ports)
}

/**
 * Starts the next run of a pipeline of tables: one in each slot of `schedule.every`, and none while another is at work. A first look is
 * no moment of such a pipeline.
 */
async function startTables(definition: PipelineDefinition, look: ScheduledLook, ports: Ports): Promise<Run | null> {
  if (look.timeZone !== undefined) return null
  const pipeline = definition.name
  const open = await ports.ledger.runs({ pipeline, states: ['queued', 'running'], limit: 1 })
  if (open.length > 0) return null
  const key = keyOf(definition, look)
  if ((await ports.ledger.run(keyedRun(pipeline, key))) !== null) return null
  return await startRun({ pipeline, trigger: 'schedule', scope: {}, key }, ports)
}

/** Takes over runs whose worker died, moves backfills on, and deletes old entries of runs. `startScheduled` is the other half of a sweep. */
export async function mend(ports: Ports): Promise<{ readonly runs: number; readonly backfills: number }> {
  const runs = await recoverRuns(ports)
  await forgetOldEntries(ports)
  return { runs, backfills: await advanceBackfills(ports) }
}

/** A scope that names locations is worked on as it stands, so it names only what the pipeline expects. */
function scopeOf(definition: PipelineDefinition, { timeZone }: ScheduledLook): RunScope {
  if (timeZone === undefined) return {}
  const own = definition.shards.filter(isDelivered)
  return { shards: own.filter((shard) => shard.timeZone === timeZone).map(({ id }) => id) }
}

function keyOf(
  { sweepEvery }: PipelineDefinition,
  { at, timeZone }: ScheduledLook,
): { readonly text: string; readonly at: Instant } {
  if (timeZone !== undefined) {
    const window = localDate(at, timeZone)
    return { text: `first-look/${timeZone}/${window}`, at: instantOf(window, '00:00', timeZone) }
  }
  // The nearest slot: a scheduler is a little early or late, and that makes no other slot of it.
  const slot = Math.round(at / sweepEvery) * sweepEvery
  return { text: `sweep/${slot}`, at: slot }
}
