import type { Contract } from './contract.ts'
import type { Issue } from './issue.ts'

/** Parts of a contract that are valid, but rarely intended. `daybreak validate` prints them as warnings. */
export function contractWarnings({ columns, checks }: Contract): readonly Issue[] {
  const optional = new Set(columns.filter((column) => column.optional).map(({ name }) => name))
  return checks.flatMap((check, index) => {
    if (!('unique' in check) || check.emptyCounts) return []
    const named = check.unique.filter((name) => optional.has(name))
    if (named.length === 0) return []
    const message = `${check.name} is over \`${named.join('`, `')}\`, which a file may lack or leave empty: such rows are not compared; \`empty_counts: true\` compares them`
    return [{ path: ['checks', index, 'unique'], message }]
  })
}
