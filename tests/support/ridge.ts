import type { DayValue } from '../../functions/checks/outlier.ts'

// Of the squared weights; the features are of the size of one.
const PENALTY = 1

/**
 * The learned model that outliers are compared with: ridge regression of the logarithm on weekday, growth and the same weekday one, two
 * and four weeks before, fitted each week on all days before it. Gives the distance of each day in standard deviations.
 */
export function ridgeDistances(series: readonly DayValue[], from: number): readonly number[] {
  const logs = series.map(({ value }) => Math.log(value))
  const distances: number[] = []
  for (let start = from; start < series.length; start += 7) {
    // Centred, so that the penalty shrinks differences of days and not their level.
    const level = sumOf(logs.slice(0, start), (log) => log) / start
    const rows = logs.map((_, day) => featuresOf(logs, day, level))
    const learned = rows.slice(28, start)
    const targets = logs.slice(28, start).map((log) => log - level)
    const weights = weightsOf(learned, targets)
    const errorOf = (day: number) => (logs[day] ?? 0) - level - dot(rows[day] ?? [], weights)
    const spread = Math.sqrt(sumOf(learned, (_, index) => errorOf(index + 28) ** 2) / learned.length)
    for (let day = start; day < Math.min(start + 7, series.length); day++) distances.push(errorOf(day) / spread)
  }
  return distances
}

function featuresOf(logs: readonly number[], day: number, level: number): readonly number[] {
  const weekdays = Array.from({ length: 7 }, (_, weekday) => (day % 7 === weekday ? 1 : 0))
  return [...weekdays, day / 365, ...[7, 14, 28].map((lag) => (logs[day - lag] ?? level) - level)]
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)

/** Weights of the least squares with the penalty, by Gaussian elimination. */
function weightsOf(rows: readonly (readonly number[])[], targets: readonly number[]): readonly number[] {
  const size = rows[0]?.length ?? 0
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from(
      { length: size },
      (__, j) => sumOf(rows, (row) => (row[i] ?? 0) * (row[j] ?? 0)) + (i === j ? PENALTY : 0),
    ),
    sumOf(rows, (row, index) => (row[i] ?? 0) * (targets[index] ?? 0)),
  ])
  for (let pivot = 0; pivot < size; pivot++) {
    const own = matrix[pivot] ?? []
    for (const [index, row] of matrix.entries()) {
      if (index === pivot) continue
      const factor = (row[pivot] ?? 0) / (own[pivot] ?? 1)
      for (let column = pivot; column <= size; column++) row[column] = (row[column] ?? 0) - factor * (own[column] ?? 0)
    }
  }
  return matrix.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1))
}

function sumOf<Row>(rows: readonly Row[], of: (row: Row, index: number) => number): number {
  return rows.reduce((sum, row, index) => sum + of(row, index), 0)
}
