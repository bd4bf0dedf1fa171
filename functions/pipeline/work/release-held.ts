import { DaybreakError } from '../../errors.ts'
import type { BusinessDate, RunScope, Slice } from '../entities.ts'
import type { Ports } from '../ports.ts'

/** Held slices to release. Absent members match all. */
interface ReleaseRequest {
  readonly pipeline: string
  readonly windows?: readonly BusinessDate[]
  readonly shards?: readonly string[]
  readonly streams?: readonly string[]
  /** Person or program that releases. */
  readonly by: string
}

/** Slices that are released, and the scope of the run that publishes it from the archive. */
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
  { pipeline, windows, shards, streams, by }: ReleaseRequest,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<Release> {
  const slices = await ledger.slices({
    pipeline,
    states: ['held'],
    ...(windows && { windows }),
    ...(shards && { shards }),
    ...(streams && { streams }),
  })
  if (slices.length === 0)
    throw new DaybreakError('NOT_FOUND', 'no held file matches', {
      details: { next: 'daybreak slices list --state held' },
    })
  const release = slices.flatMap(({ raw }) => (raw ? [raw.sha256] : []))
  const days = [...Map.groupBy(slices, ({ shard }) => shard)].map(([shard, own]) => ({
    shard,
    windows: [...new Set(own.map(({ window }) => window))],
  }))
  const named = [...new Set(slices.map(({ stream }) => stream))]
  const ids = days.map(({ shard }) => shard)
  return { slices, scope: { perShard: days, shards: ids, streams: named, fromArchive: true, release, by } }
}
