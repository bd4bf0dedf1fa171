import { toDaybreakError } from '../errors.ts'
import { decideMessages } from './decide.ts'
import { writeDigests } from './digest.ts'
import { findTrouble } from './find.ts'
import { groupIncidents } from './group.ts'
import { type Delivered, deliverDue } from './outbox.ts'
import type { WatchPorts } from './ports.ts'
import { writeReport } from './report.ts'

const STEPS = {
  find: findTrouble,
  group: groupIncidents,
  decide: decideMessages,
  digest: writeDigests,
  report: writeReport,
} as const

/**
 * One pass of the watch: findings and rules, roots, decisions, outbox. Safe to repeat and to run twice at a time. A step that fails
 * is logged, and the next ones go on: what was decided before must leave. Only a pass without a failure tells the heartbeat.
 */
export async function watchPass(ports: WatchPorts): Promise<Delivered> {
  const { log } = ports
  let isComplete = true
  for (const [name, step] of Object.entries(STEPS)) {
    try {
      await step(ports)
    } catch (error) {
      isComplete = false
      const { code, message } = toDaybreakError(error)
      log({ severity: 'ERROR', code, message: `The step ${name} of the watch failed: ${message}` })
    }
  }
  const delivered = await deliverDue(ports)
  log({ severity: 'INFO', message: 'watchdog.heartbeat', counts: { ...delivered } })
  if (isComplete) await tellHeartbeat(ports)
  return delivered
}

/** A switch that does not answer is logged and changes nothing else: it raises the alarm itself. */
async function tellHeartbeat({ heartbeat, log }: WatchPorts): Promise<void> {
  try {
    await heartbeat?.()
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    log({ severity: 'WARNING', code, message: `The heartbeat of the watch did not arrive: ${message}` })
  }
}
