import type { HttpFunction } from '@google-cloud/functions-framework'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { DaybreakError } from '../errors.ts'
import { type Push, parsePush, pushHandler } from '../http/push.ts'
import { timeZoneProblem } from '../lib/time-zone.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import type { ScheduledLook } from '../pipeline/work/schedule.ts'
import type { HandlerContext, OpenContext } from './context.ts'
import { handleMessage } from './message.ts'
import { lookScheduled } from './sweep.ts'

/** The message that Cloud Scheduler publishes. Without a time zone it is a sweep; without a time, the time of publication counts. */
const ScheduledTick = z.object({
  pipeline: z.string().min(1).max(100),
  timeZone: z
    .string()
    .refine((zone) => timeZoneProblem(zone) === null, 'expected an IANA time zone')
    .optional(),
  scheduleTime: z.iso.datetime({ offset: true }).optional(),
})

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
  { worker }: HandlerContext,
): Promise<void> {
  const { definitions, ports } = worker
  const definition = definitions.get(pipeline)
  if (!definition)
    throw new DaybreakError('CONFIG_MISSING', `there is no pipeline ${JSON.stringify(pipeline)} in config/pipelines`)
  const at = scheduleTime ? Temporal.Instant.from(scheduleTime).epochMilliseconds : publishTime
  const look: ScheduledLook = { at, ...(timeZone && { timeZone }) }
  const { run, mended } = await lookScheduled(definition, look, worker)
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
