/** Limits at even distances between two whole numbers, ascending: at most one less than the parts, and none that is there twice. */
export function evenLimits(low: bigint, high: bigint, parts: number): readonly string[] {
  const distance = high - low + 1n
  const limits = Array.from(
    { length: Math.max(0, parts - 1) },
    (_, at) => low + (distance * BigInt(at + 1)) / BigInt(parts),
  )
  return [...new Set(limits)].filter((limit) => limit > low).map(String)
}
