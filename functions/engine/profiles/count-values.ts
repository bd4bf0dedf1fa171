import type { CountedColumn } from '../parquet/count-column.ts'
import { type ColumnFacts, QUANTILES } from './facts.ts'
import { FEWEST_OF_VALUE, isExact, isNumber, isOrdered, type ProfiledColumn } from './profiles.ts'
import { decimalText } from './unit-text.ts'

/** How the numbers of a column are told: those of decimals, dates and times are counts of their smallest unit. */
interface Unit {
  readonly text: (value: number | bigint) => string
  /** Digits behind the point of a decimal; 0 for other columns. */
  readonly scale: number
}

/** Exact facts of a column, from its distinct values and the rows that they stand in. */
export function factsOf(column: ProfiledColumn, { nulls, values }: CountedColumn, { text, scale }: Unit): ColumnFacts {
  const { type, isShown, hasFrequent } = column
  const numbers = isShown && isOrdered(type) ? ascending(values) : []
  const [first] = numbers.at(0) ?? []
  const [last] = numbers.at(-1) ?? []
  return {
    ...{ nulls, distinct: values.size },
    min: first === undefined ? null : text(first),
    max: last === undefined ? null : text(last),
    sum: isExact(type) && numbers.length > 0 ? decimalText(sumOf(numbers), scale) : null,
    quantiles: isNumber(type) ? quantilesOf(numbers, 10 ** scale) : [],
    lengths: isShown && type === 'string' && values.size > 0 ? lengthsOf(values) : null,
    frequent: hasFrequent ? frequentOf(values) : [],
  }
}

function frequentOf(values: CountedColumn['values']): ColumnFacts['frequent'] {
  return [...values].flatMap(([value, rows]) => (rows < FEWEST_OF_VALUE ? [] : [{ value: String(value), rows }]))
}

type Counted = readonly (readonly [value: number | bigint, rows: number])[]

function ascending(rows: CountedColumn['values']): Counted {
  const numbers: (readonly [number | bigint, number])[] = []
  for (const [value, of] of rows) if (typeof value === 'number' || typeof value === 'bigint') numbers.push([value, of])
  return numbers.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function sumOf(numbers: Counted): bigint {
  return numbers.reduce((sum, [value, rows]) => sum + BigInt(value) * BigInt(rows), 0n)
}

/** Between two neighbours a quantile is on the straight line from one to the other. */
function quantilesOf(numbers: Counted, unit: number): readonly number[] {
  const count = numbers.reduce((sum, [, rows]) => sum + rows, 0)
  if (count === 0) return []
  const ends: number[] = []
  for (const [, rows] of numbers) ends.push((ends.at(-1) ?? 0) + rows)
  const at = (place: number) => Number(numbers[ends.findIndex((end) => place < end)]?.[0])
  return QUANTILES.map((share) => {
    const place = share * (count - 1)
    const [low, high] = [at(Math.floor(place)), at(Math.ceil(place))]
    return (low + (place - Math.floor(place)) * (high - low)) / unit
  })
}

function lengthsOf(rows: CountedColumn['values']): ColumnFacts['lengths'] {
  let [min, max, all] = [Number.POSITIVE_INFINITY, 0, 0]
  for (const [value, of] of rows) {
    const length = characters(String(value))
    if (length < min) min = length
    if (length > max) max = length
    all += length * of
  }
  return { min, max, all }
}

/** Characters of Unicode: a letter beyond the first 65,536 is one. */
function characters(text: string): number {
  let pairs = 0
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) pairs++
  return text.length - pairs
}
