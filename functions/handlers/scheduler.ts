import { firstLookOf } from '../config/first-looks.ts'
import { toDaybreakError } from '../errors.ts'
import { instantOf, localDate } from '../lib/business-date.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { Instant } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import type { Ports } from '../pipeline/ports.ts'
import { isDelivered } from '../pipeline/shard.ts'
import { advanceBackfills } from '../pipeline/work/backfill.ts'
import type { ScheduledLook } from '../pipeline/work/schedule.ts'
import type { Worker } from '../pipeline/work/worker.ts'
import { lookScheduled } from './sweep.ts'

/** The part of a worker that a process that keeps the schedule itself uses. */
type Scheduling = Pick<Worker, 'definitions' | 'models' | 'ports' | 'exportAudit'>

const LOOK_EVERY = 60_000
const MOVE_EVERY = 2_000

/**
 * Keeps the schedule of a process without a scheduler around it, until the signal aborts: first looks by zone, sweeps, and the next
 * runs of backfills. Looks that another process begins as well are the same runs, because their ids name the moment.
 */
export async function keepSchedule(worker: Scheduling, signal: AbortSignal): Promise<void> {
  const { definitions, ports } = worker
  const done = new Set<string>()
  for (let next = Number.NEGATIVE_INFINITY; !signal.aborted; ) {
    const now = ports.clock.now()
    if (now >= next) {
      next = now + LOOK_EVERY
      for (const definition of definitions.values())
        for (const { key, look } of dueLooks(definition, now)) {
          if (done.has(key)) continue
          done.add(key)
          await tryTo(() => begin(definition, look, worker), { definition, ports })
        }
    }
    await tryTo(() => advanceBackfills(ports), { ports })
    await ports.clock.sleep(MOVE_EVERY, signal)
  }
}

/** Looks that are due and were not before this one: of each zone today's first look, and the sweep of this slot. */
function dueLooks(
  definition: PipelineDefinition,
  now: Instant,
): readonly { readonly key: string; readonly look: ScheduledLook }[] {
  if (!definition.hasSource) return []
  const { name, sweepEvery, config } = definition
  const zones = new Set(definition.shards.filter(isDelivered).map(({ timeZone }) => timeZone))
  const slot = Math.floor(now / sweepEvery) * sweepEvery
  const looks = [...zones].flatMap((timeZone) => {
    const today = localDate(now, timeZone)
    const at = instantOf(today, firstLookOf(config), timeZone)
    return at <= now ? [{ key: `${name} ${timeZone} ${today}`, look: { at, timeZone } }] : []
  })
  return [...looks, { key: `${name} ${slot}`, look: { at: slot } }]
}

async function begin(definition: PipelineDefinition, look: ScheduledLook, worker: Scheduling): Promise<void> {
  const { ports } = worker
  const { run } = await lookScheduled(definition, look, worker)
  const { key } = incidentCause.schedule(definition.name)
  await ports.ledger.apply([{ change: 'incident_resolved', key, at: ports.clock.now() }])
  if (run === null) return
  const what = look.timeZone ?? 'a sweep'
  ports.log({
    severity: 'INFO',
    message: `Began ${run.id} for ${what}`,
    step: 'plan',
    pipeline: definition.name,
    runId: run.id,
  })
}

/** A look that fails is made up for by the next sweep. */
async function tryTo(
  work: () => Promise<unknown>,
  { definition, ports }: { readonly definition?: PipelineDefinition; readonly ports: Ports },
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    ports.log({
      severity: 'ERROR',
      code,
      message: `The schedule could not be kept: ${message}`,
      ...(definition && { pipeline: definition.name }),
    })
  }
}
