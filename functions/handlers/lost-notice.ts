import { type DaybreakError, toDaybreakError } from '../errors.ts'
import type { Instant, Reason } from '../pipeline/entities.ts'
import { incidentCause } from '../pipeline/incident-cause.ts'
import type { Change, Ports } from '../pipeline/ports.ts'
import type { Arrival } from './arrival.ts'

/** A notice of files that nothing was done about, and why. */
interface LostNotice {
  readonly arrival: Arrival
  /** Pipelines that it is about. */
  readonly pipelines: readonly string[]
  readonly failure: DaybreakError
  /** When it was sent; null when that is not known. */
  readonly sentAt: Instant | null
}

type Context = Pick<Ports, 'ledger' | 'clock'>

/**
 * Opens one incident per pipeline, location and date, which the look that takes the files resolves. Nothing where a sweep has looked at
 * the day since the notice was sent, and found its files.
 */
export async function recordLostNotice(notice: LostNotice, ports: Context): Promise<void> {
  const { arrival, pipelines, failure } = notice
  const { code, message } = toDaybreakError(failure)
  const reason: Reason = { code, message: `files of location ${arrival.location} for ${arrival.date}: ${message}` }
  const changes: Change[] = []
  for (const pipeline of pipelines) {
    if (await isTaken(notice, pipeline, ports)) continue
    const cause = incidentCause.arrival(pipeline, arrival.location, arrival.date)
    changes.push({ change: 'incident_opened', ...cause, severity: 'error', reason, runId: null, at: ports.clock.now() })
  }
  await ports.ledger.apply(changes)
}

async function isTaken({ arrival, sentAt }: LostNotice, pipeline: string, { ledger }: Context): Promise<boolean> {
  const { location, date } = arrival
  if (sentAt === null) return false
  const slices = await ledger.slices({ pipeline, shards: [location], windows: [date] })
  const isOver = ({ state }: (typeof slices)[number]) => state === 'loaded' || state === 'waived' || state === 'missing'
  return (
    slices.some(({ state }) => state === 'loaded') &&
    slices.every((slice) => isOver(slice) && (slice.lookedAt ?? 0) >= sentAt)
  )
}
