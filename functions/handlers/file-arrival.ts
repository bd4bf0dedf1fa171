import type { HttpFunction } from '@google-cloud/functions-framework'
import { DaybreakError } from '../errors.ts'
import { pushHandler } from '../http/push.ts'
import { windowHolding } from '../lib/window-unit.ts'
import { cutOf, type PipelineDefinition, shardOf } from '../pipeline/definition.ts'
import type { Run, Work } from '../pipeline/entities.ts'
import type { Ports } from '../pipeline/ports.ts'
import { isDelivered } from '../pipeline/shard.ts'
import { resendUnsent, startRun } from '../pipeline/work/run.ts'
import { type Arrival, readArrival } from './arrival.ts'
import type { HandlerContext, OpenContext } from './context.ts'
import { recordLostNotice } from './lost-notice.ts'

// Two first files of a day may come at the same moment, to two instances; both make the run of the same slot.
const SLOT = 10_000

/**
 * Takes events about files that have arrived, and looks at the day they belong to. A day comes as seven files within seconds:
 * the first one begins a run and waits a little before it lets it look; the others find that run still waiting and leave it
 * at that. A file that arrives after the look has begun starts another run, so no file is missed.
 */
export function fileArrivalHandler(open: OpenContext): HttpFunction {
  return pushHandler(open, async ({ request, body, signal }, context) => {
    const arrival = readArrival({ headers: request.headers, body }, context.inboxes)
    if (arrival === null) return
    const definitions = pipelinesNamed(arrival, context)
    const concerned = definitions.filter((definition) => {
      const shard = shardOf(definition, arrival.location)
      return shard !== undefined && isDelivered(shard)
    })
    if (concerned.length === 0) return await recordUnknown(arrival, definitions, context)
    for (const definition of concerned) await look(definition, arrival, { ...context, signal })
  })
}

/** Pipelines that an arrival names; all of them when it names none. @throws {DaybreakError} CONFIG_MISSING. */
export function pipelinesNamed(
  { pipeline }: Arrival,
  { worker: { definitions } }: Pick<HandlerContext, 'worker'>,
): readonly PipelineDefinition[] {
  const named = [...definitions.values()].filter(({ name }) => pipeline === null || name === pipeline)
  if (named.length > 0) return named
  throw new DaybreakError('CONFIG_MISSING', `there is no pipeline ${JSON.stringify(pipeline)} in config/pipelines`)
}

/** Nothing can be looked at before the location is configured; its first look resolves the incident. */
async function recordUnknown(
  arrival: Arrival,
  definitions: readonly PipelineDefinition[],
  { worker: { ports }, log }: HandlerContext,
): Promise<void> {
  const message = `location ${JSON.stringify(arrival.location)} is not in config/locations.yaml`
  const failure = new DaybreakError('LOCATION_UNKNOWN', message)
  const pipelines = definitions.map(({ name }) => name)
  await recordLostNotice({ arrival, pipelines, failure, sentAt: null }, ports)
  log({ severity: 'ERROR', message: `A push was not handled: ${message}`, code: 'LOCATION_UNKNOWN' })
}

async function look(
  definition: PipelineDefinition,
  { location, date: day }: Arrival,
  { worker: { ports }, gather, signal }: HandlerContext & { readonly signal: AbortSignal },
): Promise<void> {
  const pipeline = definition.name
  const date = windowHolding(day, cutOf(definition))
  const awaited = await findAwaited({ pipeline, location, date }, ports)
  // The worker that recorded the tick may have died before sending it, or the queue was out of reach.
  if (awaited && ports.clock.now() > awaited.createdAt + gather) return await resendUnsent(awaited.id, isTick, ports)
  if (awaited) return
  const request = {
    pipeline,
    trigger: 'file',
    scope: { shards: [location], windows: [date] },
    gather,
    signal,
  } as const
  const slot = Math.floor(ports.clock.now() / SLOT) * SLOT
  const run = await startRun({ ...request, key: { text: `file/${location}/${date}/${slot}`, at: slot } }, ports)
  // The run of this slot may be that of an earlier file, and have looked before this one was there.
  if (run.state !== 'queued') await startRun(request, ports)
}

function isTick({ kind }: Work): boolean {
  return kind === 'tick'
}

/** A run for the same day that has not looked yet: what has arrived is there when it does. */
async function findAwaited(
  { pipeline, location, date }: { pipeline: string; location: string; date: string },
  ports: Ports,
): Promise<Run | undefined> {
  const queued = await ports.ledger.runs({ pipeline, states: ['queued'] })
  return queued.find(
    ({ trigger, scope }) => trigger === 'file' && scope.shards?.includes(location) && scope.windows?.includes(date),
  )
}
