import type { HttpFunction } from '@google-cloud/functions-framework'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { type Push, parsePush, pushHandler } from '../http/push.ts'
import { relay } from '../ledger/relay.ts'
import { timeZoneProblem } from '../lib/time-zone.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import { verifyNext } from '../pipeline/load/verify.ts'
import { mend, type ScheduledLook, startScheduled } from '../pipeline/work/schedule.ts'
import { sendLoads } from '../pipeline/work/send-loads.ts'
import type { HandlerContext, OpenContext } from './context.ts'
import { handleMessage } from './message.ts'

/** The message that Cloud Scheduler publishes. Without a time zone it is a sweep; without a time, the time of publication counts. */
const ScheduledTick = z.object({
  pipeline: z.string().min(1).max(100),
  timeZone: z
    .string()
    .refine((zone) => timeZoneProblem(zone) === null, 'expected an IANA time zone')
    .optional(),
  scheduleTime: z.iso.datetime({ offset: true }).optional(),
})

// Younger messages are on their way: the queue tries for minutes before it gives up.
const LOST_AFTER = 10 * 60_000

/**
 * Takes pushes of the topic `tick`. What Cloud Scheduler publishes begins a run: the first look of a time zone, or a sweep,
 * which also takes over what other workers left behind. What Daybreak publishes itself plans a run that has begun.
 */
export function tickHandler(open: OpenContext): HttpFunction {
  return pushHandler(open, async (delivery, context) => {
    const push = parsePush(delivery.body)
    if (z.object({ messageId: z.string() }).safeParse(push.data).success)
      return await handleMessage(push, delivery, context)
    const tick = ScheduledTick.safeParse(push.data)
    if (!tick.success)
      throw new DaybreakError('MESSAGE_INVALID', `message ${push.id} is no tick: ${z.prettifyError(tick.error)}`)
    await onSchedule(tick.data, push, context)
  })
}

async function onSchedule(
  { pipeline, timeZone, scheduleTime }: z.infer<typeof ScheduledTick>,
  { publishTime }: Push,
  { worker: { definitions, ports } }: HandlerContext,
): Promise<void> {
  const definition = definitions.get(pipeline)
  if (!definition)
    throw new DaybreakError('CONFIG_MISSING', `there is no pipeline ${JSON.stringify(pipeline)} in config/pipelines`)
  const at = scheduleTime ? Temporal.Instant.from(scheduleTime).epochMilliseconds : publishTime
  const look: ScheduledLook = { at, ...(timeZone && { timeZone }) }
  const mended = timeZone === undefined ? await mendAll([...definitions.keys()], ports) : {}
  if (timeZone === undefined) await verifyOne(definition, ports)
  const run = await startScheduled(definition, look, ports)
  const { key } = incidentCause.schedule(pipeline)
  await ports.ledger.apply([{ change: 'incident_resolved', key, at: ports.clock.now() }])
  ports.log({
    severity: 'INFO',
    message: run ? `Began ${run.id} for ${timeZone ?? 'a sweep'}` : `Nothing is due for ${timeZone ?? 'a sweep'}`,
    step: 'plan',
    pipeline,
    ...(run && { runId: run.id }),
    counts: mended,
  })
}

/** A warehouse that cannot be asked is no reason not to sweep: the loads that meet it say so. */
async function verifyOne(definition: PipelineDefinition, ports: HandlerContext['worker']['ports']): Promise<void> {
  try {
    await verifyNext(definition, ports)
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    ports.log({
      severity: 'WARNING',
      code,
      message: `No partition was verified: ${message}`,
      pipeline: definition.name,
    })
  }
}

async function mendAll(
  pipelines: readonly string[],
  ports: HandlerContext['worker']['ports'],
): Promise<Readonly<Record<string, number>>> {
  const { ledger, queue, clock } = ports
  // A worker that should have sent them may have died, or its run was cancelled.
  for (const pipeline of pipelines) await sendLoads(pipeline, ports)
  const sent = await relay({ ledger, queue, now: clock.now, minimumAge: LOST_AFTER, untriedOnly: true })
  const { runs, backfills } = await mend(ports)
  return { runs_taken_over: runs, backfills, messages_sent_again: sent }
}
