import { multiplyDecimal, subtractDecimals, sumDecimals } from '../lib/decimal.ts'

/** Amount of one value of a dimension: on the judged day, and on all the days that it is compared with together. */
export interface PartAmount {
  readonly value: string
  readonly amount: string
  readonly before: string
}

/** One value of a dimension and its share of a difference. */
export interface ExplainedPart extends PartAmount {
  /** Exact: the amount times the days less the amount of those days. The parts of a dimension add up to the whole. */
  readonly differenceOfDays: string
}

/** A dimension by which a difference is taken apart. */
export interface Decomposition {
  readonly dimension: string
  /** The largest difference first. */
  readonly parts: readonly ExplainedPart[]
  /** Exact sum of the differences of its parts, times the number of days like theirs. */
  readonly difference: string
  /** How few parts carry the difference, from 0 (all alike) to 1 (one part has all of it). */
  readonly concentration: number
}

/**
 * Pure: takes a difference apart by each dimension, the one that explains it best first. Differences are kept times the number of days,
 * because an average of sums is not exact and the parts would not add up.
 */
export function decompose(
  dimensions: ReadonlyMap<string, readonly PartAmount[]>,
  days: number,
): readonly Decomposition[] {
  return [...dimensions]
    .filter(([, parts]) => parts.length > 1)
    .map(([dimension, parts]) => {
      const explained = parts.map((part) => ({
        ...part,
        differenceOfDays: subtractDecimals(multiplyDecimal(part.amount, days), part.before),
      }))
      const sorted = explained.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a.value < b.value ? -1 : 1))
      const difference = sumDecimals(sorted.map(({ differenceOfDays }) => differenceOfDays))
      return { dimension, parts: sorted, difference, concentration: concentrationOf(sorted) }
    })
    .toSorted((a, b) => b.concentration - a.concentration || (a.dimension < b.dimension ? -1 : 1))
}

const sizeOf = ({ differenceOfDays }: ExplainedPart): number => Math.abs(Number(differenceOfDays))

/**
 * Compares what each part lost or gained with what it would have, had all moved in proportion. A day at half of its sales everywhere
 * concentrates nowhere, however large its largest part is.
 */
function concentrationOf(parts: readonly ExplainedPart[]): number {
  const whole = parts.reduce((sum, part) => sum + Number(part.differenceOfDays), 0)
  const before = parts.reduce((sum, part) => sum + Number(part.before), 0)
  const moved = parts.reduce((sum, part) => sum + sizeOf(part), 0)
  if (moved === 0) return 0
  const unlike = parts.reduce((sum, part) => {
    const share = before === 0 ? 0 : Number(part.before) / before
    return sum + Math.abs(Number(part.differenceOfDays) - whole * share)
  }, 0)
  return Math.min(1, unlike / (2 * moved))
}
