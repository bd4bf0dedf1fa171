import type { HttpFunction } from '@google-cloud/functions-framework'
import { DaybreakError } from '../errors.ts'
import { pushHandler } from '../http/push.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import { incidentKey } from '../pipeline/incident.ts'
import { startRun } from '../pipeline/run.ts'
import { type Arrival, readArrival } from './arrival.ts'
import type { HandlerContext, OpenContext } from './context.ts'

/**
 * Takes events about files that have arrived, and looks at the day they belong to. A day comes as seven files within seconds:
 * the first one begins a run and waits a little before it lets it look; the others find that run still waiting and leave it
 * at that. Whatever comes after the look has begun begins another one, so no file is missed.
 */
export function fileArrivalHandler(open: OpenContext): HttpFunction {
  return pushHandler(open, async ({ request, body }, context) => {
    const arrival = readArrival({ headers: request.headers, body }, context.inboxes)
    if (arrival === null) return
    for (const definition of pipelinesOf(arrival, context)) await look(definition, arrival, context)
  })
}

function pipelinesOf(
  { pipeline, location }: Arrival,
  { worker: { definitions } }: HandlerContext,
): readonly PipelineDefinition[] {
  const named = [...definitions.values()].filter(({ name }) => pipeline === null || name === pipeline)
  if (named.length === 0)
    throw new DaybreakError('CONFIG_MISSING', `there is no pipeline ${JSON.stringify(pipeline)} in config/pipelines`)
  const known = named.filter(({ name, locations }) =>
    locations.some(({ id, pipelines }) => id === location && pipelines.includes(name)),
  )
  if (known.length > 0) return known
  throw new DaybreakError('LOCATION_UNKNOWN', `location ${JSON.stringify(location)} is not in config/locations.yaml`)
}

async function look(
  { name: pipeline }: PipelineDefinition,
  { location, date }: Arrival,
  context: HandlerContext,
): Promise<void> {
  const { ports } = context.worker
  if (await isAwaited({ pipeline, location, date }, context)) return
  const scope = { locations: [location], dates: [date] }
  const slot = Math.floor(ports.clock.now() / Math.max(context.gather, 1))
  const key = { text: `file/${location}/${date}/${slot}`, at: slot * Math.max(context.gather, 1) }
  const run = await startRun({ pipeline, trigger: 'file', scope, key, gather: context.gather }, ports)
  // Somebody else's run of this slot may have looked already, before this file was there.
  const hasLooked = run.version > 0 && run.state !== 'queued'
  if (hasLooked) await startRun({ pipeline, trigger: 'file', scope, gather: context.gather }, ports)
  await ports.ledger.apply([
    { change: 'incident_resolved', key: incidentKey.message(pipeline, `arrival/${location}`), at: ports.clock.now() },
  ])
}

/** True while a run for the same day has not looked yet: what has arrived is there when it does. */
async function isAwaited(
  { pipeline, location, date }: { pipeline: string; location: string; date: string },
  { worker: { ports } }: HandlerContext,
): Promise<boolean> {
  const queued = await ports.ledger.runs({ pipeline, states: ['queued'] })
  return queued.some(
    ({ trigger, scope }) => trigger === 'file' && scope.locations?.includes(location) && scope.dates?.includes(date),
  )
}
