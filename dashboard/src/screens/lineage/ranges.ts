/** Pure: numbers as ranges: `2-9`, `14`. */
export function rangesOf(numbers: readonly number[]): readonly string[] {
  const ranges: { first: number; last: number }[] = []
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const open = ranges.at(-1)
    if (open && number <= open.last + 1) open.last = number
    else ranges.push({ first: number, last: number })
  }
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}–${last}`))
}
