/** A shard and the bytes of its files. */
interface Weight {
  readonly shard: string
  readonly bytes: number
}

/** Part of an amount that falls to a shard. */
interface Share extends Weight {
  readonly micros: number
}

/**
 * Pure: an amount in millionths, shared by bytes. The parts add up to the amount: what rounding leaves goes to the shards with most bytes.
 * Without bytes there is no part.
 */
export function shareByBytes(micros: number, weights: readonly Weight[]): readonly Share[] {
  const bytes = weights.reduce((sum, weight) => sum + weight.bytes, 0)
  if (bytes === 0) return []
  const parts = weights
    .toSorted((a, b) => b.bytes - a.bytes || (a.shard < b.shard ? -1 : 1))
    .map((weight) => ({ ...weight, micros: Math.floor((micros * weight.bytes) / bytes) }))
  const rest = micros - parts.reduce((sum, part) => sum + part.micros, 0)
  return parts.map((part, at) => ({ ...part, micros: part.micros + (at < rest ? 1 : 0) }))
}
