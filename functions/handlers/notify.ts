import type { HttpFunction } from '@google-cloud/functions-framework'
import { pushHandler } from '../http/push.ts'
import type { Instant } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import type { Change } from '../pipeline/ports.ts'
import type { OpenContext } from './context.ts'

const PATH = '/notify'

/** Takes pushes of the topic `notify`: Cloud Scheduler publishes one each minute, and each is a pass of the watch. */
export function notifyHandler(open: OpenContext): HttpFunction {
  return pushHandler(open, async (_, { watch, worker: { ports } }) => {
    await watch()
    const { key } = incidentCause.unknownMessage(PATH)
    // A pass that succeeded ends the incident of those that did not. Most have none to end, and write nothing.
    const left = await ports.ledger.incidents({ keyPrefix: key, states: ['open', 'acknowledged', 'snoozed'] })
    if (left.length > 0) await ports.ledger.apply([{ change: 'incident_resolved', key, at: ports.clock.now() }])
  })
}

/** The queue gave up on a minute of the watch. */
export function lostMinute(source: string, at: Instant): Change {
  const reason = { code: 'INCOMPLETE', message: `${source} gave up on a minute of the watch` } as const
  return {
    change: 'incident_opened',
    ...incidentCause.unknownMessage(PATH),
    severity: 'error',
    reason,
    runId: null,
    at,
  }
}
