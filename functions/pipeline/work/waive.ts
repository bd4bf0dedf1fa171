import type { Slice, SliceState, UnarchivedSlice } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { Change, Ports } from '../ports.ts'

/** States of a slice whose file was not delivered, so that a person may say that none will be. */
const ABSENT: readonly SliceState[] = ['expected', 'missing']

/** Pure: true for a slice that can be waived. */
export function isWaivable(slice: Slice): slice is UnarchivedSlice {
  return slice.raw === null && ABSENT.includes(slice.state)
}

/**
 * Changes that make slices expected no longer. A day of which nothing else is missing leaves its incident. A file that
 * arrives later is loaded.
 */
export async function waiveChanges(
  slices: readonly UnarchivedSlice[],
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<readonly Change[]> {
  const at = clock.now()
  const waived = slices.map((slice) => ({ ...slice, state: 'waived', reason: null, updatedAt: at }) as const)
  const days = new Map(
    slices.map(({ pipeline, shard, window }) => [`${pipeline}/${shard}/${window}`, { pipeline, shard, window }]),
  )
  const resolved = await Promise.all(
    [...days.values()].map(async ({ pipeline, shard, window }): Promise<readonly Change[]> => {
      const missing = await ledger.slices({ pipeline, shards: [shard], windows: [window], states: ['missing'] })
      const isLeft = missing.some(({ stream }) => !slices.some((one) => isOf(one, { shard, window, stream })))
      if (isLeft) return []
      return [{ change: 'incident_resolved', key: incidentCause.missing(pipeline, shard).key, subject: window, at }]
    }),
  )
  return [...waived.map((slice) => ({ change: 'slice', slice }) as const), ...resolved.flat()]
}

function isOf(slice: Slice, { shard, window, stream }: Pick<Slice, 'shard' | 'window' | 'stream'>): boolean {
  return slice.shard === shard && slice.window === window && slice.stream === stream
}
