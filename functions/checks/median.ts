/** The middle value; the mean of the two middle ones of an even number, and 0 of none. */
export function median(values: readonly number[]): number {
  // Sorts numbers without a call per comparison.
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? 0
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + upper) / 2 : upper
}
