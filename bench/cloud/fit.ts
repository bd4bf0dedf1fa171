import type { Morning, Phase } from './morning.ts'

/** Causes of a night's operations; each costs the same wherever it occurs. */
export const CAUSES = ['staged', 'compared', 'unchanged', 'loads', 'runs', 'triggers'] as const
/** Cause of a night's operations. */
export type Cause = (typeof CAUSES)[number]

/** How much of one thing each cause takes, and how far the model is off at worst, as a share of the largest phase. */
interface Fitted {
  readonly per: Readonly<Record<Cause, number>>
  readonly worst: number
}

interface Equation {
  readonly causes: readonly number[]
  readonly usage: Phase['usage']
}

/**
 * Fits what was counted at several sizes to a sum over causes: location-nights that were staged, location-nights whose files were
 * read once more and found as they were, older ones that were only listed, loads of a partition, runs, and messages of the schedule. That a few numbers explain all phases at all sizes is
 * what allows to say anything about sizes that were not run.
 */
export function fitUsage(mornings: readonly Morning[], names: readonly string[]): ReadonlyMap<string, Fitted> {
  const equations = mornings.flatMap((morning) => morning.phases.map((phase) => equationOf(morning, phase)))
  return new Map(names.map((name) => [name, fitOne(equations, name)]))
}

/** Location-nights by what happened to them in a phase. */
function equationOf({ options }: Morning, { name, usage }: Phase): Equation {
  const { locations, history, late } = options
  const lateCount = Math.round(locations * late)
  const staged = { history: locations * history, 'first look': locations - lateCount, 'sweep, the rest': lateCount }
  const compared = name === 'first look' ? locations * Math.min(1, history) : 0
  // The look-back of a week has five days apart from the new one and the one that is compared.
  const unchanged = name === 'first look' ? locations * Math.max(0, Math.min(5, history - 1)) : 0
  const count = Object.entries(staged).find(([phase]) => phase === name)?.[1] ?? 0
  const [run, trigger] = [name === 'idle sweep' ? 0 : 1, name === 'history' ? 0 : 1]
  return { causes: [count, compared, unchanged, usage['loadJobs'] ?? 0, run, trigger], usage }
}

function fitOne(equations: readonly Equation[], name: string): Fitted {
  const rows = equations.map(({ causes, usage }) => ({ causes, value: usage[name] ?? 0 }))
  const size = CAUSES.length
  const normal = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) => sum(rows.map(({ causes }) => at(causes, i) * at(causes, j)))),
    sum(rows.map(({ causes, value }) => at(causes, i) * value)),
  ])
  const solution = solve(normal)
  const off = rows.map(({ causes, value }) => Math.abs(sum(causes.map((cause, i) => cause * at(solution, i))) - value))
  const largest = Math.max(...rows.map(({ value }) => value))
  const [staged = 0, compared = 0, unchanged = 0, loads = 0, runs = 0, triggers = 0] = solution
  return {
    per: { staged, compared, unchanged, loads, runs, triggers },
    worst: largest === 0 ? 0 : Math.max(...off) / largest,
  }
}

/** Gauss's elimination over a matrix with its right side; a cause that never occurred takes nothing. */
function solve(matrix: readonly (readonly number[])[]): readonly number[] {
  const rows = matrix.map((row) => [...row])
  const size = rows.length
  for (let column = 0; column < size; column++) {
    const best = rows.slice(column).toSorted((a, b) => Math.abs(at(b, column)) - Math.abs(at(a, column)))[0]
    if (!best || Math.abs(at(best, column)) < 1e-9) continue
    const from = rows.indexOf(best)
    rows[from] = rows[column] ?? best
    rows[column] = best
    for (const [index, row] of rows.entries()) {
      if (index === column) continue
      const factor = at(row, column) / at(best, column)
      rows[index] = row.map((value, i) => value - factor * at(best, i))
    }
  }
  return rows.map((row, i) => (Math.abs(at(row, i)) < 1e-9 ? 0 : at(row, size) / at(row, i)))
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
