import { isDamagedRow, toDaybreakError } from '../../errors.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { Instant, Run, SliceLook } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import { renewals } from '../load/renew.ts'
import { planInParts } from '../plan/plan-in-parts.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Change, Ports } from '../ports.ts'
import { withShards } from '../read/discover.ts'
import { readLooks } from '../read/looks.ts'
import { newMessage } from './run.ts'
import type { Assignment, Ending } from './worker.ts'

/**
 * The work of a `tick`: plans which days of which locations are due, and which partitions differ from the ledger. Records one
 * `ingest` or `load` for each of them, together with the end of the tick.
 */
export async function planRun({ message, run, definition }: Assignment, ports: Ports): Promise<Ending> {
  const now = ports.clock.now()
  const planner = plannerOf(definition)
  const window = planner.span(run.scope, now)
  const slices = await readLooks({ pipeline: definition.name, ...window }, ports.ledger)
  const found = await withShards(definition, { scope: run.scope, days: window, slices }, ports)
  const looks = await planInParts(found, { trigger: run.trigger, scope: run.scope, slices, now })
  const { loads: differing, damage } = await findRenewals(definition, run, ports)
  const ingests = looks.map(({ shard, windows }) =>
    newMessage({ kind: 'ingest', pipeline: definition.name, shard, windows }, run.id, ports),
  )
  const loads = differing.map((partition) =>
    newMessage({ kind: 'load', pipeline: definition.name, ...partition }, run.id, ports),
  )
  await ports.ledger.apply([
    { change: 'run', run: { ...run, state: 'running', startedAt: run.startedAt ?? now } },
    { change: 'message', message: { ...message, state: 'done' } },
    damage === null
      ? { change: 'incident_resolved', key: incidentCause.message(message.work).key, at: now }
      : { change: 'incident_opened', ...incidentCause.message(message.work), ...damage, runId: run.id, at: now },
    ...clockChange(slices, { definition, run, now }),
    ...[...ingests, ...loads].map((next) => ({ change: 'message', message: next }) as const),
  ])
  await ports.queue.publish(ingests)
  return { end: 'recorded', windows: differing.map((partition) => partition.window) }
}

/** Partitions to load again. One damaged row of the ledger keeps no file from being read: it is an incident of the tick. */
async function findRenewals(definition: PipelineDefinition, run: Run, ports: Ports) {
  try {
    return { loads: await renewals(definition, run, ports), damage: null }
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    if (!isDamagedRow(toDaybreakError(error))) throw error
    return { loads: [], damage: { severity: 'error', reason: { code, message } } as const }
  }
}

/** Looks that lie in the future were recorded while the clock of a worker was ahead. They count as none. */
function clockChange(
  slices: readonly SliceLook[],
  { definition, run, now }: { readonly definition: PipelineDefinition; readonly run: Run; readonly now: Instant },
): readonly Change[] {
  const ahead = slices.filter(({ lookedAt }) => lookedAt !== null && isFromTheFuture(lookedAt, now))
  const cause = incidentCause.ahead(definition.name)
  const [first] = ahead.toSorted((a, b) => (b.lookedAt ?? 0) - (a.lookedAt ?? 0))
  // A narrow scope says nothing of other locations.
  const isNarrow = run.scope.shards !== undefined || run.scope.perShard !== undefined
  if (!first?.lookedAt) return isNarrow ? [] : [{ change: 'incident_resolved', key: cause.key, at: now }]
  const at = new Date(first.lookedAt).toISOString()
  const message = `${ahead.length} slices were looked at in the future, the last one at ${at}: the clock of a worker was ahead. Those looks count as none`
  const reason = { code: 'CLOCK_AHEAD', message } as const
  return [{ change: 'incident_opened', ...cause, severity: 'warning', runId: run.id, at: now, reason }]
}
