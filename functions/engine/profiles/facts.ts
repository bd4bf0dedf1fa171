import { MOST_VALUES, type Profile, type ProfiledColumn } from './profiles.ts'

// Longer texts are prose, and a profile is no place for prose.
const LONGEST_VALUE = 100

/** Quantiles of a profile. */
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const

/** A value and the rows that it stands in. */
export interface ValueRows {
  readonly value: string
  readonly rows: number
}

/** Facts of one column of one file. One that its type does not have is null or empty. */
export interface ColumnFacts {
  readonly nulls: number
  readonly distinct: number
  readonly min: string | null
  readonly max: string | null
  /** Exact, as decimal text. */
  readonly sum: string | null
  /** As many as `QUANTILES`, or none. */
  readonly quantiles: readonly number[]
  /** Characters of the texts of a column. */
  readonly lengths: { readonly min: number; readonly max: number; readonly all: number } | null
  /** Values that are in enough rows to be shown, in any order. */
  readonly frequent: readonly ValueRows[]
}

/** The file of a profile. */
export interface ProfiledSlice {
  readonly stream: string
  readonly rows: number
  readonly rawSha256: string
}

/** The profile of a column from what was counted of it. */
export function profileOf(
  { name, type }: ProfiledColumn,
  { nulls, distinct, min, max, sum, quantiles, lengths, frequent }: ColumnFacts,
  { stream, rows, rawSha256 }: ProfiledSlice,
): Profile {
  const [low, lower, middle, upper, high] = quantiles
  const filled = rows - nulls
  return {
    ...{ stream, column: name, type, row_count: rows, null_count: nulls },
    distinct_count: Math.min(filled, distinct),
    ...{ min_value: min, max_value: max, sum_value: sum },
    mean_value: sum === null || filled === 0 ? null : Number(sum) / filled,
    quantile_05: low ?? null,
    quantile_25: lower ?? null,
    quantile_50: middle ?? null,
    quantile_75: upper ?? null,
    quantile_95: high ?? null,
    min_length: lengths?.min ?? null,
    max_length: lengths?.max ?? null,
    mean_length: lengths === null || filled === 0 ? null : lengths.all / filled,
    top_values: topOf(frequent),
    raw_sha256: rawSha256,
  }
}

/** The most frequent first; null for none. */
function topOf(frequent: readonly ValueRows[]): string | null {
  const sorted = frequent
    .filter(({ value }) => value.length <= LONGEST_VALUE)
    .toSorted((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1))
  return sorted.length === 0 ? null : JSON.stringify(sorted.slice(0, MOST_VALUES))
}
