import { DaybreakError } from '../../errors.ts'
import type { BusinessDate, RunScope, Slice } from '../entities.ts'
import type { Ports } from '../ports.ts'

export interface ReleaseRequest {
  readonly pipeline: string
  readonly dates?: readonly BusinessDate[]
  readonly locations?: readonly string[]
  readonly streams?: readonly string[]
  /** Person or program that releases. */
  readonly by: string
}

/** What is released, and the scope of the run that publishes it from the archive. */
export interface Release {
  readonly slices: readonly Slice[]
  readonly scope: RunScope
}

/**
 * Finds the held versions that a request is about. The run of this scope publishes exactly these bytes: a version that arrives
 * meanwhile is judged by itself. The audit entry is written with the slice.
 * @throws {DaybreakError} NOT_FOUND when nothing is held there.
 */
export async function releaseHeld(
  { pipeline, dates, locations, streams, by }: ReleaseRequest,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<Release> {
  const slices = await ledger.slices({
    pipeline,
    states: ['held'],
    ...(dates && { dates }),
    ...(locations && { locations }),
    ...(streams && { streams }),
  })
  if (slices.length === 0)
    throw new DaybreakError('NOT_FOUND', 'no held file matches', {
      details: { next: 'daybreak slices list --state held' },
    })
  const release = slices.flatMap(({ raw }) => (raw ? [raw.sha256] : []))
  const days = [...Map.groupBy(slices, ({ location }) => location)].map(([location, own]) => ({
    location,
    dates: [...new Set(own.map(({ date }) => date))],
  }))
  const named = [...new Set(slices.map(({ stream }) => stream))]
  const ids = days.map(({ location }) => location)
  return { slices, scope: { days, locations: ids, streams: named, fromArchive: true, release, by } }
}
