import { type Merge, preferredSql, type Strategy } from '../../write.ts'
import { quoteIdentifier } from './quote.ts'

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
  return `${column} = ${preferredSql(prefer, own, theirs)}`
}
