import type { Contract, UniqueCheck } from '../../contract/contract.ts'

/** Columns of a key that must be there for a row to repeat another: those that can be empty, unless that counts. */
function neededColumns(
  { unique, emptyCounts: counts }: Pick<UniqueCheck, 'unique' | 'emptyCounts'>,
  { columns, derived }: Pick<Contract, 'columns' | 'derived'>,
): readonly string[] {
  if (counts) return []
  const empty = new Set([...columns.filter(({ required }) => !required), ...derived].map(({ name }) => name))
  return unique.filter((name) => empty.has(name))
}

/** SQL that is true for rows whose key can repeat another; null when every row's can. */
export function completeSql(
  check: Pick<UniqueCheck, 'unique' | 'emptyCounts'>,
  contract: Pick<Contract, 'columns' | 'derived'>,
  quote: (name: string) => string,
): string | null {
  return (
    neededColumns(check, contract)
      .map((name) => `${quote(name)} IS NOT NULL`)
      .join(' AND ') || null
  )
}
