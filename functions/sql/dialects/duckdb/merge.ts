import type { Preference, Strategy } from '../../write.ts'
import { quoteIdentifier } from './quote.ts'

/** Rows of a staging table that a table takes in. Names of tables are SQL. */
export interface Merge {
  readonly target: string
  readonly stage: string
  readonly strategy: Strategy
  readonly key: readonly string[]
  readonly columns: readonly { readonly name: string; readonly prefer: Preference }[]
  /** A column that each row gets, with its value as SQL. */
  readonly stamp: { readonly column: string; readonly value: string } | null
}

/** Takes the rows of a staging table into a table that has the keys once. Needs no index. */
export function mergeSql({ target, stage, strategy, key, columns, stamp }: Merge): readonly string[] {
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const into = [...names, ...(stamp === null ? [] : [quoteIdentifier(stamp.column)])].join(', ')
  const values = [...names, ...(stamp === null ? [] : [stamp.value])].join(', ')
  const keys = key.map(quoteIdentifier).join(', ')
  const same = key.map((name) => `${target}.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(' AND ')
  const changes = columns
    .filter(({ name }) => !key.includes(name))
    .map((column) => assignment(target, column, strategy))
  const isChanging = (strategy === 'overwrite' || strategy === 'merge') && changes.length > 0
  return [
    ...(isChanging ? [`UPDATE ${target} SET ${changes.join(', ')} FROM ${stage} AS s WHERE ${same}`] : []),
    `INSERT INTO ${target} (${into}) SELECT ${values} FROM ${stage} ANTI JOIN ${target} USING (${keys})`,
  ]
}

function assignment(target: string, { name, prefer }: Merge['columns'][number], strategy: Strategy): string {
  const column = quoteIdentifier(name)
  const [own, theirs] = [`${target}.${column}`, `s.${column}`]
  if (strategy === 'overwrite') return `${column} = ${theirs}`
  switch (prefer) {
    case 'source':
      return `${column} = coalesce(${theirs}, ${own})`
    case 'destination':
      return `${column} = coalesce(${own}, ${theirs})`
    case 'greatest':
      return `${column} = greatest(${own}, ${theirs})`
    case 'least':
      return `${column} = least(${own}, ${theirs})`
  }
}
