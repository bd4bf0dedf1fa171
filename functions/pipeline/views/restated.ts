import type { DeliveryRecord, Instant, Slice, SliceKey } from '../entities.ts'

/** A slice whose rows are others now than at an instant. */
export interface Restated {
  readonly slice: Slice
  /** The version in its table at the instant; null for a slice that came later. */
  readonly before: DeliveryRecord | null
}

/**
 * Pure: the slices of tables that changed after an instant, in their order. A version is replaced when its record becomes
 * `superseded`; the first one that was replaced after the instant is what the table held then. A slice without one counts where it was
 * first loaded after the instant although its business date was over: what was reported before lacked it.
 */
export function restatedSince(
  since: Instant,
  { slices, deliveries }: { readonly slices: readonly Slice[]; readonly deliveries: readonly DeliveryRecord[] },
): readonly Restated[] {
  const replaced = Map.groupBy(
    deliveries.filter(({ state, at }) => state === 'superseded' && at >= since),
    keyOf,
  )
  return slices.flatMap((slice): readonly Restated[] => {
    if (slice.delivery === null || slice.firstLoadedAt === null) return []
    if (slice.firstLoadedAt >= since) return isOver(slice, since) ? [{ slice, before: null }] : []
    const [before] = (replaced.get(keyOf(slice)) ?? []).toSorted((a, b) => a.at - b.at)
    return before && before.raw.sha256 !== slice.delivery.raw.sha256 ? [{ slice, before }] : []
  })
}

const keyOf = ({ pipeline, stream, shard, window }: SliceKey): string =>
  JSON.stringify([pipeline, stream, shard, window])

const DAY = 86_400_000

/** True where the business date had ended everywhere a day before the instant, so that it was reported without the slice. */
function isOver({ window }: Slice, since: Instant): boolean {
  return Date.parse(`${window}T00:00:00Z`) + 2 * DAY <= since
}
