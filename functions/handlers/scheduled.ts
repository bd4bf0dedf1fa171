import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { DaybreakError } from '../errors.ts'
import type { Push } from '../http/push.ts'
import { timeZoneProblem } from '../lib/time-zone.ts'
import type { IncidentCause, Work } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import type { WorkKindName } from '../pipeline/work/kinds.ts'
import type { ScheduledLook } from '../pipeline/work/schedule.ts'
import type { HandlerContext } from './context.ts'
import { lookScheduled } from './sweep.ts'

/** Messages of a kind of work that the scheduler publishes. No row of the ledger stands for one, so the next one makes up for a lost one. */
interface Scheduled {
  /** One of them, for the message of an incident. */
  readonly one: string
  /** Does the work of one, and resolves the incident of those that were lost. */
  take(push: Push, context: HandlerContext): Promise<void>
  /** The incident of one that the queue gave up on; null when the data are not of this kind. */
  lost(data: unknown, context: HandlerContext): IncidentCause | null
}

/** Without a time zone it is a sweep; without a time, the time of publication counts. */
const Tick = z.object({
  pipeline: z.string().min(1).max(100),
  timeZone: z
    .string()
    .refine((zone) => timeZoneProblem(zone) === null, 'expected an IANA time zone')
    .optional(),
  scheduleTime: z.iso.datetime({ offset: true }).optional(),
})

/** The first look of a time zone, or a sweep, which also takes over what other workers left behind. */
const tick: Scheduled = {
  one: 'a tick of the schedule',
  async take(push, { worker }) {
    const parsed = Tick.safeParse(push.data)
    if (!parsed.success)
      throw new DaybreakError('MESSAGE_INVALID', `message ${push.id} is no tick: ${z.prettifyError(parsed.error)}`)
    const { pipeline, timeZone, scheduleTime } = parsed.data
    const { definitions, ports } = worker
    const definition = definitions.get(pipeline)
    if (!definition)
      throw new DaybreakError('CONFIG_MISSING', `there is no pipeline ${JSON.stringify(pipeline)} in config/pipelines`)
    const at = scheduleTime ? Temporal.Instant.from(scheduleTime).epochMilliseconds : push.publishTime
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
  },
  lost(data, { worker: { definitions } }) {
    const parsed = z.object({ pipeline: z.string() }).safeParse(data)
    return parsed.success && definitions.has(parsed.data.pipeline) ? incidentCause.schedule(parsed.data.pipeline) : null
  },
}

const MINUTE: Work = { kind: 'notify', pipeline: 'watch' }

/** A pass of the watch: one each minute. */
const notify: Scheduled = {
  one: 'a minute of the watch',
  async take(_, { worker }) {
    const pass = worker.handlers?.get(MINUTE.kind)
    if (!pass) throw new DaybreakError('INTERNAL', 'this process makes no passes of the watch')
    await pass(MINUTE, worker)
    const { ledger, clock } = worker.ports
    const { key } = incidentCause.message(MINUTE)
    // A pass that succeeded ends the incident of those that did not. Most have none to end, and write nothing.
    const left = await ledger.incidents({ keyPrefix: key, states: ['open', 'acknowledged', 'snoozed'] })
    if (left.length > 0) await ledger.apply([{ change: 'incident_resolved', key, at: clock.now() }])
  },
  lost(data) {
    return z.object({ kind: z.literal(MINUTE.kind) }).safeParse(data).success ? incidentCause.message(MINUTE) : null
  },
}

/** The kinds that the scheduler publishes. */
export const SCHEDULED: ReadonlyMap<string, Scheduled> = new Map<WorkKindName, Scheduled>([
  ['tick', tick],
  ['notify', notify],
])
