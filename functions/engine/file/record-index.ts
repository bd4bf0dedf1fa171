/** Small enough to find one record in a few microseconds, large enough to cost nothing: a gigabyte has 100,000 of them. */
export const CHECKPOINT_EVERY = 32

/** Offsets that find a record in the file again without reading all of it. Grows while the scanner runs. */
export interface RecordIndex {
  /** Bytes before the record `index * CHECKPOINT_EVERY`, the header being record 0. */
  readonly offsets: readonly number[]
  /** Records at which the distance between record and line changes, ascending: after line breaks in fields, and blank lines. */
  readonly stepRecords: readonly number[]
  /** Line, from 1, of the first character of each of them. */
  readonly stepLines: readonly number[]
}

/** Writes an index while records are counted. */
interface IndexWriter {
  readonly index: RecordIndex
  /** A record begins after so many records, in this line and at this place. The last one may be said again, further on. */
  begin(records: number, line: number, offset: number): void
}

/** An index without records; one that is not kept stays empty. */
export function createIndexWriter(kept: boolean): IndexWriter {
  const offsets: number[] = []
  const stepRecords: number[] = []
  const stepLines: number[] = []
  let distance = Number.NaN
  return {
    index: { offsets, stepRecords, stepLines },
    begin(records, line, offset) {
      if (!kept) return
      if (records % CHECKPOINT_EVERY === 0) offsets[records / CHECKPOINT_EVERY] = offset
      if (line - records === distance) return
      distance = line - records
      // A blank line moves the start of the record that is still to come, so the same entry may be written again.
      if (stepRecords.at(-1) === records) stepLines[stepLines.length - 1] = line
      else {
        stepRecords.push(records)
        stepLines.push(line)
      }
    },
  }
}

/** Line, from 1, of the first character of each of these records, given in ascending order. */
export function linesOf({ stepRecords, stepLines }: RecordIndex, records: readonly number[]): number[] {
  let step = lastAtOrBefore(stepRecords, records[0] ?? 0)
  return records.map((record) => {
    while (step + 1 < stepRecords.length && (stepRecords[step + 1] ?? 0) <= record) step++
    return (stepLines[step] ?? 1) + record - (stepRecords[step] ?? 0)
  })
}

/** The record whose first character stands in that line. */
export function recordOfLine({ stepRecords, stepLines }: RecordIndex, line: number): number {
  const step = lastAtOrBefore(stepLines, line)
  return (stepRecords[step] ?? 0) + line - (stepLines[step] ?? 1)
}

/** Records from `first` up to, not including, `end`, without the rejected ones, which ascend. */
interface AcceptedRecords {
  readonly first: number
  readonly end: number
  readonly rejected: readonly { readonly record: number }[]
}

/** Lines of all accepted records. A loop over plain numbers: this runs once for every row there is. */
export function acceptedLines(
  { stepRecords, stepLines }: RecordIndex,
  { first, end, rejected }: AcceptedRecords,
): BigInt64Array {
  const lines = new BigInt64Array(Math.max(0, end - first - rejected.length))
  // Half a BigInt each: a line number below 2^32 fits the lower one, and writing it makes no BigInt.
  const halves = new Uint32Array(lines.buffer)
  let step = lastAtOrBefore(stepRecords, first)
  let distance = (stepLines[step] ?? 1) - (stepRecords[step] ?? 0)
  let nextStep = stepRecords[step + 1] ?? Number.POSITIVE_INFINITY
  let at = 0
  let rejects = 0
  for (let record = first; record < end; record++) {
    while (record >= nextStep) {
      step++
      distance = (stepLines[step] ?? 1) - (stepRecords[step] ?? 0)
      nextStep = stepRecords[step + 1] ?? Number.POSITIVE_INFINITY
    }
    if (rejected[rejects]?.record === record) rejects++
    else {
      halves[at] = record + distance
      at += 2
    }
  }
  return lines
}

/** Position of the last of ascending numbers that is not larger than a value; 0 when there is none. */
export function lastAtOrBefore(ascending: readonly number[], value: number): number {
  let low = 0
  for (let high = ascending.length; high - low > 1; ) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? 0) <= value) low = middle
    else high = middle
  }
  return low
}
